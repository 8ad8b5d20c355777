/** What happens between instructions: reset, INIT, SIPI, NMI, interrupts, and the end of waiting (SDM 3A 6.9, 9.1, 9.4). */
import { type CoreContext, Segment, type SegmentNumber, type SegmentRegister } from './core-context.ts';
import { Vector } from './cpu-fault.ts';
import { nullSegment, realModeSegment } from './descriptor.ts';
import { resetDebugRegisters } from './debug.ts';
import { deliverEvent } from './exception-delivery.ts';
import { externalEvent } from './interrupt-event.ts';
import { Cr0, Rflags } from './register-bits.ts';
import { monitoredChanged } from './wait.ts';

const RDX = 2;
const SIGNATURE = 0xf0611n;

/** RESET: everything, time-stamp counter and MSRs included (SDM 3A table 9-1). */
export function reset(core: CoreContext): void {
  const { system } = core;
  system.apic.reset();
  system.msrs.clear();
  system.timestamp = 0n;
  initialize(core);
  resetVectors(core);
  core.cr0 = Cr0.et | Cr0.nw | Cr0.cd;
  core.msr.star = core.msr.lstar = core.msr.cstar = core.msr.sfmask = 0n;
  core.msr.sysenterCs = core.msr.sysenterEsp = core.msr.sysenterEip = 0n;
  core.msr.kernelGsBase = core.msr.tscAux = 0n;
  core.xcr0 = 1;
  core.pkru = 0;
  system.activity = system.bootstrap ? 'running' : 'waitForStartup';
}

function resetVectors(core: CoreContext): void {
  core.vectors.fill(0);
  core.mxcsr = 0x1f80;
  const { x87 } = core;
  x87.registers.fill(0);
  x87.controlWord = 0x40;
  x87.statusWord = 0;
  x87.top = 0;
  // Reset leaves zeros, tagged as such; FNINIT makes them empty.
  x87.emptyTags = 0;
  x87.instructionPointer = x87.dataPointer = 0n;
  x87.codeSelector = x87.dataSelector = x87.opcode = 0;
}

/** INIT keeps x87, vector registers, MSRs and the bits CD and NW; the rest is as after RESET. */
export function init(core: CoreContext): void {
  const { system } = core;
  system.initPending = false;
  system.apic.init();
  initialize(core);
  core.cr0 = (core.cr0 & (Cr0.cd | Cr0.nw)) | Cr0.et;
  system.activity = system.bootstrap ? 'running' : 'waitForStartup';
}

function initialize(core: CoreContext): void {
  const { system } = core;
  core.gpr.fill(0n);
  core.gpr[RDX] = SIGNATURE;
  core.cr0 = core.cr0 & ~Cr0.pg;
  core.efer = 0;
  core.cr2 = 0n;
  core.cr3 = 0n;
  core.cr4 = 0;
  core.rflags = Rflags.fixed;
  core.cpl = 0;
  core.rip = 0xfff0n;
  for (const number of [Segment.es, Segment.ss, Segment.ds, Segment.fs, Segment.gs] as SegmentNumber[]) {
    core.setSegment(number, realModeSegment(0));
  }
  core.setSegment(Segment.cs, resetCode);
  core.setSegment(Segment.ldtr, { ...nullSegment(0), limit: 0xffff, attributes: 0x82 });
  core.setSegment(Segment.tr, { ...nullSegment(0), limit: 0xffff, attributes: 0x8b });
  core.gdtr = { base: 0n, limit: 0xffff };
  core.idtr = { base: 0n, limit: 0xffff };
  resetDebugRegisters(core);
  system.monitored = undefined;
  system.nmiPending = false;
  system.nmiBlocked = false;
  system.startupPage = undefined;
  system.pendingDebug = 0;
  system.debugInhibited = false;
  core.flushTlb('all');
}

/** F000:FFF0, with a base that puts it 16 bytes below 4 GiB (SDM 3A 9.1.4). */
const resetCode: SegmentRegister = { selector: 0xf000, base: 0xffff_0000n, limit: 0xffff, attributes: 0x9b };

/** Real mode at page:0000, where a SIPI sends a core that waits (SDM 3A 9.4.4). */
function startUp(core: CoreContext, page: number): void {
  const selector = page << 8;
  core.setSegment(Segment.cs, { selector, base: BigInt(selector) << 4n, limit: 0xffff, attributes: 0x9b });
  core.rip = 0n;
  core.system.activity = 'running';
}

/** Whether serveEvents would do something now. */
export function eventPending(core: CoreContext): boolean {
  const { system } = core;
  if (system.initPending) return true;
  switch (system.activity) {
    case 'shutdown':
      return false;
    case 'waitForStartup':
      return system.startupPage !== undefined;
    default:
      return canTakeNmi(core) || canTakeInterrupt(core) || endsWait(core);
  }
}

function canTakeNmi(core: CoreContext): boolean {
  return core.system.nmiPending && !core.system.nmiBlocked && !core.inhibited;
}

function canTakeInterrupt(core: CoreContext): boolean {
  return (core.rflags & Rflags.if) !== 0 && !core.inhibited && core.system.interruptPending;
}

/** MWAIT also ends where the line was written to, and where it was told so by masked interrupts. */
function endsWait(core: CoreContext): boolean {
  const { system } = core;
  if (system.activity !== 'halted' || system.monitored === undefined) return false;
  return system.monitorEnded || (system.wakesMasked && system.interruptPending) || monitoredChanged(core);
}

/**
 * Takes the most urgent event, if there is one that can be taken: INIT, SIPI, NMI, interrupt. To be called between instructions.
 * @returns whether it took one; there may be more.
 */
export function serveEvents(core: CoreContext): boolean {
  const { system } = core;
  if (system.initPending) {
    const page = system.startupPage;
    init(core);
    // A SIPI that came close behind is not lost.
    if (page !== undefined) system.startupPage = page;
    return true;
  }
  if (system.activity === 'waitForStartup') return takeStartup(core);
  if (system.activity === 'shutdown') return false;
  if (canTakeNmi(core)) {
    system.nmiPending = false;
    system.nmiBlocked = true;
    take(core, Vector.nmi);
  } else if (canTakeInterrupt(core)) take(core, acknowledge(core));
  else if (endsWait(core)) wake(core);
  else return false;
  return true;
}

function takeStartup(core: CoreContext): boolean {
  const page = core.system.startupPage;
  core.system.startupPage = undefined;
  if (page === undefined) return false;
  startUp(core, page);
  return true;
}

function acknowledge(core: CoreContext): number {
  const { system } = core;
  if (system.apic.interruptPending) return system.apic.acknowledge(() => core.bus.acknowledgeInterrupt());
  return core.bus.acknowledgeInterrupt();
}

function take(core: CoreContext, vector: number): void {
  wake(core);
  deliverEvent(core, externalEvent(vector));
}

function wake(core: CoreContext): void {
  core.system.monitored = undefined;
  core.system.wakesMasked = false;
  core.system.activity = 'running';
}
