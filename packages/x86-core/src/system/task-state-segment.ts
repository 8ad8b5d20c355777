/** What the processor reads from the current TSS besides whole tasks: inner stacks, interrupt stacks (SDM 3A 7.2.1, 7.7). */
import { type CoreContext, Segment } from './core-context.ts';
import { type CpuFault, invalidTss, stackFault } from './cpu-fault.ts';
import { dplOf, isPresent, isWritableData, nullSegment, segmentOf } from './descriptor.ts';
import { errorOf, isNull, markAccessed, readDescriptor } from './descriptor-table.ts';
import { isCanonical, isLongMode } from './mode.ts';
import type { SegmentRegister } from './core-context.ts';
import { Stack } from './stack.ts';

/** Whether TR holds a TSS of 16 bits. */
export function isTss16(core: CoreContext): boolean {
  return (core.segment(Segment.tr).attributes & 8) === 0;
}

function readTss(core: CoreContext, offset: number, bytes: 2 | 4 | 8): bigint {
  const { selector, base, limit } = core.segment(Segment.tr);
  if (offset + bytes - 1 > limit) throw invalidTss(errorOf(selector));
  const linear = BigInt.asUintN(isLongMode(core) ? 64 : 32, base + BigInt(offset));
  return core.read(linear, bytes, 'system');
}

/** The stack of an inner level, with the segment that SS is to be loaded with. */
export interface InnerStack {
  readonly stack: Stack;
  readonly segment: SegmentRegister;
}

const accessAt = (level: number): 'user' | 'supervisor' => (level === 3 ? 'user' : 'supervisor');

/** The stack for a level inside of the current one, from the TSS, checked (SDM 2 CALL, INT). */
export function innerStack(core: CoreContext, level: number): InnerStack {
  if (isLongMode(core)) return longStack(core, level, readTss(core, 4 + 8 * level, 8));
  const is16 = isTss16(core);
  const pointer = is16 ? readTss(core, 2 + 4 * level, 2) : readTss(core, 4 + 8 * level, 4);
  const selector = Number(is16 ? readTss(core, 4 + 4 * level, 2) : readTss(core, 8 + 8 * level, 2));
  const segment = checkInnerSegment(core, selector, level);
  const bits = (segment.attributes & 0x4000) === 0 ? 16 : 32;
  return { segment, stack: new Stack(core, segment, bits, pointer, accessAt(level), errorOf(selector)) };
}

/** In long mode SS becomes null. `pointer` comes from the TSS; interrupts align it to 16 bytes first. @throws CpuFault #SS(0) */
export function longStack(core: CoreContext, level: number, pointer: bigint): InnerStack {
  if (!isCanonical(core, pointer)) throw stackFault();
  const segment = nullSegment(level, level);
  return { segment, stack: new Stack(core, segment, 64, pointer, accessAt(level)) };
}

/** RSP0 to RSP2. */
export function innerPointer(core: CoreContext, level: number): bigint {
  return readTss(core, 4 + 8 * level, 8);
}

/** IST1 to IST7. */
export function interruptStackPointer(core: CoreContext, number: number): bigint {
  return readTss(core, 36 + 8 * (number - 1), 8);
}

function checkInnerSegment(core: CoreContext, selector: number, level: number): SegmentRegister {
  const code = errorOf(selector);
  const refuse = (): CpuFault => invalidTss(code);
  if (isNull(selector)) throw refuse();
  const descriptor = readDescriptor(core, selector, invalidTss);
  if ((selector & 3) !== level || dplOf(descriptor) !== level || !isWritableData(descriptor)) throw refuse();
  if (!isPresent(descriptor)) throw stackFault(code);
  return segmentOf(selector, markAccessed(core, selector, descriptor));
}
