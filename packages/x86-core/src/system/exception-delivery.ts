/** Delivery of exceptions, with what happens when the delivery fails in turn: double fault, shutdown (SDM 3A 6.15, table 6-5). */
import type { CoreContext } from './core-context.ts';
import { CpuFault, Vector } from './cpu-fault.ts';
import { deliver } from './interrupt-delivery.ts';
import type { InterruptEvent } from './interrupt-event.ts';
import { isRealMode } from './mode.ts';

/** Vectors after which the instruction is not restarted: traps and aborts. #DB decides by itself. */
const traps: ReadonlySet<number> = new Set<number>([
  Vector.debug,
  Vector.breakpoint,
  Vector.overflow,
  Vector.doubleFault,
  Vector.machineCheck,
]);

const contributory: ReadonlySet<number> = new Set<number>([
  Vector.divideError,
  Vector.invalidTss,
  Vector.segmentNotPresent,
  Vector.stackFault,
  Vector.generalProtection,
]);

/** Delivers the exception of an instruction. RIP is at the instruction for faults, behind it for traps. */
export function deliverFault(core: CoreContext, fault: CpuFault): void {
  deliverEvent(core, eventOf(core, fault));
}

/** The longest chain that ends by itself: an interrupt, two exceptions, double fault, shutdown, with a benign one between each. */
const LONGEST_CHAIN = 8;

/**
 * Delivers whatever event, and what its delivery raises. Benign exceptions may raise each other for ever (#AC on the stack that #AC pushes to), and
 * processors then stand still in it. Here the instruction is begun again, so that the caller's budget ends it.
 */
export function deliverEvent(core: CoreContext, event: InterruptEvent): void {
  let current = event;
  for (let stage = 0; stage < LONGEST_CHAIN; stage++) {
    try {
      deliver(core, current);
      return;
    } catch (error) {
      if (!(error instanceof CpuFault)) throw error;
      const next = escalate(core, current, error);
      if (next === undefined) {
        shutDown(core);
        return;
      }
      current = next;
    }
  }
}

/** #PF has its address in CR2 from here on. Real mode pushes no error codes. */
function eventOf(core: CoreContext, fault: CpuFault): InterruptEvent {
  if (fault.address !== undefined) core.cr2 = fault.address;
  return {
    vector: fault.vector,
    source: 'exception',
    errorCode: isRealMode(core) ? undefined : fault.errorCode,
    resumes: !traps.has(fault.vector),
  };
}

/** The exception to deliver after one that was raised while `first` was delivered; undefined: shutdown. */
function escalate(core: CoreContext, first: InterruptEvent, fault: CpuFault): InterruptEvent | undefined {
  const fromProgram = first.source === 'software';
  const second = eventOf(core, fromProgram ? fault : fault.external());
  if (first.source !== 'exception') return second;
  const serious = contributory.has(fault.vector) || fault.vector === Vector.pageFault;
  if (first.vector === Vector.doubleFault) return serious ? undefined : second;
  const doubles =
    (contributory.has(first.vector) && contributory.has(fault.vector)) ||
    (first.vector === Vector.pageFault && serious);
  return doubles ? eventOf(core, new CpuFault(Vector.doubleFault, 0)) : second;
}

function shutDown(core: CoreContext): void {
  core.system.activity = 'shutdown';
  core.events.shutdown();
}
