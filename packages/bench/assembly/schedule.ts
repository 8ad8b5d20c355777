/** The measurements that both applications go through, and the page through which they keep in step. @shared */
import * as ringc from './ringc';
import * as drift from './ring-workload';

export const ROUND_TRIP: u32 = 0;
export const WORDS: u32 = 1;
export const BATCHES: u32 = 2;
const RECORDS: u32 = 3;
export const WORKLOADS: u32 = 4;

export const DRIFT: u32 = 0;
export const C: u32 = 1;

/** Pages of memory that the rings take. */
export const AREA_PAGES: u32 = 64;

/**
 * ```
 * 0x000  u32 turn     number of the measurement that is asked for, from 1; written by the left side, as are
 *        u32 implementation, u32 workload, u32 count
 * 0x080  u32 ready    turn that the right side is about to begin; written by the right side
 * 0x100  u32 done     turn that it has ended, u32 sum that it got
 * ```
 */
@unmanaged
export class Control {
  static at(page: usize): Control {
    return changetype<Control>(page);
  }

  get turn(): u32 {
    return atomic.load<u32>(changetype<usize>(this));
  }

  get implementation(): u32 {
    return atomic.load<u32>(changetype<usize>(this), 4);
  }

  get workload(): u32 {
    return atomic.load<u32>(changetype<usize>(this), 8);
  }

  get count(): u32 {
    return atomic.load<u32>(changetype<usize>(this), 12);
  }

  get ready(): u32 {
    return atomic.load<u32>(changetype<usize>(this), 0x80);
  }

  get done(): u32 {
    return atomic.load<u32>(changetype<usize>(this), 0x100);
  }

  get sum(): u32 {
    return atomic.load<u32>(changetype<usize>(this), 0x104);
  }

  ask(turn: u32, implementation: u32, workload: u32, count: u32): void {
    atomic.store<u32>(changetype<usize>(this), implementation, 4);
    atomic.store<u32>(changetype<usize>(this), workload, 8);
    atomic.store<u32>(changetype<usize>(this), count, 12);
    atomic.store<u32>(changetype<usize>(this), turn);
  }

  begin(turn: u32): void {
    atomic.store<u32>(changetype<usize>(this), turn, 0x80);
  }

  end(turn: u32, sum: u32): void {
    atomic.store<u32>(changetype<usize>(this), sum, 0x104);
    atomic.store<u32>(changetype<usize>(this), turn, 0x100);
  }
}

/** Makes the rings; 0 when this implementation is not in the image. */
export function prepare(implementation: u32, area: usize): u32 {
  return implementation == DRIFT ? drift.prepare(area) : ringc.prepare(area);
}

/** The left half of a workload. */
export function left(implementation: u32, workload: u32, area: usize, count: u32): void {
  if (implementation == DRIFT) {
    if (workload == ROUND_TRIP) drift.ping(area, count);
    else if (workload == WORDS) drift.produceWords(area, count);
    else if (workload == BATCHES) drift.produceBatches(area, count);
    else drift.produceRecords(area, count);
  } else {
    if (workload == ROUND_TRIP) ringc.ping(area, count);
    else if (workload == WORDS) ringc.produceWords(area, count);
    else if (workload == BATCHES) ringc.produceBatches(area, count);
    else ringc.produceRecords(area, count);
  }
}

/** The right half; the sum of what came. */
export function right(implementation: u32, workload: u32, area: usize, count: u32): u32 {
  if (implementation == DRIFT) {
    if (workload == ROUND_TRIP) return drift.echo(area, count);
    if (workload == WORDS) return drift.consumeWords(area, count);
    if (workload == BATCHES) return drift.consumeBatches(area, count);
    return drift.consumeRecords(area, count);
  }
  if (workload == ROUND_TRIP) return ringc.echo(area, count);
  if (workload == WORDS) return ringc.consumeWords(area, count);
  if (workload == BATCHES) return ringc.consumeBatches(area, count);
  return ringc.consumeRecords(area, count);
}

/** How many of each make one measurement. */
export function countOf(workload: u32): u32 {
  if (workload == ROUND_TRIP) return 5000;
  if (workload == WORDS) return 200000;
  return workload == RECORDS ? 100000 : 1000000;
}
