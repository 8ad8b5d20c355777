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

/** A descriptor as it lies in its table. */
export interface Descriptor {
  /** The first eight bytes. */
  readonly low: bigint;
  /** Bytes 8 to 15 of a 16-byte system descriptor in long mode; else 0. */
  readonly high: bigint;
}

export function typeOf({ low }: Descriptor): number {
  return Number((low >> 40n) & 15n);
}
export function dplOf({ low }: Descriptor): number {
  return Number((low >> 45n) & 3n);
}
export function isPresent({ low }: Descriptor): boolean {
  return ((low >> 47n) & 1n) !== 0n;
}
/** S is set: code or data. */
export function isSegment({ low }: Descriptor): boolean {
  return ((low >> 44n) & 1n) !== 0n;
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
  return ((descriptor.low >> 53n) & 1n) !== 0n;
}
export function isBig(descriptor: Descriptor): boolean {
  return ((descriptor.low >> 54n) & 1n) !== 0n;
}

/** Bits 40 to 55 without the limit's. */
export function attributesOf({ low }: Descriptor): number {
  return Number((low >> 40n) & 0xf0ffn);
}

/** Last valid byte. */
export function limitOf({ low }: Descriptor): number {
  const limit = Number((low & 0xffffn) | ((low >> 32n) & 0xf0000n));
  return ((low >> 55n) & 1n) !== 0n ? limit * 4096 + 4095 : limit;
}

export function baseOf({ low, high }: Descriptor): bigint {
  return ((low >> 16n) & 0xffffffn) | ((low >> 32n) & 0xff000000n) | ((high & 0xffffffffn) << 32n);
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
  const { low, high } = descriptor;
  const offset = (low & 0xffffn) | (is16 ? 0n : ((low >> 32n) & 0xffff0000n) | ((high & 0xffffffffn) << 32n));
  return {
    selector: Number((low >> 16n) & 0xffffn),
    offset,
    parameters: Number((low >> 32n) & 31n),
    interruptStack: Number((low >> 32n) & 7n),
  };
}
