/** From an offset in a segment to a linear address, with the checks of segmentation (SDM 3A 5.3, 5.5; SDM 1 3.3.7.1). */
import { type CoreContext, Segment, type SegmentNumber, type SegmentRegister } from './core-context.ts';
import { CpuFault, generalProtection, stackFault, Vector } from './cpu-fault.ts';
import { Attribute } from './descriptor.ts';
import { hasRealSegments, is64Bit, isCanonical } from './mode.ts';
import { Cr0, Rflags } from './register-bits.ts';

/**
 * The linear address of `bytes` bytes at an offset.
 * @throws CpuFault #GP(0), or #SS(0) for SS, where limit, type or canonical form forbid the access; #AC(0) where alignment is checked.
 */
export function linearAddress(
  core: CoreContext,
  number: SegmentNumber,
  offset: bigint,
  bytes: number,
  write: boolean,
): bigint {
  const segment = core.segment(number);
  const refuse = (): CpuFault => (number === Segment.ss ? stackFault() : generalProtection());
  const long = is64Bit(core);
  let linear: bigint;
  if (long) {
    const base = number === Segment.fs || number === Segment.gs ? segment.base : 0n;
    linear = BigInt.asUintN(64, base + offset);
    if (!isCanonical(core, linear) || !isCanonical(core, BigInt.asUintN(64, linear + BigInt(bytes - 1))))
      throw refuse();
  } else {
    if (!allows(segment, write, hasRealSegments(core))) throw refuse();
    if (!withinLimit(segment, Number(offset), bytes)) throw refuse();
    linear = BigInt.asUintN(32, segment.base + offset);
  }
  if (bytes <= 8) checkAlignment(core, linear, bytes);
  return linear;
}

/** @throws CpuFault #AC(0) where programs want unaligned accesses to be told (SDM 3A 6.15, interrupt 17). */
export function checkAlignment(core: CoreContext, linear: bigint, bytes: number): void {
  if (core.cpl !== 3 || (core.cr0 & Cr0.am) === 0 || (core.rflags & Rflags.ac) === 0) return;
  if ((Number(linear & 7n) & (bytes - 1)) !== 0) throw new CpuFault(Vector.alignmentCheck, 0);
}

function allows({ attributes }: SegmentRegister, write: boolean, real: boolean): boolean {
  if ((attributes & Attribute.unusable) !== 0) return false;
  if (real) return true;
  if ((attributes & Attribute.code) !== 0) return !write && (attributes & Attribute.readable) !== 0;
  return !write || (attributes & Attribute.writable) !== 0;
}

/** Whether all bytes lie inside: up to the limit, or above it where the segment expands down. */
export function withinLimit({ limit, attributes }: SegmentRegister, offset: number, bytes: number): boolean {
  const last = offset + bytes - 1;
  const down = (attributes & (Attribute.code | Attribute.expandDown)) === Attribute.expandDown;
  if (!down) return last <= limit;
  return offset > limit && last <= ((attributes & Attribute.big) === 0 ? 0xffff : 0xffff_ffff);
}
