/** RAM and ROM where a PC has them, and the shadow of C0000h to FFFFFh that the host bridge switches. */
import type { GuestMemory, MemoryWindow, ShadowSegment } from '@drift-os/devices';
import type { PhysicalMemory } from '@drift-os/x86-core';
import { FOUR_GIB, SHADOW_SEGMENT_BYTES, SHADOWED, SHADOWED_BYTES, VGA_MEMORY, VGA_MEMORY_BYTES } from './addresses.ts';
import { MachineError } from './machine-error.ts';

/** Of a BIOS, so much of its end appears below 1 MiB. */
const BIOS_BELOW_1M = 0x2_0000;

/**
 * Bytes that a PhysicalMemory needs for this map.
 * @throws MachineError BAD_IMAGE for a BIOS that is not 64 KiB to 1 MiB in steps of 64 KiB
 */
export function physicalBytes(ram: number, bios: Uint8Array): number {
  if (bios.length === 0 || bios.length % 0x1_0000 !== 0 || bios.length > 0x10_0000) {
    throw new MachineError(
      'BAD_IMAGE',
      `The BIOS has ${bios.length} bytes; one has 64 KiB to 1 MiB, in steps of 64 KiB. Give a ROM image such as SeaBIOS' bios.bin.`,
    );
  }
  return ram + SHADOWED_BYTES + bios.length;
}

/** An option ROM begins with 55h AAh and its size in blocks of 512 bytes (PCI Firmware 3.3, 5.1). @throws MachineError BAD_IMAGE */
export function checkOptionRom(rom: Uint8Array | undefined): Uint8Array | undefined {
  if (rom === undefined) return undefined;
  const wanted = (rom[2] ?? 0) * 512;
  const hasSignature = rom[0] === 0x55 && rom[1] === 0xaa && wanted > 0;
  if (hasSignature && rom.length >= wanted) return rom;
  const problem = hasSignature ? `has ${rom.length} of its ${wanted} bytes` : 'does not begin with 55h AAh';
  throw new MachineError(
    'BAD_IMAGE',
    `The VGA BIOS ${problem}. Give an option ROM such as SeaBIOS' vgabios-stdvga.bin.`,
  );
}

export class MemoryMap {
  /** All of RAM, from physical address 0. */
  readonly ram: Uint8Array;
  /** What lies at C0000h to FFFFFh while RAM is not shown there. */
  readonly #rom: Uint8Array;
  readonly #physical: PhysicalMemory;
  /** By segment of 16 KiB: whether stores reach RAM. */
  readonly #writesRam = new Array<boolean>(SHADOWED_BYTES / SHADOW_SEGMENT_BYTES).fill(false);

  constructor(physical: PhysicalMemory, ramBytes: number, bios: Uint8Array) {
    this.#physical = physical;
    this.ram = physical.mapRam(0, ramBytes);
    physical.unmap(VGA_MEMORY, VGA_MEMORY_BYTES);
    physical.mapRom(FOUR_GIB - bios.length, bios);
    const low = new Uint8Array(SHADOWED_BYTES).fill(0xff);
    const shown = bios.subarray(Math.max(0, bios.length - BIOS_BELOW_1M));
    low.set(shown, SHADOWED_BYTES - shown.length);
    this.#rom = physical.mapRom(SHADOWED, low);
  }

  /** Follows the host bridge's attribute registers. */
  shadow({ start, bytes, readRam, writeRam }: ShadowSegment): void {
    const offset = start - SHADOWED;
    const first = offset / SHADOW_SEGMENT_BYTES;
    this.#writesRam.fill(writeRam, first, first + bytes / SHADOW_SEGMENT_BYTES);
    const source = readRam ? this.ram.subarray(start, start + bytes) : this.#rom.subarray(offset, offset + bytes);
    this.#physical.mapAlias(start, source, readRam && writeRam);
  }

  /** Stores to C0000h to FFFFFh that PhysicalMemory does not take: to RAM behind the ROM that is read, or nowhere. */
  readonly shadowWindow: MemoryWindow = {
    read: (offset, bytes) => littleEndian(this.#rom.subarray(offset, offset + bytes)),
    write: (offset, bytes, value) => {
      if (this.#writesRam[Math.floor(offset / SHADOW_SEGMENT_BYTES)] !== true) return;
      for (let i = 0; i < bytes; i++) this.ram[SHADOWED + offset + i] = value >>> (8 * i);
    },
  };

  /** For bus masters. */
  readonly busMaster: GuestMemory = {
    read: (address, target) => {
      this.#physical.read(address, target);
    },
    write: (address, source) => {
      this.#physical.write(address, source);
    },
    load: (address, bytes) => {
      if (address % bytes === 0) {
        const loaded = this.#physical.load(address, bytes);
        if (loaded !== undefined) return loaded;
      }
      const value = new Uint8Array(bytes);
      this.#physical.read(address, value);
      return littleEndian(value);
    },
    store: (address, bytes, value) => {
      if (address % bytes === 0) {
        this.#physical.store(address, bytes, value);
        return;
      }
      const contents = new Uint8Array(bytes);
      for (let i = 0; i < bytes; i++) contents[i] = value >>> (8 * i);
      this.#physical.write(address, contents);
    },
  };
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
