/** Loading CS and the instruction pointer together: what all far transfers have in common. */
import { type CoreContext, Segment } from './core-context.ts';
import { generalProtection, notPresent } from './cpu-fault.ts';
import {
  type Descriptor,
  dplOf,
  isBig,
  isConforming,
  isLongCode,
  isPresent,
  limitOf,
  realModeSegment,
  segmentOf,
} from './descriptor.ts';
import { errorOf, markAccessed } from './descriptor-table.ts';
import { isCanonical, isLongMode, isVirtual8086 } from './mode.ts';
import { loadRealSegment } from './segment-load.ts';

const RSP = 4;

/** A code segment that passed its checks. */
export interface CodeTarget {
  readonly selector: number;
  readonly descriptor: Descriptor;
  readonly offset: bigint;
}

/** @throws CpuFault #GP(selector) for L and D both set, #NP(selector), #GP(0) for an offset outside. */
export function checkTarget(core: CoreContext, target: CodeTarget): void {
  checkCode(core, target);
  checkOffset(core, target.descriptor, target.offset);
}

/** What is checked before a call pushes; the offset comes afterwards. */
export function checkCode(core: CoreContext, { selector, descriptor }: CodeTarget): void {
  if (isLongMode(core) && isLongCode(descriptor) && isBig(descriptor)) throw generalProtection(errorOf(selector));
  if (!isPresent(descriptor)) throw notPresent(errorOf(selector));
}

export function checkOffset(core: CoreContext, descriptor: Descriptor, offset: bigint): void {
  const inside =
    isLongMode(core) && isLongCode(descriptor) ? isCanonical(core, offset) : offset <= BigInt(limitOf(descriptor));
  if (!inside) throw generalProtection();
}

/** Whether code at the current CPL may go to this segment without a gate; `rpl` is that of the selector (SDM 3A 5.8.1). */
export function isReachable(core: CoreContext, descriptor: Descriptor, rpl: number): boolean {
  if (isConforming(descriptor)) return dplOf(descriptor) <= core.cpl;
  return rpl <= core.cpl && dplOf(descriptor) === core.cpl;
}

/** Code that is not 64-bit code takes the low half of a 64-bit offset, as processors do it. */
export function targetOffset(core: CoreContext, descriptor: Descriptor, offset: bigint): bigint {
  return isLongMode(core) && !isLongCode(descriptor) ? BigInt.asUintN(32, offset) : offset;
}

/** Enters a code segment at a privilege level, which becomes the selector's RPL. The accessed flag is set first: that may fault. */
export function enterCode(core: CoreContext, target: CodeTarget, privilege: number): void {
  const descriptor = markAccessed(core, target.selector, target.descriptor);
  core.setSegment(Segment.cs, segmentOf((target.selector & ~3) | privilege, descriptor));
  core.cpl = privilege;
  core.rip = target.offset;
  // Outside of 64-bit mode the upper half of RSP is lost.
  if (isLongMode(core) && !isLongCode(descriptor)) core.gpr[RSP] = BigInt.asUintN(32, core.gpr[RSP] as bigint);
}

/** Real and virtual-8086 mode. @throws CpuFault #GP(0) beyond the limit of CS. */
export function enterRealCode(core: CoreContext, selector: number, offset: bigint): void {
  const limit = isVirtual8086(core) ? 0xffff : core.segment(Segment.cs).limit;
  if (offset > BigInt(limit)) throw generalProtection();
  if (isVirtual8086(core)) core.setSegment(Segment.cs, realModeSegment(selector, 3));
  else loadRealSegment(core, Segment.cs, selector);
  core.rip = offset;
}
