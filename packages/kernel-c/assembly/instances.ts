/**
 * The life of application instances. When one ends, Thread/C takes back all that it held, in a fixed order: channels, custody,
 * pages.
 */
import { ApplicationStart, ApplicationStop } from '@drift-os/abi/assembly/generated/control';
import { MODULE_APPLICATION, MODULE_KIND_AT, MODULE_NAME_AT } from '@drift-os/abi/layout/image-directory';
import {
  APPLICATION_FAILED,
  APPLICATION_STOPPED,
  ARGUMENT_LIMIT,
  LOG_INFORMATION,
  LOG_WARNING,
  STATUS_PEER_GONE,
} from '@drift-os/abi/layout/messages';
import { WORKER_RUNNING } from '@drift-os/abi/layout/worker-block';
import { brokerInstanceEnded } from './broker';
import { controlReserve, controlSend } from './control-stream';
import { custodyInstanceEnded } from './custody';
import { moduleAt, moduleCount } from './image';
import {
  instanceAdd,
  instanceFind,
  instanceLives,
  instanceModule,
  instanceNumber,
  instancePlaces,
  instanceSet,
  instanceState,
  instanceStatus,
  instanceWorker,
  moduleRuns,
  ownerOfInstance,
  workerOfInstance,
} from './instance-table';
import { logClose, logOpen } from './log';
import { releaseAll } from './page-service';
import { print, printCounted, printDecimal } from './print';
import { statusName } from './status';
import { workerCount, workerState } from './worker-table';

/** Why `instanceStart` refuses. */
export const START_NO_MODULE: i32 = -1;
export const START_NO_WORKER: i32 = -2;
export const START_RUNS_ALREADY: i32 = -3;
export const START_TOO_MANY: i32 = -4;
export const START_ARGUMENT_TOO_LONG: i32 = -5;

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

/** Starts a module on a worker that runs. @returns the instance's number, or START_*. It reports its state later. */
export function instanceStart(module: u32, worker: u32, argument: usize, argumentBytes: u32): i32 {
  if (module >= moduleCount() || load<u32>(moduleAt(module), MODULE_KIND_AT) != MODULE_APPLICATION)
    return START_NO_MODULE;
  if (worker == 0 || worker > workerCount() || workerState(worker) != WORKER_RUNNING) return START_NO_WORKER;
  if (moduleRuns(module)) return START_RUNS_ALREADY;
  if (argumentBytes > <u32>ARGUMENT_LIMIT) return START_ARGUMENT_TOO_LONG;
  const place = instanceAdd(module, worker);
  if (place < 0) return START_TOO_MANY;
  const bytes = ApplicationStart.BYTES + argumentBytes;
  const message = ApplicationStart.at(controlReserve(worker, bytes));
  message.instance = instanceNumber(place);
  message.module = module;
  memory.copy(message.argument, argument, argumentBytes);
  controlSend(worker, bytes, ApplicationStart.ID);
  return instanceNumber(place);
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

/** The worker says what has become of an instance of its own. */
export function instanceChanged(number: u32, state: u32, status: u32): void {
  const place = instanceFind(number);
  if (place < 0) return;
  instanceSet(place, state, status);
  if (state == APPLICATION_STOPPED || state == APPLICATION_FAILED) ended(place);
}

function ended(place: u32): void {
  const number = instanceNumber(place);
  const failed = instanceState(place) == APPLICATION_FAILED;
  brokerInstanceEnded(number);
  custodyInstanceEnded(number);
  const pages = releaseAll(ownerOfInstance(number));
  const previous = logOpen(failed ? LOG_WARNING : LOG_INFORMATION);
  print('instance ');
  printDecimal(number);
  print(' (');
  printCounted(load<u32>(moduleAt(instanceModule(place)), MODULE_NAME_AT));
  print(failed ? ') failed: ' : ') ended');
  if (failed) print(statusName(instanceStatus(place)));
  print(', ');
  printDecimal(pages);
  print(' pages returned');
  logClose(previous);
}

/** A worker runs no more: so do its instances. */
export function instancesOfWorkerEnded(worker: u32): void {
  for (let place: u32 = 0; place < instancePlaces(); place++) {
    if (instanceWorker(place) != worker || !instanceLives(place)) continue;
    instanceSet(place, APPLICATION_FAILED, STATUS_PEER_GONE);
    ended(place);
  }
}
