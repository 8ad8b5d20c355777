/** Where the worker's time goes: every turn of the loop counts, whole, for the stage that it ended in. */
import { rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import {
  STAGE_BUSY,
  STAGE_TIMED,
  WORKER_BUSY_TSC_AT,
  WORKER_LOOPS_AT,
  WORKER_STAGE_AT,
} from '@drift-os/abi/layout/worker-block';
import { StandOff } from './stand-off';
import { block, standOffState } from './worker';

/** Time-stamp counter at the end of the last turn. */
let last: u64 = 0;

export function startClock(): void {
  last = rdtsc();
}

/** The worker is in this stage from now on; for whoever looks. */
export function enterStage(stage: u32): void {
  if (atomic.load<u32>(block, WORKER_STAGE_AT) != stage) atomic.store<u32>(block, stage, WORKER_STAGE_AT);
}

/** A turn is over. The counters of the stages lie behind each other in the order of the stages. */
export function endTurn(stage: u32): void {
  const now = rdtsc();
  const counter = block + WORKER_BUSY_TSC_AT + stage * 8;
  atomic.store<u64>(counter, atomic.load<u64>(counter) + (now - last));
  atomic.store<u64>(block, atomic.load<u64>(block, WORKER_LOOPS_AT) + 1, WORKER_LOOPS_AT);
  last = now;
}

/** The configuration has changed: waiting begins with the first stage again, and where asked for, counting with zero. */
export function restartCounting(zero: bool): void {
  changetype<StandOff>(standOffState()).reset();
  if (!zero) return;
  atomic.store<u64>(block, 0, WORKER_LOOPS_AT);
  for (let stage: u32 = STAGE_BUSY; stage <= <u32>STAGE_TIMED; stage++) {
    atomic.store<u64>(block + WORKER_BUSY_TSC_AT + stage * 8, 0);
  }
}
