/** Accesses to guest-physical memory that is not RAM: the page of the local APIC, and the bus, in pieces that it takes. */
import { readApicPage, writeApicPage } from '../apic/apic-registers.ts';
import type { SystemState } from '../system/system-state.ts';
import type { AccessBytes, Bus } from './bus.ts';
import type { DeviceMemory } from './linear-memory.ts';

export class DeviceAccess implements DeviceMemory {
  readonly #bus: Bus;
  readonly #system: SystemState;
  readonly #view: DataView;

  constructor(bus: Bus, system: SystemState, view: DataView) {
    this.#bus = bus;
    this.#system = system;
    this.#view = view;
  }

  /** @param bytes 1, 2, 4 or 8: the low half first */
  read(physical: number, bytes: number): bigint {
    if (bytes === 8) return this.read(physical, 4) | (this.read(physical + 4, 4) << 32n);
    return BigInt(this.#read(physical, bytes as AccessBytes));
  }

  write(physical: number, bytes: number, value: bigint): void {
    if (bytes < 8) {
      this.#write(physical, bytes as AccessBytes, Number(value));
      return;
    }
    this.#write(physical, 4, Number(value & 0xffff_ffffn));
    this.#write(physical + 4, 4, Number(value >> 32n));
  }

  /** Any number of bytes, into linear memory. */
  copyIn(physical: number, bytes: number, to: number): void {
    for (let done = 0; done < bytes; ) {
      const piece = pieceOf(bytes - done);
      const value = this.#read(physical + done, piece);
      for (let at = 0; at < piece; at++) this.#view.setUint8(to + done + at, value >>> (8 * at));
      done += piece;
    }
  }

  copyOut(physical: number, bytes: number, from: number): void {
    for (let done = 0; done < bytes; ) {
      const piece = pieceOf(bytes - done);
      let value = 0;
      for (let at = piece - 1; at >= 0; at--) value = value * 256 + this.#view.getUint8(from + done + at);
      this.#write(physical + done, piece, value);
      done += piece;
    }
  }

  #read(physical: number, bytes: AccessBytes): number {
    const { apic } = this.#system;
    if (apic.claims(BigInt(physical))) return readApicPage(apic, physical % 4096, bytes) >>> 0;
    return this.#bus.readMemory(physical, bytes) >>> 0;
  }

  #write(physical: number, bytes: AccessBytes, value: number): void {
    const { apic } = this.#system;
    if (apic.claims(BigInt(physical))) writeApicPage(apic, physical % 4096, bytes, value);
    else this.#bus.writeMemory(physical, bytes, value);
  }
}

function pieceOf(bytes: number): AccessBytes {
  return bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1;
}
