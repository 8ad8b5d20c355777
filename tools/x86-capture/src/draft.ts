/** A vector that is being made: its state, and which registers already have a meaning. */
import {
  CODE,
  CODE_BYTES,
  DATA,
  FS_BASE,
  GPR,
  GS_BASE,
  HIGH,
  MEMORY,
  MEMORY_BYTES,
  RFLAGS,
  RIP,
  SELECTORS,
  type Segment,
  segments,
  X87,
  YMM,
} from '@drift-os/x86-vectors';
import type { Mode } from '@drift-os/x86-core';
import type { Random } from './random.ts';

/** Numbers of segment registers and of general-purpose registers. */
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;

export class Draft {
  readonly mode: Mode;
  readonly random: Random;
  readonly state: Uint8Array;
  readonly view: DataView;
  readonly base: number;
  /** Numbers of the general-purpose registers that must keep their value. */
  readonly fixed: Set<number> = new Set();

  constructor(mode: Mode, random: Random, base: number, state: Uint8Array) {
    this.mode = mode;
    this.random = random;
    this.base = base;
    this.state = state;
    this.view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  }

  gpr(register: number): bigint {
    return this.view.getBigUint64(GPR + 8 * register, true);
  }

  /** Sets the low bits, fixes the register, and leaves the upper bits as they are. */
  setGpr(register: number, value: bigint, bits = 64): void {
    const low = BigInt.asUintN(bits, value);
    const kept = (this.gpr(register) >> BigInt(bits)) << BigInt(bits);
    this.view.setBigUint64(GPR + 8 * register, this.#narrow(kept | low), true);
    this.fixed.add(register);
  }

  #narrow(value: bigint): bigint {
    return this.mode === 64 ? value : BigInt.asUintN(32, value);
  }

  get rip(): bigint {
    return this.view.getBigUint64(RIP, true);
  }

  set rip(value: bigint) {
    this.view.setBigUint64(RIP, value, true);
  }

  get flags(): number {
    return this.view.getUint32(RFLAGS, true);
  }

  set flags(value: number) {
    this.view.setUint32(RFLAGS, value, true);
  }

  selector(segment: number): number {
    return this.view.getUint16(SELECTORS + 2 * segment, true);
  }

  setSelector(segment: number, selector: number): void {
    this.view.setUint16(SELECTORS + 2 * segment, selector, true);
  }

  descriptor(segment: number): Segment | undefined {
    return segments.find(({ selector }) => selector === this.selector(segment));
  }

  segmentBase(segment: number): bigint {
    if (this.mode !== 64) return this.descriptor(segment)?.base ?? 0n;
    if (segment === FS) return this.view.getBigUint64(FS_BASE, true);
    return segment === GS ? this.view.getBigUint64(GS_BASE, true) : 0n;
  }

  /** Where the instruction starts. */
  get codeAddress(): bigint {
    return this.mode === 64 ? this.rip : this.segmentBase(CS) + this.rip;
  }

  /** A RIP in the code pages, away from the instruction. */
  codeTarget(): bigint {
    const base = this.codeAddress - ((this.codeAddress - CODE) & 0xffff_ffffn);
    for (;;) {
      const target = base + BigInt(this.random.below(CODE_BYTES));
      const distance = target - this.codeAddress;
      if (distance < -16n || distance > 32n) return target - (this.mode === 64 ? 0n : this.segmentBase(CS));
    }
  }

  /** Writes what of the bytes lies in the data pages. */
  poke(address: bigint, bytes: Uint8Array): void {
    const low = address >= HIGH ? address - HIGH : address;
    for (const [index, byte] of bytes.entries()) {
      const offset = Number(low - DATA) + index;
      if (offset >= 0 && offset < MEMORY_BYTES) this.state[MEMORY + offset] = byte;
    }
  }

  setVector(register: number, bytes: Uint8Array): void {
    this.state.set(bytes, YMM + 32 * register);
  }

  setX87(register: number, bytes: Uint8Array): void {
    this.state.set(bytes, X87 + 16 * register);
  }
}
