/** Far CALL: to a segment, through a call gate, to a task (SDM 2 CALL). */
import { type CallGate, readCallGate } from './call-gate.ts';
import { checkCode, checkOffset, enterCode, enterRealCode, isReachable, targetOffset } from './code-segment.ts';
import { type CoreContext, Segment } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { Attribute, dplOf, isCode, isConforming, isLongCode, isSegment } from './descriptor.ts';
import { errorOf, isNull, readDescriptor } from './descriptor-table.ts';
import { switchesTask } from './far-jump.ts';
import { hasRealSegments, isLongMode } from './mode.ts';
import { Stack } from './stack.ts';
import { innerStack } from './task-state-segment.ts';

const RSP = 4;

/** `bytes` is the operand size. RIP is the return address. */
export function farCall(core: CoreContext, selector: number, offset: bigint, bytes: 2 | 4 | 8): void {
  if (hasRealSegments(core)) {
    const stack = Stack.current(core);
    pushReturn(core, stack, bytes);
    enterRealCode(core, selector, offset);
    stack.commit();
    return;
  }
  if (isNull(selector)) throw generalProtection();
  const descriptor = readDescriptor(core, selector, generalProtection);
  if (!isSegment(descriptor)) {
    if (switchesTask(core, selector, descriptor, 'call')) return;
    callThroughGate(core, readCallGate(core, selector, descriptor));
    return;
  }
  if (!isCode(descriptor) || !isReachable(core, descriptor, selector & 3)) throw generalProtection(errorOf(selector));
  const target = { selector, descriptor, offset: targetOffset(core, descriptor, offset) };
  checkCode(core, target);
  const stack = stackOf(core, isLongMode(core) && isLongCode(descriptor));
  pushReturn(core, stack, bytes);
  checkOffset(core, descriptor, target.offset);
  enterCode(core, target, core.cpl);
  stack.commit();
}

/** Between 64-bit and compatibility mode the return address is pushed as in the mode that is entered. */
function stackOf(core: CoreContext, long: boolean): Stack {
  const segment = core.segment(Segment.ss);
  const bits = long ? 64 : (segment.attributes & Attribute.big) === 0 ? 16 : 32;
  return new Stack(core, segment, bits, core.gpr[RSP] as bigint, 'current');
}

function pushReturn(core: CoreContext, stack: Stack, bytes: 2 | 4 | 8): void {
  stack.push(BigInt(core.segment(Segment.cs).selector), bytes);
  stack.push(core.rip, bytes);
}

function callThroughGate(core: CoreContext, gate: CallGate): void {
  const { target, bytes } = gate;
  const level = dplOf(target.descriptor);
  if (!isConforming(target.descriptor) && level < core.cpl) {
    callInner(core, gate, level);
    return;
  }
  checkOffset(core, target.descriptor, target.offset);
  const stack = stackOf(core, bytes === 8);
  pushReturn(core, stack, bytes);
  enterCode(core, target, core.cpl);
  stack.commit();
}

function callInner(core: CoreContext, { target, bytes, parameters }: CallGate, level: number): void {
  const { stack, segment } = innerStack(core, level);
  checkOffset(core, target.descriptor, target.offset);
  const outer = Stack.current(core);
  const copied = Array.from({ length: parameters }, () => outer.pop(bytes as 2 | 4));
  stack.push(BigInt(core.segment(Segment.ss).selector), bytes);
  stack.push(core.gpr[RSP] as bigint, bytes);
  for (const parameter of copied.reverse()) stack.push(parameter, bytes);
  pushReturn(core, stack, bytes);
  enterCode(core, target, level);
  core.setSegment(Segment.ss, segment);
  stack.commit();
}
