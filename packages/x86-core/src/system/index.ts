/**
 * The system architecture: what TypeScript does for a core.
 *
 * The fast loop leaves for `executeAssist` at instructions that change segments, modes, privilege or the outside world; for `deliverFault` when an
 * instruction raised an exception; and for `serveEvents` where it may take interrupts. All of it works on a `CoreContext`. State that instructions in
 * WebAssembly do not read is in `SystemState`.
 *
 *   descriptor.ts, descriptor-table.ts        descriptors and where they lie
 *   segment-load.ts, code-segment.ts          loads of segment registers and their checks
 *   far-jump.ts, far-call.ts, far-return.ts   far transfers; call-gate.ts, task-state-segment.ts what they go through
 *   interrupt-delivery.ts                     from vector to handler; exception-delivery.ts double and triple faults
 *   interrupt-return.ts                       IRET
 *   task-switch.ts, task-segments.ts          tasks
 *   events.ts                                 reset, INIT, SIPI, NMI, interrupts
 *   debug.ts                                  breakpoints, single step
 *   features.ts, cpuid.ts                     what there is
 *   assists.ts                                which instruction is whose
 */
export { assists } from './assists.ts';
export {
  type CoreContext,
  type MemoryBytes,
  Segment,
  type SegmentNumber,
  type SegmentRegister,
  type SystemCallMsrs,
  type TableRegister,
  type X87State,
} from './core-context.ts';
export { CpuFault, Vector } from './cpu-fault.ts';
export {
  afterInstruction,
  beforeInstruction,
  hasBreakpoints,
  needsStepping,
  watchData,
} from './debug.ts';
export { monitoredChanged } from './wait.ts';
export { eventPending, reset, serveEvents } from './events.ts';
export { deliverFault } from './exception-delivery.ts';
export { executeAssist } from './execute.ts';
export { FeatureSet } from './features.ts';
export {
  type Activity,
  type SavedSystemState,
  type SystemOptions,
  SystemState,
} from './system-state.ts';
