/**
 * Application instances: which module runs on which worker, in what state. When one ends, Thread/C takes back all that it
 * held, in a fixed order: channels, custody, pages. The record stays for `ps` until its place is needed.
 */
import { ApplicationStart, ApplicationStop } from '@drift-os/abi/assembly/generated/control';
import { MODULE_APPLICATION, MODULE_KIND_AT } from '@drift-os/abi/layout/image-directory';
import {
  APPLICATION_FAILED,
  APPLICATION_RUNNING,
  APPLICATION_STARTING,
  APPLICATION_STOPPED,
  ARGUMENT_LIMIT,
  LOG_INFORMATION,
  LOG_WARNING,
  STATUS_PEER_GONE,
} from '@drift-os/abi/layout/messages';
import { MODULE_NAME_AT } from '@drift-os/abi/layout/image-directory';
import { WORKER_RUNNING } from '@drift-os/abi/layout/worker-block';
import { OWNER_INDEX_MASK, OWNER_INSTANCE } from '../layout/ledger';
import { brokerInstanceEnded } from './broker';
import { uptime } from './clock';
import { controlReserve, controlSend } from './control-stream';
import { custodyInstanceEnded } from './custody';
import { moduleAt, moduleCount } from './image';
import { logClose, logOpen } from './log';
import { releaseAll } from './page-service';
import { print, printCounted, printDecimal } from './print';
import { statusName } from './status';
import { workerCount, workerState } from './worker-table';

/** u32 number, u32 worker, u32 module, u32 state, u32 status, u32 zero, u64 time of the last change. */
const BYTES: u32 = 32;
const PLACES: u32 = 128;
const table: usize = memory.data(PLACES * BYTES, 8);
let numbers: u32 = 0;

/** Why `instanceStart` refuses. */
export const START_NO_MODULE: i32 = -1;
export const START_NO_WORKER: i32 = -2;
export const START_RUNS_ALREADY: i32 = -3;
export const START_TOO_MANY: i32 = -4;
export const START_ARGUMENT_TOO_LONG: i32 = -5;

function alive(record: usize): bool {
  const state = load<u32>(record, 12);
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
    if (instanceNumber(i) == number && number != 0 && alive(table + i * BYTES)) return i;
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

/** A place that is free, or the one whose instance ended longest ago; -1: all of them live. */
function freePlace(): i32 {
  let best = -1;
  for (let i: u32 = 0; i < PLACES; i++) {
    if (instanceNumber(i) == 0) return i;
    if (alive(table + i * BYTES)) continue;
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
      taken = alive(table + i * BYTES) && ownerOfInstance(instanceNumber(i)) == ownerOfInstance(numbers);
    }
    if (!taken) break;
  }
  return numbers;
}

/** Index of the application module with this name, or -1. */
export function moduleFind(name: usize, bytes: u32): i32 {
  for (let i: u32 = 0; i < moduleCount(); i++) {
    const module = moduleAt(i);
    const its = load<u32>(module, MODULE_NAME_AT);
    if (load<u32>(module, MODULE_KIND_AT) != MODULE_APPLICATION || load<u32>(its) != bytes) continue;
    if (memory.compare(its + 4, name, bytes) == 0) return i;
  }
  return -1;
}

/** True if an instance of a module lives; its static data has one place, so there can be one. */
export function moduleRuns(module: u32): bool {
  for (let i: u32 = 0; i < PLACES; i++) {
    if (instanceNumber(i) != 0 && instanceModule(i) == module && alive(table + i * BYTES)) return true;
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
    for (let i: u32 = 0; i < PLACES; i++) has += u32(instanceWorker(i) == worker && alive(table + i * BYTES));
    if (has < bestLoad) {
      best = worker;
      bestLoad = has;
    }
  }
  return best;
}

/** Starts a module on a worker that runs. @returns the instance's number, or START_*. It reports its state later. */
export function instanceStart(module: u32, worker: u32, argument: usize, argumentBytes: u32): i32 {
  if (module >= moduleCount() || load<u32>(moduleAt(module), MODULE_KIND_AT) != MODULE_APPLICATION)
    return START_NO_MODULE;
  if (worker == 0 || worker > workerCount() || workerState(worker) != WORKER_RUNNING) return START_NO_WORKER;
  if (moduleRuns(module)) return START_RUNS_ALREADY;
  if (argumentBytes > <u32>ARGUMENT_LIMIT) return START_ARGUMENT_TOO_LONG;
  const place = freePlace();
  if (place < 0) return START_TOO_MANY;
  const number = nextNumber();
  const record = table + place * BYTES;
  store<u32>(record, number);
  store<u32>(record, worker, 4);
  store<u32>(record, module, 8);
  change(record, APPLICATION_STARTING, 0);
  const bytes = ApplicationStart.BYTES + argumentBytes;
  const message = ApplicationStart.at(controlReserve(worker, bytes));
  message.instance = number;
  message.module = module;
  memory.copy(message.argument, argument, argumentBytes);
  controlSend(worker, bytes, ApplicationStart.ID);
  return number;
}

/** Asks for the end of an instance. @returns false if none of this number lives. */
export function instanceStop(number: u32): bool {
  const worker = workerOfInstance(number);
  if (worker == 0) return false;
  const message = ApplicationStop.at(controlReserve(worker, ApplicationStop.BYTES));
  message.instance = number;
  controlSend(worker, ApplicationStop.BYTES, ApplicationStop.ID);
  return true;
}

function change(record: usize, state: u32, status: u32): void {
  store<u32>(record, state, 12);
  store<u32>(record, status, 16);
  store<u64>(record, uptime(), 24);
}

/** The worker says what has become of an instance of its own. */
export function instanceChanged(number: u32, state: u32, status: u32): void {
  const place = instanceFind(number);
  if (place < 0) return;
  const record = table + place * BYTES;
  change(record, state, status);
  if (state == APPLICATION_STOPPED || state == APPLICATION_FAILED) ended(record);
}

function ended(record: usize): void {
  const number = load<u32>(record);
  const failed = load<u32>(record, 12) == APPLICATION_FAILED;
  brokerInstanceEnded(number);
  custodyInstanceEnded(number);
  const pages = releaseAll(ownerOfInstance(number));
  const previous = logOpen(failed ? LOG_WARNING : LOG_INFORMATION);
  print('instance ');
  printDecimal(number);
  print(' (');
  printCounted(load<u32>(moduleAt(load<u32>(record, 8)), MODULE_NAME_AT));
  print(failed ? ') failed: ' : ') ended');
  if (failed) print(statusName(load<u32>(record, 16)));
  print(', ');
  printDecimal(pages);
  print(' pages returned');
  logClose(previous);
}

/** A worker runs no more: so do its instances. */
export function instancesOfWorkerEnded(worker: u32): void {
  for (let i: u32 = 0; i < PLACES; i++) {
    const record = table + i * BYTES;
    if (instanceWorker(i) != worker || !alive(record)) continue;
    change(record, APPLICATION_FAILED, STATUS_PEER_GONE);
    ended(record);
  }
}
