/** The worker blocks (abi/layout/worker-block.ts), by worker number from 1, and the bell that wakes a worker. */
import { WORKER_DOORBELL_AT, WORKER_STATE_AT } from '@drift-os/abi/layout/worker-block';

/** Most workers there can be. */
export const WORKERS: u32 = 255;
const blocks: usize = memory.data((WORKERS + 1) * 4, 4);
let count: u32 = 0;

/** Number of workers; they are 1 to this. */
export function workerCount(): u32 {
  return count;
}

/** Adds a worker. @returns its number. */
export function workerAdd(block: usize): u32 {
  store<u32>(blocks + ++count * 4, <u32>block);
  return count;
}

/** Address of a worker's block. */
export function workerBlock(worker: u32): usize {
  return load<u32>(blocks + worker * 4);
}

/** WORKER_STARTING, WORKER_RUNNING, WORKER_STOPPED or WORKER_FAULTED. */
export function workerState(worker: u32): u32 {
  return atomic.load<u32>(workerBlock(worker) + WORKER_STATE_AT);
}

/** Wakes a worker that waits on its doorbell. To be called behind whatever it is to see. */
export function workerRing(worker: u32): void {
  atomic.add<u32>(workerBlock(worker) + WORKER_DOORBELL_AT, 1);
}
