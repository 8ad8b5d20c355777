/** The segments of a task that was switched to: whatever is wrong with one is reported in the new task (SDM 3A 7.3, table 7-1). */
import { type CoreContext, Segment, type SegmentNumber } from './core-context.ts';
import { CpuFault, generalProtection, invalidTss, notPresent, stackFault } from './cpu-fault.ts';
import {
  dplOf,
  isCode,
  isConforming,
  isPresent,
  isReadable,
  isSegment,
  isWritableData,
  realModeSegment,
  segmentOf,
  SystemType,
  typeOf,
} from './descriptor.ts';
import { errorOf, isNull, markAccessed, readDescriptor } from './descriptor-table.ts';
import { Rflags } from './register-bits.ts';

const dataSegments = [Segment.es, Segment.ds, Segment.fs, Segment.gs];

/** @throws CpuFault marked `committed`: the task is switched to already. */
export function loadTaskSegments(core: CoreContext, selectors: readonly number[], ldt: number): void {
  try {
    loadLdt(core, ldt);
    if ((core.rflags & Rflags.vm) !== 0) {
      for (const [number, selector] of selectors.entries()) {
        core.setSegment(number as SegmentNumber, realModeSegment(selector, 3));
      }
    } else {
      loadCode(core, selectors[Segment.cs] as number);
      loadStack(core, selectors[Segment.ss] as number);
      for (const number of dataSegments) loadData(core, number, selectors[number] as number);
    }
    if (core.rip > BigInt(core.segment(Segment.cs).limit)) throw generalProtection();
  } catch (error) {
    throw error instanceof CpuFault ? error.inNewTask() : error;
  }
}

function loadLdt(core: CoreContext, selector: number): void {
  if (isNull(selector)) return;
  if ((selector & 4) !== 0) throw invalidTss(errorOf(selector));
  const descriptor = readDescriptor(core, selector, invalidTss);
  if (isSegment(descriptor) || typeOf(descriptor) !== SystemType.ldt || !isPresent(descriptor)) {
    throw invalidTss(errorOf(selector));
  }
  core.setSegment(Segment.ldtr, segmentOf(selector, descriptor));
}

function loadCode(core: CoreContext, selector: number): void {
  const code = errorOf(selector);
  if (isNull(selector)) throw invalidTss(code);
  const descriptor = readDescriptor(core, selector, invalidTss);
  const rpl = selector & 3;
  const dpl = dplOf(descriptor);
  if (!isCode(descriptor) || (isConforming(descriptor) ? dpl > rpl : dpl !== rpl)) throw invalidTss(code);
  if (!isPresent(descriptor)) throw notPresent(code);
  core.setSegment(Segment.cs, segmentOf(selector, markAccessed(core, selector, descriptor)));
}

function loadStack(core: CoreContext, selector: number): void {
  const code = errorOf(selector);
  if (isNull(selector)) throw invalidTss(code);
  const descriptor = readDescriptor(core, selector, invalidTss);
  if (!isWritableData(descriptor) || dplOf(descriptor) !== core.cpl || (selector & 3) !== core.cpl) {
    throw invalidTss(code);
  }
  if (!isPresent(descriptor)) throw stackFault(code);
  core.setSegment(Segment.ss, segmentOf(selector, markAccessed(core, selector, descriptor)));
}

function loadData(core: CoreContext, number: SegmentNumber, selector: number): void {
  if (isNull(selector)) return;
  const code = errorOf(selector);
  const descriptor = readDescriptor(core, selector, invalidTss);
  const privilege = Math.max(core.cpl, selector & 3);
  const conforming = isCode(descriptor) && isConforming(descriptor);
  if (!isSegment(descriptor) || !isReadable(descriptor)) throw invalidTss(code);
  if (!conforming && privilege > dplOf(descriptor)) throw invalidTss(code);
  if (!isPresent(descriptor)) throw notPresent(code);
  core.setSegment(number, segmentOf(selector, markAccessed(core, selector, descriptor)));
}
