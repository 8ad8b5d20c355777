/** The table of application instances: which module runs on which worker, in what state. Records stay until their place is needed. */
import { APPLICATION_RUNNING, APPLICATION_STARTING } from '@drift-os/abi/layout/messages';
import { WORKER_RUNNING } from '@drift-os/abi/layout/worker-block';
import { OWNER_INDEX_MASK, OWNER_INSTANCE } from '../layout/ledger';
import { uptime } from './clock';
import { workerCount, workerState } from './worker-table';

/** u32 number, u32 worker, u32 module, u32 state, u32 status, u32 zero, u64 time of the last change. */
const BYTES: u32 = 32;
const PLACES: u32 = 128;
const table: usize = memory.data(PLACES * BYTES, 8);
let numbers: u32 = 0;

/** True if the instance at a place has not ended. */
export function instanceLives(place: u32): bool {
  const state = instanceState(place);
  return state == APPLICATION_STARTING || state == APPLICATION_RUNNING;
}

/** Number of places in the table; a place without an instance has number 0. */
export function instancePlaces(): u32 {
  return PLACES;
}

export function instanceNumber(place: u32): u32 {
  return load<u32>(table + place * BYTES);
}

export function instanceWorker(place: u32): u32 {
  return load<u32>(table + place * BYTES, 4);
}

/** Index in the image directory. */
export function instanceModule(place: u32): u32 {
  return load<u32>(table + place * BYTES, 8);
}

/** APPLICATION_STARTING ... APPLICATION_FAILED */
export function instanceState(place: u32): u32 {
  return load<u32>(table + place * BYTES, 12);
}

export function instanceStatus(place: u32): u32 {
  return load<u32>(table + place * BYTES, 16);
}

/** Microseconds since boot of the last change of state. */
export function instanceSince(place: u32): u64 {
  return load<u64>(table + place * BYTES, 24);
}

/** Place of an instance that lives, or -1. */
export function instanceFind(number: u32): i32 {
  for (let i: u32 = 0; i < PLACES; i++) {
    if (instanceNumber(i) == number && number != 0 && instanceLives(i)) return i;
  }
  return -1;
}

/** Worker of an instance that lives; 0: there is none. */
export function workerOfInstance(number: u32): u32 {
  const place = instanceFind(number);
  return place < 0 ? 0 : instanceWorker(place);
}

/** The owner of an instance's pages in the ledger. */
export function ownerOfInstance(number: u32): u32 {
  return OWNER_INSTANCE | (number & OWNER_INDEX_MASK);
}

/** True if an instance of a module lives; its static data has one place, so there can be one. */
export function moduleRuns(module: u32): bool {
  for (let i: u32 = 0; i < PLACES; i++) {
    if (instanceNumber(i) != 0 && instanceModule(i) == module && instanceLives(i)) return true;
  }
  return false;
}

/** Worker that runs and has the fewest instances; 0: none runs. */
export function workerLeastLoaded(): u32 {
  let best: u32 = 0;
  let bestLoad = u32.MAX_VALUE;
  for (let worker: u32 = 1; worker <= workerCount(); worker++) {
    if (workerState(worker) != WORKER_RUNNING) continue;
    let has: u32 = 0;
    for (let i: u32 = 0; i < PLACES; i++) has += u32(instanceWorker(i) == worker && instanceLives(i));
    if (has < bestLoad) {
      best = worker;
      bestLoad = has;
    }
  }
  return best;
}

/** A place that is free, or the one whose instance ended longest ago; -1: all of them live. */
function freePlace(): i32 {
  let best = -1;
  for (let i: u32 = 0; i < PLACES; i++) {
    if (instanceNumber(i) == 0) return i;
    if (instanceLives(i)) continue;
    if (best < 0 || instanceSince(i) < instanceSince(best)) best = i;
  }
  return best;
}

/** The next number whose owner in the ledger is nobody else's. */
function nextNumber(): u32 {
  for (;;) {
    numbers++;
    let taken: bool = (numbers & OWNER_INDEX_MASK) == 0;
    for (let i: u32 = 0; i < PLACES && !taken; i++) {
      taken = instanceLives(i) && ownerOfInstance(instanceNumber(i)) == ownerOfInstance(numbers);
    }
    if (!taken) break;
  }
  return numbers;
}

/** Enters a new instance, which is starting. @returns its place, or -1: there is none. */
export function instanceAdd(module: u32, worker: u32): i32 {
  const place = freePlace();
  if (place < 0) return -1;
  const record = table + place * BYTES;
  store<u32>(record, nextNumber());
  store<u32>(record, worker, 4);
  store<u32>(record, module, 8);
  instanceSet(place, APPLICATION_STARTING, 0);
  return place;
}

/** Changes the state of the instance at a place. */
export function instanceSet(place: u32, state: u32, status: u32): void {
  const record = table + place * BYTES;
  store<u32>(record, state, 12);
  store<u32>(record, status, 16);
  store<u64>(record, uptime(), 24);
}
