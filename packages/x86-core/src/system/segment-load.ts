/** Loads of DS, ES, FS, GS and SS, as MOV, POP and LDS do them (SDM 2 MOV; SDM 3A 5.6, 5.7). Loads of CS are far transfers. */
import { type CoreContext, Segment, type SegmentNumber } from './core-context.ts';
import { generalProtection, notPresent, stackFault } from './cpu-fault.ts';
import {
  Attribute,
  dplOf,
  isCode,
  isConforming,
  isPresent,
  isReadable,
  isSegment,
  isWritableData,
  nullSegment,
  realModeSegment,
  segmentOf,
} from './descriptor.ts';
import { errorOf, isNull, markAccessed, readDescriptor } from './descriptor-table.ts';
import { hasRealSegments, is64Bit, isVirtual8086 } from './mode.ts';

export function loadSegment(core: CoreContext, number: SegmentNumber, selector: number): void {
  if (hasRealSegments(core)) loadRealSegment(core, number, selector);
  else if (number === Segment.ss) loadStackSegment(core, selector);
  else loadDataSegment(core, number, selector);
}

/** Real mode leaves limit and size as they are: that is how a program that was in protected mode gets at 4 GiB (SDM 3A 21.1.1). */
export function loadRealSegment(core: CoreContext, number: SegmentNumber, selector: number): void {
  const fresh = realModeSegment(selector, isVirtual8086(core) ? 3 : 0);
  const old = core.segment(number);
  const kept = !isVirtual8086(core) && (old.attributes & Attribute.unusable) === 0;
  const attributes = fresh.attributes | (old.attributes & (Attribute.big | Attribute.granular));
  core.setSegment(number, kept ? { ...fresh, limit: old.limit, attributes } : fresh);
}

function loadStackSegment(core: CoreContext, selector: number): void {
  const rpl = selector & 3;
  if (isNull(selector)) {
    if (!is64Bit(core) || core.cpl === 3 || rpl !== core.cpl) throw generalProtection();
    core.setSegment(Segment.ss, nullSegment(selector, rpl));
    return;
  }
  const code = errorOf(selector);
  const descriptor = readDescriptor(core, selector, generalProtection);
  if (rpl !== core.cpl || !isWritableData(descriptor) || dplOf(descriptor) !== core.cpl) throw generalProtection(code);
  if (!isPresent(descriptor)) throw stackFault(code);
  core.setSegment(Segment.ss, segmentOf(selector, markAccessed(core, selector, descriptor)));
}

function loadDataSegment(core: CoreContext, number: SegmentNumber, selector: number): void {
  if (isNull(selector)) {
    core.setSegment(number, nullSegment(selector));
    return;
  }
  const code = errorOf(selector);
  const descriptor = readDescriptor(core, selector, generalProtection);
  if (!isSegment(descriptor) || !isReadable(descriptor)) throw generalProtection(code);
  const privilege = Math.max(core.cpl, selector & 3);
  if (!(isCode(descriptor) && isConforming(descriptor)) && privilege > dplOf(descriptor)) throw generalProtection(code);
  if (!isPresent(descriptor)) throw notPresent(code);
  core.setSegment(number, segmentOf(selector, markAccessed(core, selector, descriptor)));
}

/** On a return to an outer level: data segments that it may not use become null (SDM 2 RET, IRET). */
export function dropInnerSegments(core: CoreContext): void {
  for (const number of [Segment.es, Segment.ds, Segment.fs, Segment.gs]) {
    const { attributes } = core.segment(number);
    if ((attributes & Attribute.unusable) !== 0) continue;
    const conforming = (attributes & Attribute.code) !== 0 && (attributes & Attribute.conforming) !== 0;
    const dpl = (attributes >> 5) & 3;
    if (!conforming && dpl < core.cpl) core.setSegment(number, nullSegment(0));
  }
}
