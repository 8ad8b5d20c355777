/** Far JMP: to a segment, through a call gate, to a task (SDM 2 JMP). */
import { checkTarget, enterCode, enterRealCode, isReachable, targetOffset } from './code-segment.ts';
import type { CoreContext } from './core-context.ts';
import { generalProtection, notPresent } from './cpu-fault.ts';
import { type Descriptor, dplOf, gateOf, isCode, isPresent, isSegment, SystemType, typeOf } from './descriptor.ts';
import { errorOf, isNull, readDescriptor } from './descriptor-table.ts';
import { readCallGate } from './call-gate.ts';
import { hasRealSegments, isLongMode } from './mode.ts';
import { switchTask, type TaskSwitchCause } from './task-switch.ts';

export function farJump(core: CoreContext, selector: number, offset: bigint): void {
  if (hasRealSegments(core)) {
    enterRealCode(core, selector, offset);
    return;
  }
  if (isNull(selector)) throw generalProtection();
  const descriptor = readDescriptor(core, selector, generalProtection);
  if (!isSegment(descriptor)) {
    jumpThroughSystemDescriptor(core, selector, descriptor);
    return;
  }
  if (!isCode(descriptor) || !isReachable(core, descriptor, selector & 3)) throw generalProtection(errorOf(selector));
  const target = { selector, descriptor, offset: targetOffset(core, descriptor, offset) };
  checkTarget(core, target);
  enterCode(core, target, core.cpl);
}

function jumpThroughSystemDescriptor(core: CoreContext, selector: number, descriptor: Descriptor): void {
  if (switchesTask(core, selector, descriptor, 'jump')) return;
  const { target } = readCallGate(core, selector, descriptor);
  if (!isReachable(core, target.descriptor, 0)) throw generalProtection(errorOf(target.selector));
  checkTarget(core, target);
  enterCode(core, target, core.cpl);
}

/** Far JMP and CALL to a TSS or a task gate. @returns false where the descriptor is neither. */
export function switchesTask(
  core: CoreContext,
  selector: number,
  descriptor: Descriptor,
  cause: TaskSwitchCause & ('jump' | 'call'),
): boolean {
  const type = typeOf(descriptor);
  if (type === SystemType.taskGate && !isLongMode(core)) {
    checkGate(core, selector, descriptor);
    enterTaskGate(core, descriptor, cause);
    return true;
  }
  const isTss = type === SystemType.tss16Available || type === SystemType.tss32Available;
  if (!isTss || isLongMode(core)) return false;
  if (dplOf(descriptor) < Math.max(core.cpl, selector & 3)) throw generalProtection(errorOf(selector));
  if (!isPresent(descriptor)) throw notPresent(errorOf(selector));
  switchTask(core, selector, descriptor, cause);
  return true;
}

function checkGate(core: CoreContext, selector: number, descriptor: Descriptor): void {
  if (dplOf(descriptor) < Math.max(core.cpl, selector & 3)) throw generalProtection(errorOf(selector));
  if (!isPresent(descriptor)) throw notPresent(errorOf(selector));
}

/** The TSS that a task gate names must be available and in the GDT. */
export function enterTaskGate(
  core: CoreContext,
  gate: Descriptor,
  cause: TaskSwitchCause,
  flags: number = core.rflags,
): void {
  const { selector } = gateOf(gate, true);
  const code = errorOf(selector);
  if ((selector & 4) !== 0) throw generalProtection(code);
  const tss = readDescriptor(core, selector, generalProtection);
  const type = typeOf(tss);
  const available = type === SystemType.tss16Available || type === SystemType.tss32Available;
  if (isSegment(tss) || !available) throw generalProtection(code);
  if (!isPresent(tss)) throw notPresent(code);
  switchTask(core, selector, tss, cause, flags);
}
