/**
 * From a vector to its handler, in every mode (SDM 3A 6.12, 6.14, 20.1.4, 20.3; SDM 2 INT n).
 *
 * RIP is what is pushed. What fails on the way throws, with the core as it was; escalation to #DF is exception-delivery.ts.
 */
import { checkOffset } from './code-segment.ts';
import { type CoreContext, Segment, type SegmentNumber } from './core-context.ts';
import { generalProtection, notPresent } from './cpu-fault.ts';
import {
  type Descriptor,
  descriptorOf,
  dplOf,
  type Gate,
  gateOf,
  isBig,
  isCode,
  isConforming,
  isLongCode,
  isPresent,
  isSegment,
  nullSegment,
  segmentOf,
  SystemType,
  typeOf,
} from './descriptor.ts';
import { errorOf, idtError, isNull, markAccessed, readDescriptor } from './descriptor-table.ts';
import { enterTaskGate } from './far-jump.ts';
import type { InterruptEvent } from './interrupt-event.ts';
import { isLongMode, isRealMode, isVirtual8086 } from './mode.ts';
import { Rflags } from './register-bits.ts';
import { loadRealSegment } from './segment-load.ts';
import { Stack } from './stack.ts';
import { type InnerStack, innerPointer, innerStack, interruptStackPointer, longStack } from './task-state-segment.ts';

const RSP = 4;

export function deliver(core: CoreContext, event: InterruptEvent): void {
  if (!core.deliverUsual(event)) {
    if (isRealMode(core)) deliverReal(core, event);
    else deliverProtected(core, event);
  }
  core.system.stepTraps = false;
}

function deliverReal(core: CoreContext, { vector }: InterruptEvent): void {
  const { base, limit } = core.idtr;
  if (vector * 4 + 3 > limit) throw generalProtection();
  const entry = Number(core.read(base + BigInt(vector * 4), 4, 'system'));
  const stack = Stack.current(core);
  stack.push(BigInt(core.rflags), 2);
  stack.push(BigInt(core.segment(Segment.cs).selector), 2);
  stack.push(core.rip, 2);
  stack.commit();
  core.rflags &= ~(Rflags.if | Rflags.tf | Rflags.ac | Rflags.rf);
  loadRealSegment(core, Segment.cs, entry >>> 16);
  core.rip = BigInt(entry & 0xffff);
}

/** The IDT's gate for an event, checked (SDM 3A 6.12.1). */
function readGate(core: CoreContext, { vector, source }: InterruptEvent): Descriptor {
  const code = idtError(vector);
  const long = isLongMode(core);
  const bytes = long ? 16 : 8;
  const { base, limit } = core.idtr;
  if (vector * bytes + bytes - 1 > limit) throw generalProtection(code);
  const at = base + BigInt(vector * bytes);
  const first = core.read(at, 8, 'system');
  const gate = descriptorOf(first, long ? core.read(BigInt.asUintN(64, at + 8n), 8, 'system') : undefined);
  const type = typeOf(gate);
  const wide = type === SystemType.interruptGate32 || type === SystemType.trapGate32;
  const narrow = type === SystemType.interruptGate16 || type === SystemType.trapGate16 || type === SystemType.taskGate;
  if (isSegment(gate) || !(wide || (narrow && !long))) throw generalProtection(code);
  if (source === 'software' && dplOf(gate) < core.cpl) throw generalProtection(code);
  if (!isPresent(gate)) throw notPresent(code);
  return gate;
}

function deliverProtected(core: CoreContext, event: InterruptEvent): void {
  const descriptor = readGate(core, event);
  const type = typeOf(descriptor);
  if (type === SystemType.taskGate) {
    deliverToTask(core, descriptor, event);
    return;
  }
  const is16 = type === SystemType.interruptGate16 || type === SystemType.trapGate16;
  const gate = gateOf(descriptor, is16);
  const target = readTarget(core, gate);
  const level = isConforming(target) ? core.cpl : dplOf(target);
  if (isVirtual8086(core) && level !== 0) throw generalProtection(errorOf(gate.selector));
  const bytes = isLongMode(core) ? 8 : is16 ? 2 : 4;
  const outer = level < core.cpl;
  const { stack, segment } = isLongMode(core)
    ? longModeStack(core, gate, level)
    : outer
      ? innerStack(core, level)
      : { stack: Stack.current(core), segment: undefined };
  checkOffset(core, target, gate.offset);
  pushFrame(core, stack, bytes, event, outer);
  const code = segmentOf((gate.selector & ~3) | level, markAccessed(core, gate.selector, target));
  if (isVirtual8086(core)) {
    for (const number of [Segment.es, Segment.ds, Segment.fs, Segment.gs]) core.setSegment(number, nullSegment(0));
  }
  const interruptGate = type === SystemType.interruptGate16 || type === SystemType.interruptGate32;
  core.rflags &= ~(Rflags.tf | Rflags.nt | Rflags.rf | Rflags.vm | (interruptGate ? Rflags.if : 0));
  core.cpl = level;
  core.setSegment(Segment.cs, code);
  if (segment !== undefined) core.setSegment(Segment.ss, segment);
  stack.commit();
  core.rip = gate.offset;
}

/** @throws CpuFault #GP, #NP */
function readTarget(core: CoreContext, { selector }: Gate): Descriptor {
  if (isNull(selector)) throw generalProtection();
  const code = errorOf(selector);
  const target = readDescriptor(core, selector, generalProtection);
  if (!isCode(target) || dplOf(target) > core.cpl) throw generalProtection(code);
  if (isLongMode(core) && (!isLongCode(target) || isBig(target))) throw generalProtection(code);
  if (!isPresent(target)) throw notPresent(code);
  return target;
}

/** In long mode the frame always lies on a 16-byte boundary (SDM 3A 6.14.2); SS becomes null where the level changes. */
function longModeStack(
  core: CoreContext,
  { interruptStack }: Gate,
  level: number,
): Partial<InnerStack> & { stack: Stack } {
  const pointer =
    interruptStack !== 0
      ? interruptStackPointer(core, interruptStack)
      : level < core.cpl
        ? innerPointer(core, level)
        : (core.gpr[RSP] as bigint);
  const inner = longStack(core, level, pointer & ~15n);
  return level < core.cpl ? inner : { stack: inner.stack };
}

function pushFrame(core: CoreContext, stack: Stack, bytes: 2 | 4 | 8, event: InterruptEvent, outer: boolean): void {
  const selector = (number: SegmentNumber): bigint => BigInt(core.segment(number).selector);
  const frame: bigint[] = [];
  if (isVirtual8086(core)) frame.push(...[Segment.gs, Segment.fs, Segment.ds, Segment.es].map(selector));
  if (outer || bytes === 8) frame.push(selector(Segment.ss), core.gpr[RSP] as bigint);
  frame.push(BigInt(core.rflags | (event.resumes ? Rflags.rf : 0)), selector(Segment.cs), core.rip);
  if (event.errorCode !== undefined) frame.push(BigInt(event.errorCode));
  for (const value of frame) stack.push(value, bytes);
}

/** The new task finds the error code on its stack, as wide as its TSS. */
function deliverToTask(core: CoreContext, gate: Descriptor, event: InterruptEvent): void {
  enterTaskGate(core, gate, 'interrupt', core.rflags | (event.resumes ? Rflags.rf : 0));
  if (event.errorCode === undefined) return;
  const stack = Stack.current(core);
  stack.push(BigInt(event.errorCode), (core.segment(Segment.tr).attributes & 8) === 0 ? 2 : 4);
  stack.commit();
}
