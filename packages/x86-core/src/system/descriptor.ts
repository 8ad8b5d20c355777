/** Segment and gate descriptors: eight bytes of a descriptor table taken apart (SDM 3A 3.4.5, 5.8.3, 6.11, 7.2.2). */
import type { SegmentRegister } from './core-context.ts';

/** Bits of `attributes` of a segment register, and of the second word of a descriptor, shifted right by 8. */
export const Attribute = {
  accessed: 0x1,
  /** Data: writable. Code: readable. */
  writable: 0x2,
  readable: 0x2,
  /** Data: expand down. Code: conforming. */
  expandDown: 0x4,
  conforming: 0x4,
  code: 0x8,
  /** S: code or data; clear: system. */
  segment: 0x10,
  present: 0x80,
  unusable: 0x100,
  long: 0x2000,
  /** D of code, B of data. */
  big: 0x4000,
  granular: 0x8000,
} as const;

/** Types of system descriptors (SDM 3A table 3-2); in long mode the 32-bit ones are 64 bits wide. */
export const SystemType = {
  tss16Available: 1,
  ldt: 2,
  tss16Busy: 3,
  callGate16: 4,
  taskGate: 5,
  interruptGate16: 6,
  trapGate16: 7,
  tss32Available: 9,
  tss32Busy: 11,
  callGate32: 12,
  interruptGate32: 14,
  trapGate32: 15,
} as const;

/** A descriptor as it lies in its table, in words of 32 bits, signed. */
export interface Descriptor {
  readonly low: number;
  readonly high: number;
  /** Bytes 8 to 15 of a 16-byte system descriptor in long mode; else 0. */
  readonly upperLow: number;
  readonly upperHigh: number;
}

/** From its bytes 0 to 7, and those of 8 to 15 where it has them. */
export function descriptorOf(first: bigint, second?: bigint): Descriptor {
  return {
    low: Number(BigInt.asIntN(32, first)),
    high: Number(BigInt.asIntN(32, first >> 32n)),
    upperLow: second === undefined ? 0 : Number(BigInt.asIntN(32, second)),
    upperHigh: second === undefined ? 0 : Number(BigInt.asIntN(32, second >> 32n)),
  };
}

export function typeOf({ high }: Descriptor): number {
  return (high >> 8) & 15;
}
export function dplOf({ high }: Descriptor): number {
  return (high >> 13) & 3;
}
export function isPresent({ high }: Descriptor): boolean {
  return (high & 0x8000) !== 0;
}
/** S is set: code or data. */
export function isSegment({ high }: Descriptor): boolean {
  return (high & 0x1000) !== 0;
}
export function isCode(descriptor: Descriptor): boolean {
  return isSegment(descriptor) && (typeOf(descriptor) & Attribute.code) !== 0;
}
export function isConforming(descriptor: Descriptor): boolean {
  return isCode(descriptor) && (typeOf(descriptor) & Attribute.conforming) !== 0;
}
export function isWritableData(descriptor: Descriptor): boolean {
  return isSegment(descriptor) && (typeOf(descriptor) & (Attribute.code | Attribute.writable)) === Attribute.writable;
}
export function isReadable(descriptor: Descriptor): boolean {
  return isSegment(descriptor) && (!isCode(descriptor) || (typeOf(descriptor) & Attribute.readable) !== 0);
}
export function isLongCode(descriptor: Descriptor): boolean {
  return (descriptor.high & 0x20_0000) !== 0;
}
export function isBig(descriptor: Descriptor): boolean {
  return (descriptor.high & 0x40_0000) !== 0;
}

/** Bits 40 to 55 without the limit's. */
export function attributesOf({ high }: Descriptor): number {
  return (high >> 8) & 0xf0ff;
}

/** Last valid byte. */
export function limitOf({ low, high }: Descriptor): number {
  const limit = (low & 0xffff) | (high & 0xf_0000);
  return (high & 0x80_0000) !== 0 ? limit * 4096 + 4095 : limit;
}

export function baseOf({ low, high, upperLow }: Descriptor): bigint {
  return joined((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000), upperLow);
}

function joined(low: number, high: number): bigint {
  const lower = BigInt(low >>> 0);
  return high === 0 ? lower : lower | (BigInt(high >>> 0) << 32n);
}

export function segmentOf(selector: number, descriptor: Descriptor): SegmentRegister {
  return {
    selector,
    base: baseOf(descriptor),
    limit: limitOf(descriptor),
    attributes: attributesOf(descriptor),
  };
}

/** What a null selector loads. The DPL is kept so that SS at CPL 1 and 2 of long mode has it. */
export function nullSegment(selector: number, dpl = 0): SegmentRegister {
  return { selector, base: 0n, limit: 0, attributes: Attribute.unusable | (dpl << 5) };
}

/** What real and virtual-8086 mode load: present, accessed, writable data of 64 KiB. */
export function realModeSegment(selector: number, privilege = 0): SegmentRegister {
  return { selector, base: BigInt(selector) << 4n, limit: 0xffff, attributes: 0x93 | (privilege << 5) };
}

export interface Gate {
  readonly selector: number;
  readonly offset: bigint;
  /** Call gates: parameters to copy. */
  readonly parameters: number;
  /** Gates of long mode: the interrupt stack, or 0. */
  readonly interruptStack: number;
}

export function gateOf(descriptor: Descriptor, is16: boolean): Gate {
  const { low, high, upperLow } = descriptor;
  return {
    selector: low >>> 16,
    offset: is16 ? BigInt(low & 0xffff) : joined((low & 0xffff) | (high & 0xffff_0000), upperLow),
    parameters: high & 31,
    interruptStack: high & 7,
  };
}
