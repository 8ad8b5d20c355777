/** Far CALL: to a segment, through a call gate, to a task (SDM 2 CALL). */
import { type CallGate, readCallGate } from './call-gate.ts';
import { checkOffset, checkTarget, enterCode, enterRealCode, isReachable } from './code-segment.ts';
import { type CoreContext, Segment } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { dplOf, isCode, isConforming, isSegment } from './descriptor.ts';
import { errorOf, isNull, readDescriptor } from './descriptor-table.ts';
import { switchesTask } from './far-jump.ts';
import { hasRealSegments } from './mode.ts';
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
  const target = { selector, descriptor, offset };
  checkTarget(core, target);
  const stack = Stack.current(core);
  pushReturn(core, stack, bytes);
  enterCode(core, target, core.cpl);
  stack.commit();
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
  // A 64-bit gate entered from compatibility mode pushes onto the 64-bit stack that RSP is then.
  const stack =
    bytes === 8
      ? new Stack(core, core.segment(Segment.ss), 64, core.gpr[RSP] as bigint, 'current')
      : Stack.current(core);
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
