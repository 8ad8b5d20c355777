/** Far RET, and the part of IRET that is the same: back to a code segment at this level or an outer one (SDM 2 RET, IRET). */
import { checkOffset, type CodeTarget, enterCode, enterRealCode, targetOffset } from './code-segment.ts';
import { type CoreContext, Segment, type SegmentRegister } from './core-context.ts';
import { generalProtection, notPresent, stackFault } from './cpu-fault.ts';
import {
  dplOf,
  isBig,
  isCode,
  isConforming,
  isLongCode,
  isPresent,
  isWritableData,
  nullSegment,
  segmentOf,
} from './descriptor.ts';
import { errorOf, isNull, markAccessed, readDescriptor } from './descriptor-table.ts';
import { hasRealSegments, isLongMode } from './mode.ts';
import { dropInnerSegments } from './segment-load.ts';
import { Stack } from './stack.ts';
import { writeRegister } from './operand.ts';

const RSP = 4;

/** `released`: bytes of parameters to drop, here and on the outer stack. */
export function farReturn(core: CoreContext, bytes: 2 | 4 | 8, released: number): void {
  const stack = Stack.current(core);
  // The selector is read first: where both fault, its page is the one that is told.
  const selector = Number(stack.peek(bytes, bytes) & 0xffffn);
  const offset = stack.pop(bytes);
  stack.skip(bytes);
  if (hasRealSegments(core)) {
    stack.skip(released);
    enterRealCode(core, selector, offset);
    stack.commit();
    return;
  }
  const target = returnTarget(core, selector, offset);
  stack.skip(released);
  if ((selector & 3) === core.cpl) {
    checkOffset(core, target.descriptor, target.offset);
    enterCode(core, target, core.cpl);
    stack.commit();
    return;
  }
  const pointer = stack.pop(bytes);
  const outer = outerStackSegment(core, Number(stack.pop(bytes) & 0xffffn), target);
  checkOffset(core, target.descriptor, target.offset);
  enterOuter(core, target, outer, pointer + BigInt(released));
}

/** The checked code segment of a return. @throws CpuFault #GP, #NP with the selector. */
export function returnTarget(core: CoreContext, selector: number, offset: bigint): CodeTarget {
  if (isNull(selector)) throw generalProtection();
  const code = errorOf(selector);
  const rpl = selector & 3;
  const descriptor = readDescriptor(core, selector, generalProtection);
  if (!isCode(descriptor) || rpl < core.cpl) throw generalProtection(code);
  if (isConforming(descriptor) ? dplOf(descriptor) > rpl : dplOf(descriptor) !== rpl) throw generalProtection(code);
  if (isLongMode(core) && isLongCode(descriptor) && isBig(descriptor)) throw generalProtection(code);
  if (!isPresent(descriptor)) throw notPresent(code);
  return { selector, descriptor, offset: targetOffset(core, descriptor, offset) };
}

/** SS for a return to another level, or in long mode to any. @throws CpuFault #GP, #SS with the selector. */
export function outerStackSegment(core: CoreContext, selector: number, target: CodeTarget): SegmentRegister {
  const level = target.selector & 3;
  if (isNull(selector)) {
    if (!isLongMode(core) || !isLongCode(target.descriptor) || level === 3 || (selector & 3) !== level) {
      throw generalProtection();
    }
    return nullSegment(selector, level);
  }
  const code = errorOf(selector);
  const descriptor = readDescriptor(core, selector, generalProtection);
  if ((selector & 3) !== level || !isWritableData(descriptor) || dplOf(descriptor) !== level) {
    throw generalProtection(code);
  }
  if (!isPresent(descriptor)) throw stackFault(code);
  return segmentOf(selector, markAccessed(core, selector, descriptor));
}

/** Leaves for another level with its stack. The width of the stack pointer is that of the new stack. */
export function enterOuter(core: CoreContext, target: CodeTarget, stack: SegmentRegister, pointer: bigint): void {
  const changes = (target.selector & 3) !== core.cpl;
  enterCode(core, target, target.selector & 3);
  core.setSegment(Segment.ss, stack);
  const long = isLongMode(core) && isLongCode(target.descriptor);
  writeRegister(core, RSP, long ? 64 : (stack.attributes & 0x4000) === 0 ? 16 : 32, pointer);
  if (changes) dropInnerSegments(core);
}
