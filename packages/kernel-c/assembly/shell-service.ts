/**
 * The service `shell`: an application that connects to it gets a session of its own, with the records of the interface
 * `drift.terminal`. Thread/C runs the sessions beside the console's; one that waits, or whose terminal takes nothing, keeps nobody.
 */
import { TERMINAL_HASH } from '@drift-os/abi/assembly/generated/terminal';
import { LOG_WARNING, STATUS_OK, STATUS_OUT_OF_MEMORY, STATUS_TOO_MANY } from '@drift-os/abi/layout/messages';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { OWNER_CONTROL, PROTECTION_READ, PROTECTION_WRITE, PURPOSE_SESSION } from '../layout/ledger';
import { THREAD_C, brokerClient, brokerClose, brokerServeControl } from './broker';
import { workerOfInstance } from './instance-table';
import { log } from './log';
import { freePages, tryAllocatePages } from './pages';
import { BUSY, IDLE } from './shell/index';
import {
  CLOSED,
  closeRingSession,
  openRingSession,
  prepareRingSession,
  runRingSession,
  wakeRingSession,
} from './shell/ring-session';
import { workerRing } from './worker-table';

/** Most sessions at a time, besides the console's. */
const SESSIONS: u32 = 8;
/** 128 KiB each: a session's buffers, and some 60 KiB for its scripts. */
const PAGES: u32 = 32;

/** For each session: u32 channel, u32 memory (0: no session). */
const table: usize = memory.data(SESSIONS * 8, 4);
const name: usize = memory.data<u8>([0x73, 0x68, 0x65, 0x6c, 0x6c]);
const NAME_BYTES: u32 = 5;

function channelOf(place: u32): u32 {
  return load<u32>(table + place * 8);
}

function memoryOf(place: u32): usize {
  return load<u32>(table + place * 8, 4);
}

/** Offers the service. Once, before any application runs. */
export function shellServe(): void {
  brokerServeControl(name, NAME_BYTES, TERMINAL_HASH, accept.index);
}

/** A client has come: the broker's rings for it are new. @returns STATUS_OK, or why it is refused. */
function accept(channel: u32, client: u32, write: usize, read: usize): u32 {
  let place: u32 = 0;
  while (place < SESSIONS && memoryOf(place) != 0) place++;
  if (place == SESSIONS) {
    log(LOG_WARNING, 'the shell has as many sessions as it can have; another was refused');
    return STATUS_TOO_MANY;
  }
  const pages = tryAllocatePages(PAGES, OWNER_CONTROL, PURPOSE_SESSION, PROTECTION_READ | PROTECTION_WRITE);
  if (pages == 0) return STATUS_OUT_OF_MEMORY;
  store<u32>(table + place * 8, channel);
  store<u32>(table + place * 8, <u32>pages, 4);
  openRingSession(pages, PAGES * PAGE_BYTES, write, read, wake.index);
  return STATUS_OK;
}

/** The client of the session in this memory sleeps: its worker is woken. */
function wake(target: usize): void {
  for (let place: u32 = 0; place < SESSIONS; place++) {
    if (memoryOf(place) != target) continue;
    const worker = workerOfInstance(brokerClient(channelOf(place)));
    if (worker != 0) workerRing(worker);
  }
}

/** Runs each session up to `steps` steps, and ends those whose client is gone. @returns BUSY, WAITING or IDLE, the first that one is. */
export function sessionsRun(steps: u32): u32 {
  let answer = IDLE;
  for (let place: u32 = 0; place < SESSIONS; place++) {
    const target = memoryOf(place);
    if (target == 0) continue;
    const state = brokerClient(channelOf(place)) == 0 ? CLOSED : runRingSession(target, steps);
    if (state == CLOSED) end(place);
    else if (state == BUSY || answer == IDLE) answer = state;
  }
  return answer;
}

/** Never in the middle of a session's own command: what ends a client there is seen in the next turn. */
function end(place: u32): void {
  const target = memoryOf(place);
  closeRingSession(target);
  store<u32>(table + place * 8, 0, 4);
  freePages(target, PAGES, OWNER_CONTROL);
  brokerClose(THREAD_C, channelOf(place));
}

/** Declares Thread/C asleep on every session's rings. @returns false if one of them has something to do first. */
export function sessionsPrepareSleep(): bool {
  let ready = true;
  for (let place: u32 = 0; place < SESSIONS; place++) {
    if (memoryOf(place) != 0 && !prepareRingSession(memoryOf(place))) ready = false;
  }
  return ready;
}

export function sessionsWakeUp(): void {
  for (let place: u32 = 0; place < SESSIONS; place++) if (memoryOf(place) != 0) wakeRingSession(memoryOf(place));
}
