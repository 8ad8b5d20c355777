/**
 * Live changes of the page tables. Each change is a generation; a worker flushes its TLB at the head of its loop and
 * acknowledges the generation that it has seen. What a change took away may be used again only when every worker that runs
 * has acknowledged it.
 */
import { WORKER_FLUSH_DONE_AT, WORKER_FLUSH_REQUESTED_AT, WORKER_RUNNING } from '@drift-os/abi/layout/worker-block';
import { workerBlock, workerCount, workerRing, workerState } from './worker-table';

let generation: u32 = 0;

/** Begins a generation: everything changed so far is part of it. @returns its number. */
export function flushRequest(): u32 {
  generation++;
  for (let worker: u32 = 1; worker <= workerCount(); worker++) {
    atomic.store<u32>(workerBlock(worker) + WORKER_FLUSH_REQUESTED_AT, generation);
    workerRing(worker);
  }
  return generation;
}

/** The last generation begun. */
export function flushGeneration(): u32 {
  return generation;
}

/** True if no running worker can still use a mapping older than generation `wanted`. */
export function flushQuiet(wanted: u32): bool {
  for (let worker: u32 = 1; worker <= workerCount(); worker++) {
    if (workerState(worker) != WORKER_RUNNING) continue;
    if (<i32>(atomic.load<u32>(workerBlock(worker) + WORKER_FLUSH_DONE_AT) - wanted) < 0) return false;
  }
  return true;
}
