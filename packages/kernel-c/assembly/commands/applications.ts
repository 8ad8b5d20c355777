/** apps, start, stop, ps: the applications in the image and their instances. */
import {
  MODULE_APPLICATION,
  MODULE_DATA_BYTES_AT,
  MODULE_KIND_AT,
  MODULE_NAME_AT,
} from '@drift-os/abi/layout/image-directory';
import { APPLICATION_FAILED, APPLICATION_RUNNING, APPLICATION_STARTING } from '@drift-os/abi/layout/messages';
import { rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import { ticksOf, uptime } from '../clock';
import { moduleAt, moduleCount } from '../image';
import {
  instanceFind,
  instanceModule,
  instanceNumber,
  instancePlaces,
  instanceSince,
  instanceState,
  instanceStatus,
  instanceWorker,
  moduleRuns,
  ownerOfInstance,
  workerLeastLoaded,
} from '../instance-table';
import {
  instanceStart,
  instanceStop,
  moduleFind,
  START_ARGUMENT_TOO_LONG,
  START_NO_WORKER,
  START_RUNS_ALREADY,
} from '../instances';
import { ledgerCount } from '../ledger-walk';
import { newline, print, printCounted, printDecimal, printLine } from '../print';
import { argumentBytes, argumentCount, argumentLength, failArgument } from '../shell/arguments';
import { AGAIN, DONE, define, heading, WAIT } from '../shell/command-table';
import { candidate, defineCompleter } from '../shell/completion';
import { fail, failWithText } from '../shell/error';
import { topFrame } from '../shell/frame';
import { release } from '../shell/heap';
import { formatInteger, formattedLength, parsed, parseInteger } from '../shell/number';
import { columnTo } from '../shell/output';
import { session } from '../shell/session';
import { bytesOf, lengthOf } from '../shell/value';
import { statusName } from '../status';
import { joined } from './control';
import { workerArgument } from './workers';

/** How long `start` and `stop` wait for the worker's answer. */
const PATIENCE_MICROSECONDS: u64 = 5_000_000;

function isApplication(module: u32): bool {
  return atomic.load<u32>(moduleAt(module) + MODULE_KIND_AT) == MODULE_APPLICATION;
}

function moduleName(module: u32): usize {
  return atomic.load<u32>(moduleAt(module) + MODULE_NAME_AT);
}

function appsCommand(): u32 {
  for (let module: u32 = 0; module < moduleCount(); module++) {
    if (!isApplication(module)) continue;
    printCounted(moduleName(module));
    if (session.capture == 0) {
      columnTo(20);
      printDecimal(atomic.load<u32>(moduleAt(module) + MODULE_DATA_BYTES_AT), 8);
      print(' bytes of data');
      if (moduleRuns(module)) print(', runs');
    }
    newline();
  }
  return DONE;
}

function printState(state: u32): void {
  if (state == APPLICATION_STARTING) print('starting');
  else if (state == APPLICATION_RUNNING) print('running');
  else if (state == APPLICATION_FAILED) print('failed');
  else print('ended');
}

/** Lives: starting or running. */
function lives(place: u32): bool {
  const state = instanceState(place);
  return instanceNumber(place) != 0 && (state == APPLICATION_STARTING || state == APPLICATION_RUNNING);
}

/** One line in a step: to count an instance's pages the whole ledger is walked. `counter` is the next place. */
function psCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    frame.phase = 1;
    printLine('instance  application         worker  state       since     pages');
    return AGAIN;
  }
  while (<u32>frame.counter < instancePlaces() && instanceNumber(<u32>frame.counter) == 0) frame.counter++;
  if (<u32>frame.counter >= instancePlaces()) return DONE;
  printInstance(<u32>frame.counter);
  frame.counter++;
  return AGAIN;
}

function printInstance(place: u32): void {
  printDecimal(instanceNumber(place), 8);
  print('  ');
  printCounted(moduleName(instanceModule(place)));
  columnTo(30);
  printDecimal(instanceWorker(place), 6);
  print('  ');
  printState(instanceState(place));
  columnTo(48);
  printDecimal((uptime() - instanceSince(place)) / 1_000_000, 5);
  print(' s');
  if (lives(place)) {
    printDecimal(ledgerCount(ownerOfInstance(instanceNumber(place))), 10);
  } else if (instanceState(place) == APPLICATION_FAILED) {
    print('  ');
    print(statusName(instanceStatus(place)));
  }
  newline();
}

/** Place of the last instance with this number, whether it lives or not; -1: its place has been taken. */
function placeOf(number: u32): i32 {
  for (let place: u32 = 0; place < instancePlaces(); place++) if (instanceNumber(place) == number) return place;
  return -1;
}

/** Why nothing was started. */
function failStart(result: i32): void {
  if (result == START_RUNS_ALREADY) failArgument(1, 'runs already; ps shows where, stop ends it');
  else if (result == START_NO_WORKER) fail('no worker runs that could take it');
  else if (result == START_ARGUMENT_TOO_LONG) fail('its arguments are too long');
  else fail('there are too many instances');
}

/** start APP [WORKER] [ARGUMENT ...]. `counter` is the instance's number, `limit` when to give up. */
function startCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 1) return started(<u32>frame.counter);
  const module = moduleFind(argumentBytes(1), argumentLength(1));
  if (module < 0) {
    failArgument(1, 'is not an application of this image; apps lists them');
    return DONE;
  }
  const named = argumentCount() > 1 && parseInteger(argumentBytes(2), argumentLength(2));
  const worker = named ? workerArgument(2) : workerLeastLoaded();
  const text: usize = session.failed ? 0 : joined(named ? 3 : 2);
  if (text == 0) return DONE;
  const result = instanceStart(module, worker, bytesOf(text), lengthOf(text));
  release(text);
  if (result < 0) {
    failStart(result);
    return DONE;
  }
  frame.phase = 1;
  frame.counter = result;
  frame.limit = <i64>(rdtsc() + ticksOf(PATIENCE_MICROSECONDS));
  return WAIT;
}

/** The worker has answered, or has not yet. */
function started(number: u32): u32 {
  const place = placeOf(number);
  if (place >= 0 && instanceState(place) == APPLICATION_STARTING) {
    if (<i64>rdtsc() < topFrame().limit) return WAIT;
    fail('the worker does not answer; ps and cores show what it does');
    return DONE;
  }
  if (place >= 0 && instanceState(place) == APPLICATION_FAILED) {
    failWithText('it failed: ', statusName(instanceStatus(place)));
    return DONE;
  }
  print('instance ');
  printDecimal(number);
  if (place >= 0) {
    print(instanceState(place) == APPLICATION_RUNNING ? ' runs on worker ' : ' has run and ended on worker ');
    printDecimal(instanceWorker(place));
  }
  newline();
  return DONE;
}

/** Number of the living instance that argument 1 names, by number or by application; 0 after `fail`. */
function instanceArgument(): u32 {
  if (parseInteger(argumentBytes(1), argumentLength(1))) {
    const number = parsed;
    if (number > 0 && number <= 0xffff_ffff && instanceFind(<u32>number) >= 0) return <u32>number;
    failArgument(1, 'is not an instance that runs; ps lists them');
    return 0;
  }
  const module = moduleFind(argumentBytes(1), argumentLength(1));
  for (let place: u32 = 0; place < instancePlaces() && module >= 0; place++) {
    if (lives(place) && instanceModule(place) == module) return instanceNumber(place);
  }
  failArgument(1, 'does not run; ps lists what does');
  return 0;
}

/** stop INSTANCE|APP. `counter` is the instance's number. */
function stopCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    const number = instanceArgument();
    if (number == 0) return DONE;
    instanceStop(number);
    frame.phase = 1;
    frame.counter = number;
    frame.limit = <i64>(rdtsc() + ticksOf(PATIENCE_MICROSECONDS));
    return WAIT;
  }
  if (instanceFind(<u32>frame.counter) >= 0) {
    if (<i64>rdtsc() < frame.limit) return WAIT;
    fail('the worker does not answer; restart starts it again');
  }
  return DONE;
}

function offerApplications(): void {
  for (let module: u32 = 0; module < moduleCount(); module++) {
    const name = moduleName(module);
    if (isApplication(module)) candidate(name + 4, atomic.load<u32>(name));
  }
}

function offerInstances(): void {
  for (let place: u32 = 0; place < instancePlaces(); place++) {
    if (!lives(place)) continue;
    candidate(formatInteger(instanceNumber(place)), formattedLength);
    const name = moduleName(instanceModule(place));
    candidate(name + 4, atomic.load<u32>(name));
  }
}

export function defineApplications(): void {
  heading('Applications');
  defineCompleter('APP', offerApplications);
  defineCompleter('INSTANCE', offerInstances);
  define('apps', '', 'Lists the applications in the image.', 'apps', appsCommand);
  define(
    'start',
    'APP [WORKER] [ARGUMENT ...]',
    'Starts an application. Without a worker, on the one that has least to do; the arguments go to the application.',
    'start hello 1',
    startCommand,
  );
  define(
    'stop',
    'INSTANCE',
    'Ends an instance. By its number, or by the name of its application.',
    'stop hello',
    stopCommand,
  );
  define('ps', '', 'Lists what runs, and what has ended or failed.', 'ps', psCommand);
}
