/** Watches the workers: reports a crash, takes back what the crashed worker's applications had, stops and restarts. */
import { pause, rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { LOG_ERROR, LOG_INFORMATION } from '@drift-os/abi/layout/messages';
import {
  WORKER_CRASH_CR2_AT,
  WORKER_CRASH_CR3_AT,
  WORKER_CRASH_FRAME_AT,
  WORKER_FAULTED,
  WORKER_RUNNING,
} from '@drift-os/abi/layout/worker-block';
import { OWNER_MASK } from '../layout/ledger';
import { ticksOf } from './clock';
import { controlClosed } from './control-stream';
import { printException } from './exceptions';
import { instanceLives, instanceNumber, instancePlaces, instanceWorker, ownerOfInstance } from './instance-table';
import { instancesOfWorkerEnded } from './instances';
import { ledgerPurpose } from './ledger';
import { printPurpose } from './ledger-names';
import { ledgerRun, ledgerRunEntry, ledgerRunPages } from './ledger-walk';
import { log, logClose, logOpen } from './log';
import { newline, print, printDecimal, printHex, printLine } from './print';
import { requestsForget } from './requests';
import { workerBlock, workerCount, workerState, WORKERS } from './worker-table';
import { workerAskStop, workerReset, workerStart } from './workers';

const PATIENCE_MICROSECONDS: u64 = 50_000;

/** A byte for each worker: 1 once its crash has been dealt with. */
const handled: usize = memory.data(WORKERS + 1);

/** True if a worker has crashed and nobody has looked, or has written to its ring what cannot be. */
export function crashPending(): bool {
  for (let worker: u32 = 1; worker <= workerCount(); worker++) {
    if (workerState(worker) == WORKER_FAULTED && load<u8>(handled + worker) == 0) return true;
    if (workerState(worker) == WORKER_RUNNING && controlClosed(worker) != 0) return true;
  }
  return false;
}

/** Prints each new crash and takes back what the worker's applications had. */
export function crashesReport(): void {
  for (let worker: u32 = 1; worker <= workerCount(); worker++) {
    if (workerState(worker) == WORKER_RUNNING && controlClosed(worker) != 0) streamBroken(worker);
    if (workerState(worker) != WORKER_FAULTED || load<u8>(handled + worker) != 0) continue;
    store<u8>(handled + worker, 1);
    const previous = logOpen(LOG_ERROR);
    print('worker ');
    printDecimal(worker);
    print(' crashed');
    logClose(previous);
    crashPrint(worker);
    printHoldings(worker);
    instancesOfWorkerEnded(worker);
    printLine('The other threads go on. `restart WORKER` starts it again.');
  }
}

/** A worker whose stream cannot be trusted is of no use: it is stopped. */
function streamBroken(worker: u32): void {
  const previous = logOpen(LOG_ERROR);
  print('worker ');
  printDecimal(worker);
  print(' broke its stream with Thread/C (reason ');
  printDecimal(controlClosed(worker));
  print(' of the ring) and is stopped');
  logClose(previous);
  workerEnd(worker);
}

/** The pages of each application on a worker, run by run. */
function printHoldings(worker: u32): void {
  for (let place: u32 = 0; place < instancePlaces(); place++) {
    const number = instanceNumber(place);
    if (instanceWorker(place) != worker || !instanceLives(place)) continue;
    const owner = ownerOfInstance(number);
    for (let from = ledgerRun(0); from >= 0; from = ledgerRun(<u64>from + ledgerRunPages())) {
      if ((ledgerRunEntry() & OWNER_MASK) != owner) continue;
      print('  taken back from instance ');
      printDecimal(number);
      print(': ');
      printHex(<u64>from * PAGE_BYTES, 8);
      print(', ');
      printDecimal(ledgerRunPages());
      print(' pages, ');
      printPurpose(ledgerPurpose(ledgerRunEntry()));
      newline();
    }
  }
}

/** The crash record of a worker, in words. */
export function crashPrint(worker: u32): void {
  const block = workerBlock(worker);
  newline();
  print('CRASH: worker ');
  printDecimal(worker);
  print(': ');
  const cr2 = atomic.load<u64>(block, WORKER_CRASH_CR2_AT);
  printException(block + WORKER_CRASH_FRAME_AT, cr2, atomic.load<u64>(block, WORKER_CRASH_CR3_AT));
}

/**
 * Stops a worker, and takes back what its applications had. It is asked to leave its loop first; one that does not within
 * PATIENCE_MICROSECONDS is reset in the middle of whatever it does.
 */
export function workerEnd(worker: u32): void {
  const end = rdtsc() + ticksOf(PATIENCE_MICROSECONDS);
  workerAskStop(worker);
  while (workerState(worker) == WORKER_RUNNING && rdtsc() < end) pause();
  workerReset(worker);
  instancesOfWorkerEnded(worker);
  requestsForget(worker);
}

/** Ends a worker if it runs, and starts it in a new epoch. */
export function workerRestart(worker: u32): bool {
  workerEnd(worker);
  store<u8>(handled + worker, 0);
  const started = workerStart(worker);
  if (started) log(LOG_INFORMATION, 'a worker was started again');
  return started && workerState(worker) == WORKER_RUNNING;
}
