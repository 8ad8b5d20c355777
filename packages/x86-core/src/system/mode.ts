/** The operating mode, read from the registers that make it (SDM 3A 2.2). */
import { type CoreContext, Segment } from './core-context.ts';
import { Attribute } from './descriptor.ts';
import { Cr0, Cr4, Efer, Rflags } from './register-bits.ts';

/** PE is clear. */
export function isRealMode(core: CoreContext): boolean {
  return (core.cr0 & Cr0.pe) === 0;
}
export function isVirtual8086(core: CoreContext): boolean {
  return (core.rflags & Rflags.vm) !== 0 && !isRealMode(core);
}
/** Segments are loaded from selectors alone: real or virtual-8086 mode. */
export function hasRealSegments(core: CoreContext): boolean {
  return isRealMode(core) || (core.rflags & Rflags.vm) !== 0;
}
/** IA-32e mode: 64-bit or compatibility mode. */
export function isLongMode(core: CoreContext): boolean {
  return (core.efer & Efer.lma) !== 0;
}
export function is64Bit(core: CoreContext): boolean {
  return isLongMode(core) && (core.segmentAttributes(Segment.cs) & Attribute.long) !== 0;
}
export function stackBits(core: CoreContext): 16 | 32 | 64 {
  if (is64Bit(core)) return 64;
  return (core.segmentAttributes(Segment.ss) & Attribute.big) === 0 ? 16 : 32;
}
export function iopl(core: CoreContext): number {
  return (core.rflags >> 12) & 3;
}
/** Bits of a linear address: 48, or 57 with five levels of paging. */
export function linearBits(core: CoreContext): 48 | 57 {
  return (core.cr4 & Cr4.la57) === 0 ? 48 : 57;
}
export function isCanonical(core: CoreContext, address: bigint): boolean {
  return isSignExtended(address, linearBits(core));
}

/** Whether 64 bits are the sign extension of their lower ones. */
export function isSignExtended(address: bigint, bits: 48 | 57): boolean {
  // Widths that are constants, which engines know how to compute with at once.
  const extended = bits === 48 ? BigInt.asIntN(48, address) : BigInt.asIntN(57, address);
  return BigInt.asUintN(64, extended) === address;
}
