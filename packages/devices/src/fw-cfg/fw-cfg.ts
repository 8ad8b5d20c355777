/** fw_cfg: how QEMU hands configuration to firmware. QEMU's docs/specs/fw_cfg. */
import type { AccessBytes, Device, GuestMemory, PortWindow } from '../device.ts';
import type { FwCfgItems } from './fw-cfg-items.ts';

const SELECTOR = 0;
const DATA = 1;
const DMA = 4;
export const FW_CFG_PORTS = 12;
/** `QEMU CFG`: what a read of the DMA register gives. */
const DMA_SIGNATURE = [0x51, 0x45, 0x4d, 0x55, 0x20, 0x43, 0x46, 0x47] as const;
const DMA_ERROR = 0x01;
const DMA_READ = 0x02;
const DMA_SKIP = 0x04;
const DMA_SELECT = 0x08;
const DMA_WRITE = 0x10;

export interface FwCfgState {
  selected: number;
  offset: number;
  dmaHigh: number;
}

export interface FwCfgOptions {
  readonly memory: GuestMemory;
  readonly items: FwCfgItems;
}

export class FwCfg implements Device<FwCfgState> {
  /** Ports 510h to 51Bh. */
  readonly ports: PortWindow;
  readonly #memory: GuestMemory;
  readonly #items: FwCfgItems;
  #selected = 0;
  #offset = 0;
  #dmaHigh = 0;

  constructor({ memory, items }: FwCfgOptions) {
    this.#memory = memory;
    this.#items = items;
    this.ports = {
      readPort: (offset, bytes) => this.#read(offset, bytes),
      writePort: (offset, bytes, value) => this.#write(offset, bytes, value),
    };
  }

  reset(): void {
    this.#select(0);
    this.#dmaHigh = 0;
  }

  save(): FwCfgState {
    return { selected: this.#selected, offset: this.#offset, dmaHigh: this.#dmaHigh };
  }

  restore(state: FwCfgState): void {
    this.#selected = state.selected;
    this.#offset = state.offset;
    this.#dmaHigh = state.dmaHigh;
  }

  #select(key: number): void {
    this.#selected = key;
    this.#offset = 0;
  }

  get #item(): Uint8Array {
    return this.#items.get(this.#selected) ?? new Uint8Array();
  }

  /** Behind its end an item reads as zero. */
  #read(offset: number, bytes: AccessBytes): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) {
      const at = offset + i;
      const dma = DMA_SIGNATURE[at - DMA];
      // At the selector's address reads have no meaning, and give 0.
      if (at === DATA) value += (this.#item[this.#offset++] ?? 0) * 2 ** (8 * i);
      else if (dma !== undefined) value += dma * 2 ** (8 * i);
    }
    return value;
  }

  #write(offset: number, bytes: AccessBytes, value: number): void {
    if (offset === SELECTOR && bytes === 2) this.#select(value);
    if (offset === DMA && bytes === 4) this.#dmaHigh = swap32(value);
    if (offset === DMA + 4 && bytes === 4) {
      const high = this.#dmaHigh;
      this.#dmaHigh = 0;
      this.#transfer(high * 2 ** 32 + swap32(value));
    }
  }

  /** The control structure at `address`, big-endian: control, length, address of the buffer. */
  #transfer(address: number): void {
    if (address >= 2 ** 52) return;
    const bytes = new Uint8Array(16);
    this.#memory.read(address, bytes);
    const structure = new DataView(bytes.buffer);
    const control = structure.getUint32(0);
    const length = structure.getUint32(4);
    const buffer = structure.getUint32(8) * 2 ** 32 + structure.getUint32(12);
    if ((control & DMA_SELECT) !== 0) this.#select(control >>> 16);
    let failed = false;
    if ((control & DMA_READ) !== 0) failed = !this.#copy(buffer, length);
    // No item can be written.
    else if ((control & DMA_WRITE) !== 0) failed = true;
    else if ((control & DMA_SKIP) !== 0) this.#offset += length;
    structure.setUint32(0, failed ? DMA_ERROR : 0);
    this.#memory.write(address, bytes.subarray(0, 4));
  }

  #copy(buffer: number, length: number): boolean {
    if (buffer >= 2 ** 52) return false;
    const found = this.#item.subarray(this.#offset, this.#offset + length);
    this.#memory.write(buffer, found);
    this.#zero(buffer + found.length, length - found.length);
    this.#offset += length;
    return true;
  }

  #zero(address: number, length: number): void {
    const zeros = new Uint8Array(Math.min(length, 0x10000));
    for (let done = 0; done < length; done += zeros.length) {
      this.#memory.write(address + done, zeros.subarray(0, Math.min(zeros.length, length - done)));
    }
  }
}

function swap32(value: number): number {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
