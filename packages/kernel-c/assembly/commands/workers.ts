/** cores, worker, restart, standoff: the threads and the cores they run on. */
import {
  STAND_OFF_MWAIT_AT,
  STAND_OFF_PAUSE_LIMIT_AT,
  STAND_OFF_PAUSE_TURNS_AT,
  STAND_OFF_SPIN_TURNS_AT,
  STAND_OFF_TIMED_MICROSECONDS_AT,
  STAGE_BUSY,
  STAGE_MWAIT,
  STAGE_PAUSE,
  STAGE_SPIN,
  WORKER_APIC_ID_AT,
  WORKER_BUSY_TSC_AT,
  WORKER_CURRENT_MODULE_AT,
  WORKER_EPOCH_AT,
  WORKER_FAULTED,
  WORKER_FEATURES_AT,
  WORKER_FEATURE_AVX,
  WORKER_FEATURE_AVX512,
  WORKER_FEATURE_MWAIT,
  WORKER_FEATURE_SSE,
  WORKER_FEATURE_UMWAIT,
  WORKER_LOOPS_AT,
  WORKER_RUNNING,
  WORKER_STACK_BOTTOM_AT,
  WORKER_STACK_TOP_AT,
  WORKER_STAGE_AT,
  WORKER_STARTING,
} from '@drift-os/abi/layout/worker-block';
import { MODULE_NAME_AT } from '@drift-os/abi/layout/image-directory';
import { moduleAt } from '../image';
import { localApicId } from '../local-apic';
import { newline, print, printCounted, printDecimal, printHex, printLine } from '../print';
import { argumentCount, argumentIs, failArgument, numberArgument } from '../shell/arguments';
import { AGAIN, DONE, define, heading } from '../shell/command-table';
import { candidate, defineCompleter } from '../shell/completion';
import { fail, suggestUsage } from '../shell/error';
import { topFrame } from '../shell/frame';
import { formatInteger, formattedLength } from '../shell/number';
import { columnTo } from '../shell/output';
import { session } from '../shell/session';
import { standOffChanged, standOffSet, standOffValue } from '../stand-off';
import { crashPrint, workerRestart } from '../supervisor';
import { workerBlock, workerCount, workerState } from '../worker-table';

/** A word of the block that never changes while the worker runs, or one that the worker writes. */
function word(worker: u32, at: u32): u32 {
  return atomic.load<u32>(workerBlock(worker) + at);
}

function wide(worker: u32, at: u32): u64 {
  return atomic.load<u64>(workerBlock(worker) + at);
}

function printState(worker: u32): void {
  const state = workerState(worker);
  if (state == WORKER_RUNNING) print('running');
  else if (state == WORKER_STARTING) print('starting');
  else if (state == WORKER_FAULTED) print('crashed');
  else print('stopped');
}

function printStage(stage: u32): void {
  if (stage == STAGE_BUSY) print('working');
  else if (stage == STAGE_SPIN) print('spinning');
  else if (stage == STAGE_PAUSE) print('pausing');
  else if (stage == STAGE_MWAIT) print('waiting (mwait)');
  else print('waiting (timed)');
}

function printFeatures(features: u32): void {
  print(features & WORKER_FEATURE_SSE ? 'SSE' : '-');
  if (features & WORKER_FEATURE_AVX) print(' AVX');
  if (features & WORKER_FEATURE_AVX512) print(' AVX-512');
  if (features & WORKER_FEATURE_MWAIT) print(' MWAIT');
  if (features & WORKER_FEATURE_UMWAIT) print(' UMWAIT');
}

/** One line in a step. `counter` is the next worker. */
function coresCommand(): u32 {
  const frame = topFrame();
  if (frame.counter == 0) {
    printLine('core  thread     APIC id  state     stage            features');
    print('   0  Thread/C   ');
    printDecimal(localApicId(), 7);
    printLine('  running   working          integer only');
  } else if (<u32>frame.counter <= workerCount()) {
    printCore(<u32>frame.counter);
  } else {
    return DONE;
  }
  frame.counter++;
  return AGAIN;
}

function printCore(worker: u32): void {
  printDecimal(worker, 4);
  print('  worker ');
  printDecimal(worker);
  columnTo(17);
  printDecimal(word(worker, WORKER_APIC_ID_AT), 7);
  columnTo(26);
  printState(worker);
  if (workerState(worker) == WORKER_RUNNING) {
    columnTo(36);
    printStage(word(worker, WORKER_STAGE_AT));
    columnTo(53);
    printFeatures(word(worker, WORKER_FEATURES_AT));
  }
  newline();
}

/** Argument `index` as the number of a worker; fails and returns 0 where there is none of that number. */
export function workerArgument(index: u32): u32 {
  if (workerCount() == 0) {
    fail('there is one core only, so there is no worker');
    return 0;
  }
  const worker = <u32>numberArgument(index, 1, i64.MAX_VALUE);
  if (session.failed) return 0;
  if (worker <= workerCount()) return worker;
  failArgument(index, 'is not a worker: cores lists them');
  return 0;
}

function workerCommand(): u32 {
  const worker = workerArgument(1);
  if (worker == 0) return DONE;
  print('state    ');
  printState(worker);
  print(', start ');
  printDecimal(word(worker, WORKER_EPOCH_AT));
  print('\nblock    ');
  printHex(workerBlock(worker), 8);
  print('\nstack    ');
  printHex(word(worker, WORKER_STACK_BOTTOM_AT), 8);
  print(' - ');
  printHex(word(worker, WORKER_STACK_TOP_AT) - 1, 8);
  print('\nturns    ');
  printDecimal(wide(worker, WORKER_LOOPS_AT));
  const module = word(worker, WORKER_CURRENT_MODULE_AT);
  if (module != 0 && workerState(worker) == WORKER_RUNNING) {
    print('\nin       ');
    printCounted(atomic.load<u32>(moduleAt(module - 1) + MODULE_NAME_AT));
  }
  newline();
  if (workerState(worker) == WORKER_FAULTED) crashPrint(worker);
  return DONE;
}

function restartCommand(): u32 {
  const worker = workerArgument(1);
  if (worker == 0) return DONE;
  if (workerRestart(worker)) {
    print('worker ');
    printDecimal(worker);
    print(' runs again, start ');
    printDecimal(word(worker, WORKER_EPOCH_AT));
    newline();
  } else fail('the worker does not come up; log tells why');
  return DONE;
}

/** A share of the whole, with one decimal. */
function printShare(part: u64, whole: u64): void {
  const tenths = whole == 0 ? 0 : (part * 1000) / whole;
  printDecimal(tenths / 10, 7);
  print('.');
  printDecimal(tenths % 10);
  print('%');
}

function printStandOff(worker: u32): void {
  printDecimal(worker, 6);
  printSetting(standOffValue(worker, STAND_OFF_SPIN_TURNS_AT), 15);
  printSetting(standOffValue(worker, STAND_OFF_PAUSE_TURNS_AT), 24);
  printSetting(standOffValue(worker, STAND_OFF_PAUSE_LIMIT_AT), 33);
  columnTo(39);
  print(standOffValue(worker, STAND_OFF_MWAIT_AT) != 0 ? 'on' : 'off');
  printSetting(standOffValue(worker, STAND_OFF_TIMED_MICROSECONDS_AT), 51);
  newline();
}

/** A setting, right-aligned to end in column `end`; -1 is `ever`. */
function printSetting(value: u32, end: u32): void {
  if (value == 0xffff_ffff) {
    columnTo(end - 4);
    print('ever');
  } else {
    const width = <i32>(end - session.column);
    printDecimal(value, width);
  }
}

function printTimes(worker: u32): void {
  let whole: u64 = 0;
  for (let at: u32 = 0; at < 5; at++) whole += wide(worker, WORKER_BUSY_TSC_AT + at * 8);
  printDecimal(worker, 6);
  for (let at: u32 = 0; at < 5; at++) printShare(wide(worker, WORKER_BUSY_TSC_AT + at * 8), whole);
  printDecimal(wide(worker, WORKER_LOOPS_AT), 16);
  newline();
}

function printStandOffs(first: u32, last: u32): void {
  printLine('worker     spin    pause    limit  mwait    timed us');
  for (let worker = first; worker <= last; worker++) printStandOff(worker);
  printLine('\nworker  working     spin    pause    mwait    timed       turns');
  for (let worker = first; worker <= last; worker++) printTimes(worker);
}

/** Offset of the setting that argument `index` names; -1 for none. */
function settingAt(index: u32): i32 {
  if (argumentIs(index, 'spin')) return STAND_OFF_SPIN_TURNS_AT;
  if (argumentIs(index, 'pause')) return STAND_OFF_PAUSE_TURNS_AT;
  if (argumentIs(index, 'limit')) return STAND_OFF_PAUSE_LIMIT_AT;
  if (argumentIs(index, 'mwait')) return STAND_OFF_MWAIT_AT;
  if (argumentIs(index, 'timed')) return STAND_OFF_TIMED_MICROSECONDS_AT;
  return -1;
}

function standOffCommand(): u32 {
  if (argumentCount() == 0) {
    if (workerCount() == 0) fail('there is one core only, so there is no worker');
    else printStandOffs(1, workerCount());
    return DONE;
  }
  const worker = workerArgument(1);
  if (worker == 0) return DONE;
  if (argumentCount() == 1) {
    printStandOffs(worker, worker);
    return DONE;
  }
  if (argumentCount() == 2 && argumentIs(2, 'zero')) {
    standOffChanged(worker, true);
    return DONE;
  }
  const setting = settingAt(2);
  if (setting < 0 || argumentCount() != 3) {
    failArgument(2, setting < 0 ? 'is not a setting' : 'takes a number');
    suggestUsage();
    return DONE;
  }
  const value = argumentIs(3, 'ever') ? -1 : numberArgument(3, -1, setting == STAND_OFF_MWAIT_AT ? 1 : 0x7fff_ffff);
  if (!session.failed) standOffSet(worker, setting, <u32>value);
  return DONE;
}

function offerWorkers(): void {
  for (let worker: u32 = 1; worker <= workerCount(); worker++) candidate(formatInteger(worker), formattedLength);
}

export function defineWorkers(): void {
  heading('Cores and workers');
  defineCompleter('WORKER', offerWorkers);
  define('cores', '', 'Lists the cores and what runs on them.', 'cores', coresCommand);
  define(
    'worker',
    'WORKER',
    'Tells all about a worker. Where it crashed, the registers and the way there.',
    'worker 1',
    workerCommand,
  );
  define(
    'restart',
    'WORKER',
    'Starts a worker again, whatever it does. Its applications end, and what they had goes back.',
    'restart 1',
    restartCommand,
  );
  define(
    'standoff',
    '[WORKER] [spin|pause|limit|mwait|timed|zero] [VALUE]',
    'Shows or sets how a worker waits when there is nothing to do. spin and pause: turns of the loop in that stage, 0 skips it, -1 never leaves it; limit: most PAUSEs in a turn; mwait: 0 or 1; timed: microseconds of timed sleep; zero begins to count anew.',
    'standoff 1 spin 20000',
    standOffCommand,
  );
}
