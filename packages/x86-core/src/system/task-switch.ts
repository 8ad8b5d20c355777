/** The hardware task switch (SDM 3A 7.3): the old task into its TSS, the new one out of its own, with TSSs of 16 and 32 bits. */
import { type CoreContext, Segment, type SegmentRegister } from './core-context.ts';
import { invalidTss } from './cpu-fault.ts';
import { type Descriptor, limitOf, nullSegment, segmentOf } from './descriptor.ts';
import { errorOf, markAvailable, markBusy, readDescriptor } from './descriptor-table.ts';
import { loadPageDirectory } from './page-directory.ts';
import { Cr0, Dr6, Rflags, RFLAGS_DEFINED } from './register-bits.ts';
import { loadTaskSegments } from './task-segments.ts';

/** jump and return free the old task; call and interrupt nest the new one in it. */
export type TaskSwitchCause = 'jump' | 'call' | 'interrupt' | 'return';

/** Offsets in a TSS (SDM 3A figures 7-2 and 7-10). `bytes` is the width of most of its fields. */
interface TssLayout {
  readonly bytes: 2 | 4;
  readonly minimumLimit: number;
  readonly directory: number | undefined;
  readonly rip: number;
  readonly flags: number;
  readonly gpr: number;
  readonly segments: number;
  readonly segmentCount: 4 | 6;
  readonly ldt: number;
  readonly trap: number | undefined;
}

const tss16: TssLayout = {
  ...{ bytes: 2, minimumLimit: 0x2b, directory: undefined, rip: 14, flags: 16 },
  ...{ gpr: 18, segments: 34, segmentCount: 4, ldt: 42, trap: undefined },
};
const tss32: TssLayout = {
  ...{ bytes: 4, minimumLimit: 0x67, directory: 28, rip: 32, flags: 36 },
  ...{ gpr: 40, segments: 72, segmentCount: 6, ldt: 96, trap: 100 },
};

function layoutOf({ attributes }: SegmentRegister): TssLayout {
  return (attributes & 8) === 0 ? tss16 : tss32;
}

/** Everything that a TSS gives to its task. */
interface TaskImage {
  readonly directory: bigint | undefined;
  readonly rip: bigint;
  readonly flags: number;
  readonly gpr: readonly bigint[];
  readonly selectors: readonly number[];
  readonly ldt: number;
  readonly trap: boolean;
}

/**
 * Switches to the task of an available TSS (busy for 'return') that passed the checks of privilege and presence. RIP and `flags` are saved as they are.
 * @throws CpuFault: before the switch, with nothing changed; or, marked `committed`, in the new task, for a segment of it that cannot be loaded.
 */
export function switchTask(
  core: CoreContext,
  selector: number,
  descriptor: Descriptor,
  cause: TaskSwitchCause,
  flags: number = core.rflags,
): void {
  const incoming = segmentOf(selector, descriptor);
  const layout = layoutOf(incoming);
  if (limitOf(descriptor) < layout.minimumLimit) throw invalidTss(errorOf(selector));
  const outgoing = core.segment(Segment.tr);
  const nests = cause === 'call' || cause === 'interrupt';
  core.checkWrite(outgoing.base, layoutOf(outgoing).minimumLimit + 1, 'system');
  if (nests) core.checkWrite(incoming.base, 2, 'system');
  const image = readImage(core, incoming.base, layout);
  const old = readDescriptor(core, outgoing.selector, invalidTss);
  saveTask(core, outgoing, cause === 'return' ? flags & ~Rflags.nt : flags);
  if (nests) core.write(incoming.base, 2, BigInt(outgoing.selector), 'system');
  else markAvailable(core, outgoing.selector, old);
  const busy = cause === 'return' ? descriptor : markBusy(core, selector, descriptor);
  core.setSegment(Segment.tr, segmentOf(selector, busy));
  core.cr0 |= Cr0.ts;
  core.debug[7] = (core.debug[7] as bigint) & ~0x155n;
  loadRegisters(core, image, nests);
  loadTaskSegments(core, image.selectors, image.ldt);
  if (image.trap) core.system.pendingDebug |= Dr6.bt;
}

function saveTask(core: CoreContext, task: SegmentRegister, flags: number): void {
  const layout = layoutOf(task);
  const write = (offset: number, value: bigint, bytes: 2 | 4 = layout.bytes): void => {
    core.write(BigInt.asUintN(32, task.base + BigInt(offset)), bytes, BigInt.asUintN(bytes * 8, value), 'system');
  };
  write(layout.rip, core.rip);
  write(layout.flags, BigInt(flags));
  for (let number = 0; number < 8; number++) write(layout.gpr + number * layout.bytes, core.gpr[number] as bigint);
  for (let number = 0; number < layout.segmentCount; number++) {
    write(layout.segments + number * layout.bytes, BigInt(core.segment(number as 0 | 1 | 2 | 3 | 4 | 5).selector), 2);
  }
}

function readImage(core: CoreContext, base: bigint, layout: TssLayout): TaskImage {
  const read = (offset: number, bytes: 2 | 4 = layout.bytes): bigint =>
    core.read(BigInt.asUintN(32, base + BigInt(offset)), bytes, 'system');
  const selectors = Array.from({ length: layout.segmentCount }, (_, number) =>
    Number(read(layout.segments + number * layout.bytes, 2)),
  );
  return {
    directory: layout.directory === undefined ? undefined : read(layout.directory),
    rip: read(layout.rip),
    flags: Number(read(layout.flags)),
    gpr: Array.from({ length: 8 }, (_, number) => read(layout.gpr + number * layout.bytes)),
    // A 16-bit task has no FS and GS: they become null.
    selectors: [...selectors, 0, 0].slice(0, 6),
    ldt: Number(read(layout.ldt, 2)),
    trap: layout.trap !== undefined && (read(layout.trap, 2) & 1n) !== 0n,
  };
}

/** From here on the new task is the current one. Segments have their selectors, but cannot be used yet. */
function loadRegisters(core: CoreContext, image: TaskImage, nested: boolean): void {
  if (image.directory !== undefined && (core.cr0 & Cr0.pg) !== 0) loadPageDirectory(core, image.directory);
  core.rip = image.rip;
  core.rflags = ((image.flags | (nested ? Rflags.nt : 0)) & RFLAGS_DEFINED) | Rflags.fixed;
  for (const [number, value] of image.gpr.entries()) core.gpr[number] = value;
  for (const [number, each] of image.selectors.entries()) {
    core.setSegment(number as 0 | 1 | 2 | 3 | 4 | 5, nullSegment(each, each & 3));
  }
  core.cpl = (core.rflags & Rflags.vm) !== 0 ? 3 : (image.selectors[Segment.cs] as number) & 3;
  core.setSegment(Segment.ldtr, nullSegment(image.ldt));
}
