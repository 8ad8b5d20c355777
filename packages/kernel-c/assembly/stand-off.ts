/** How long a worker stays in each stage of its stand-off: defaults, and changes from the shell. */
import { StandOffChanged } from '@drift-os/abi/assembly/generated/control';
import {
  STAND_OFF_MWAIT_AT,
  STAND_OFF_PAUSE_LIMIT_AT,
  STAND_OFF_PAUSE_TURNS_AT,
  STAND_OFF_SPIN_TURNS_AT,
  STAND_OFF_TIMED_MICROSECONDS_AT,
  WORKER_STAND_OFF_AT,
} from '@drift-os/abi/layout/worker-block';
import { controlReserve, controlSend } from './control-stream';
import { workerBlock, workerRing } from './worker-table';

/** Spins for some microseconds, pauses for some tens, then waits on the doorbell. */
const SPIN_TURNS: u32 = 1000;
const PAUSE_TURNS: u32 = 1000;
const PAUSE_LIMIT: u32 = 64;

/** Writes the defaults into a new worker's block. */
export function standOffInitialize(block: usize): void {
  const at = block + WORKER_STAND_OFF_AT;
  atomic.store<u32>(at + STAND_OFF_SPIN_TURNS_AT, SPIN_TURNS);
  atomic.store<u32>(at + STAND_OFF_PAUSE_TURNS_AT, PAUSE_TURNS);
  atomic.store<u32>(at + STAND_OFF_PAUSE_LIMIT_AT, PAUSE_LIMIT);
  atomic.store<u32>(at + STAND_OFF_MWAIT_AT, 1);
  atomic.store<u32>(at + STAND_OFF_TIMED_MICROSECONDS_AT, 0);
}

/** One value of a worker's configuration, by its STAND_OFF_*_AT offset. */
export function standOffValue(worker: u32, at: u32): u32 {
  return atomic.load<u32>(workerBlock(worker) + WORKER_STAND_OFF_AT + at);
}

/** Changes one value; the worker counts from zero again. */
export function standOffSet(worker: u32, at: u32, value: u32): void {
  atomic.store<u32>(workerBlock(worker) + WORKER_STAND_OFF_AT + at, value);
  standOffChanged(worker, false);
}

/** Tells the worker that its configuration has changed, or only that the time counters are to begin at zero. */
export function standOffChanged(worker: u32, zeroCounters: bool): void {
  const message = StandOffChanged.at(controlReserve(worker, StandOffChanged.BYTES));
  message.counters = u32(zeroCounters);
  controlSend(worker, StandOffChanged.BYTES, StandOffChanged.ID);
  workerRing(worker);
}
