/**
 * The stream pair between Thread/C and each worker: the interface `drift.control` of the ABI.
 *
 * Sending never waits and never fails for the caller: what the ring has no room for goes to an outbox that the loop empties.
 * A worker that lets its outbox run over takes no part any more; that is logged, and what is meant for it is dropped.
 */
import { LOG_ERROR } from '@drift-os/abi/layout/messages';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { WORKER_CONTROL_IN_AT, WORKER_CONTROL_OUT_AT } from '@drift-os/abi/layout/worker-block';
import { StreamPair, ringBytes, ringInitialize } from '@drift-os/ring/assembly';
import { RING_STATE_BYTES } from '@drift-os/ring/layout/ring';
import { OWNER_CONTROL, OWNER_WORKER, PROTECTION_READ, PROTECTION_WRITE, PURPOSE_RING } from '../layout/ledger';
import { log } from './log';
import { allocatePages, pagesFor } from './pages';
import { WORKERS, workerBlock, workerRing } from './worker-table';

const RING_CAPACITY: u32 = 16384;
const READ_WRITE: u32 = PROTECTION_READ | PROTECTION_WRITE;

/** For each worker a page: the pair's private state, then the outbox. */
const PAIR_BYTES: u32 = RING_STATE_BYTES * 2;
const HEAD_AT: usize = PAIR_BYTES;
const TAIL_AT: usize = PAIR_BYTES + 4;
const DROPPED_AT: usize = PAIR_BYTES + 8;
const OUTBOX_AT: usize = PAIR_BYTES + 64;
const STATE_PAGES: u32 = 4;
const OUTBOX_BYTES: u32 = STATE_PAGES * PAGE_BYTES - <u32>OUTBOX_AT;
/** In front of each message in the outbox: u32 bytes, u32 id. */
const ENVELOPE_BYTES: u32 = 8;
/** Longest message there is. */
const MESSAGE_LIMIT: u32 = 1024;

const states: usize = memory.data((WORKERS + 1) * 4, 4);
const scrap: usize = memory.data(MESSAGE_LIMIT, 8);
/** Where the message in hand is being written. */
let place: usize = 0;

function stateOf(worker: u32): usize {
  return load<u32>(states + worker * 4);
}

function pairOf(worker: u32): StreamPair {
  return changetype<StreamPair>(stateOf(worker));
}

/** Allocates the rings and the state of a new worker. */
export function controlCreate(worker: u32): void {
  const block = workerBlock(worker);
  const pages = <u32>pagesFor(ringBytes(RING_CAPACITY));
  atomic.store<u32>(
    block,
    <u32>allocatePages(pages, OWNER_WORKER | worker, PURPOSE_RING, READ_WRITE),
    WORKER_CONTROL_OUT_AT,
  );
  atomic.store<u32>(
    block,
    <u32>allocatePages(pages, OWNER_WORKER | worker, PURPOSE_RING, READ_WRITE),
    WORKER_CONTROL_IN_AT,
  );
  store<u32>(states + worker * 4, <u32>allocatePages(STATE_PAGES, OWNER_CONTROL, PURPOSE_RING, READ_WRITE));
}

/** Makes both rings new, for a worker that does not run and will be in this epoch when it does. */
export function controlReset(worker: u32, epoch: u32): void {
  const out: usize = atomic.load<u32>(workerBlock(worker), WORKER_CONTROL_OUT_AT);
  const into: usize = atomic.load<u32>(workerBlock(worker), WORKER_CONTROL_IN_AT);
  memory.fill(stateOf(worker), 0, STATE_PAGES * PAGE_BYTES);
  ringInitialize(out, RING_CAPACITY, epoch);
  ringInitialize(into, RING_CAPACITY, epoch);
  pairOf(worker).attach(out, into, epoch, RING_CAPACITY);
}

/** Room for a message of `bytes` bytes to a worker: fill it, then `controlSend`. At most one message is in hand. */
export function controlReserve(worker: u32, bytes: u32): usize {
  const state = stateOf(worker);
  place = load<u32>(state, TAIL_AT) == 0 ? pairOf(worker).writer.reserve(bytes) : 0;
  if (place != 0) return place;
  const tail = load<u32>(state, TAIL_AT);
  const fits = tail + ENVELOPE_BYTES + bytes <= OUTBOX_BYTES;
  place = fits ? state + OUTBOX_AT + tail + ENVELOPE_BYTES : scrap;
  return place;
}

/** Sends the message in hand. */
export function controlSend(worker: u32, bytes: u32, id: u32): void {
  const state = stateOf(worker);
  if (place == scrap) {
    if (load<u32>(state, DROPPED_AT) == 0) log(LOG_ERROR, 'a worker does not read its messages; they are dropped');
    store<u32>(state, load<u32>(state, DROPPED_AT) + 1, DROPPED_AT);
  } else if (place >= state && place < state + STATE_PAGES * PAGE_BYTES) {
    store<u32>(place - ENVELOPE_BYTES, bytes);
    store<u32>(place - ENVELOPE_BYTES, id, 4);
    store<u32>(state, load<u32>(state, TAIL_AT) + ((ENVELOPE_BYTES + bytes + 7) & ~7), TAIL_AT);
  } else {
    pairOf(worker).writer.commit(bytes, id);
    if (pairOf(worker).shouldNotify()) workerRing(worker);
  }
}

/** Moves what waits in the outbox to the ring, as far as there is room. @returns true if something is left. */
export function controlFlush(worker: u32): bool {
  const state = stateOf(worker);
  const writer = pairOf(worker).writer;
  let moved = false;
  while (load<u32>(state, HEAD_AT) < load<u32>(state, TAIL_AT)) {
    const message = state + OUTBOX_AT + load<u32>(state, HEAD_AT);
    const bytes = load<u32>(message);
    const room = writer.reserve(bytes);
    if (room == 0) break;
    memory.copy(room, message + ENVELOPE_BYTES, bytes);
    writer.commit(bytes, load<u32>(message, 4));
    store<u32>(state, load<u32>(state, HEAD_AT) + ((ENVELOPE_BYTES + bytes + 7) & ~7), HEAD_AT);
    moved = true;
  }
  if (moved && pairOf(worker).shouldNotify()) workerRing(worker);
  if (load<u32>(state, HEAD_AT) < load<u32>(state, TAIL_AT)) return true;
  store<u32>(state, 0, HEAD_AT);
  store<u32>(state, 0, TAIL_AT);
  return false;
}

/** Address of the next message from a worker, or 0; then `controlLength` and `controlKind` tell what it is. */
export function controlPeek(worker: u32): usize {
  return pairOf(worker).reader.peek();
}

export function controlLength(worker: u32): u32 {
  return pairOf(worker).reader.length;
}

/** The message's id in `drift.control`. */
export function controlKind(worker: u32): u32 {
  return pairOf(worker).reader.kind;
}

/** Done with the message that `controlPeek` found. */
export function controlRelease(worker: u32): void {
  pairOf(worker).reader.release();
  if (pairOf(worker).reader.shouldNotify()) workerRing(worker);
}

/** Why the pair is closed; 0 while it is open. */
export function controlClosed(worker: u32): u32 {
  return pairOf(worker).closed;
}

/** Declares Thread/C asleep on this pair. @returns false if there is something to be read first. */
export function controlPrepareSleep(worker: u32): bool {
  return pairOf(worker).closed != 0 || pairOf(worker).reader.prepareSleep();
}

export function controlWakeUp(worker: u32): void {
  pairOf(worker).reader.wakeUp();
}

/** Addresses of the two rings, for statistics: what Thread/C writes, and what it reads. */
export function controlOut(worker: u32): usize {
  return atomic.load<u32>(workerBlock(worker), WORKER_CONTROL_OUT_AT);
}

export function controlIn(worker: u32): usize {
  return atomic.load<u32>(workerBlock(worker), WORKER_CONTROL_IN_AT);
}

/** The pair's state, whose ends count what passed. */
export function controlPair(worker: u32): StreamPair {
  return pairOf(worker);
}
