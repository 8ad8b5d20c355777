/**
 * A session whose terminal is at the other end of a stream pair: another thread, or a program on the host over shared memory.
 * Records of layout/terminal.ts go both ways. A terminal that takes nothing stops the script that prints, and nothing else.
 *
 * ```
 * 0 pair's private state    PAIR_BYTES u32 session, u32 bytes taken of the record in hand, u32 wake, u32 awaited    HEADER_BYTES session
 * ```
 */
import { StreamPair } from '@drift-os/ring/assembly';
import { RING_STATE_BYTES } from '@drift-os/ring/layout/ring';
import { TERMINAL_TEXT, TERMINAL_WIDTH } from '../../layout/terminal';
import { feedSession, openSession, resizeSession, runSession } from './index';

/** The terminal has closed the pair, or broken its rules: the session is over. */
export const CLOSED: u32 = 3;

const PAIR_BYTES: u32 = RING_STATE_BYTES * 2;
const SESSION_AT: usize = PAIR_BYTES;
const TAKEN_AT: usize = PAIR_BYTES + 4;
const WAKE_AT: usize = PAIR_BYTES + 8;
/** Bytes of the record that there was no room for; 0: all was sent. */
const AWAITED_AT: usize = PAIR_BYTES + 12;
const HEADER_BYTES: u32 = PAIR_BYTES + 128;
/** Longest record that is sent. */
const RECORD_LIMIT: u32 = 1024;

function pairOf(target: usize): StreamPair {
  return changetype<StreamPair>(target);
}

/** Takes output as records, as far as there is room. */
function drain(target: usize, pointer: usize, length: u32): u32 {
  const writer = pairOf(target).writer;
  const limit = min(RECORD_LIMIT, writer.maximum);
  let sent: u32 = 0;
  store<u32>(target, 0, AWAITED_AT);
  while (sent < length) {
    const bytes = min(limit, length - sent);
    const room = writer.reserve(bytes);
    if (room == 0) {
      store<u32>(target, bytes, AWAITED_AT);
      break;
    }
    memory.copy(room, pointer + sent, bytes);
    writer.commit(bytes, TERMINAL_TEXT);
    sent += bytes;
  }
  return sent;
}

/**
 * Opens a session in `bytes` bytes of zeroed memory at `target`, a multiple of 128. `out` is the ring that the shell writes, `into` the one
 * it reads; `wake` is the table index of a `(target: usize) => void` that is called when the terminal sleeps and has to be told.
 * @returns false if the rings are none, or the memory is too little.
 */
export function openRingSession(target: usize, bytes: u32, out: usize, into: usize, wake: u32): bool {
  if (bytes < HEADER_BYTES || pairOf(target).attach(out, into) != 0) return false;
  store<u32>(target, wake, WAKE_AT);
  const session = openSession(target + HEADER_BYTES, bytes - HEADER_BYTES, <u32>drain.index, target);
  store<u32>(target, <u32>session, SESSION_AT);
  if (session != 0) notify(target);
  return session != 0;
}

function notify(target: usize): void {
  if (pairOf(target).shouldNotify()) call_indirect<void>(load<u32>(target, WAKE_AT), target);
}

/** Gives the session what has come. A record stays until all of it had room. */
function receive(target: usize): void {
  const reader = pairOf(target).reader;
  const session: usize = load<u32>(target, SESSION_AT);
  for (let at = reader.peek(); at != 0; at = reader.peek()) {
    const kind = reader.kind;
    const length = reader.length;
    if (kind == TERMINAL_WIDTH && length == 4) resizeSession(session, load<u32>(at));
    let taken = load<u32>(target, TAKEN_AT);
    while (kind == TERMINAL_TEXT && taken < length && feedSession(session, load<u8>(at + taken))) taken++;
    store<u32>(target, taken, TAKEN_AT);
    if (kind == TERMINAL_TEXT && taken < length) return;
    store<u32>(target, 0, TAKEN_AT);
    reader.release();
  }
}

/** Takes what the terminal has sent and runs up to `steps` steps. @returns IDLE, BUSY, WAITING, or CLOSED. */
export function runRingSession(target: usize, steps: u32): u32 {
  receive(target);
  const answer = runSession(load<u32>(target, SESSION_AT), steps);
  notify(target);
  return pairOf(target).closed != 0 ? CLOSED : answer;
}

/**
 * Before Thread/C sleeps: from now on the terminal tells when it has sent something, or made room for what waits. Input that the session
 * has no room for is left to the next run. After sleeping: `wakeRingSession`.
 * @returns false if there is something to do first.
 */
export function prepareRingSession(target: usize): bool {
  const pair = pairOf(target);
  const awaited = load<u32>(target, AWAITED_AT);
  if (load<u32>(target, TAKEN_AT) == 0 && !pair.reader.prepareSleep()) return false;
  return awaited == 0 || pair.writer.prepareSleep(awaited);
}

export function wakeRingSession(target: usize): void {
  pairOf(target).wakeUp();
}

/** The session is over: the terminal sees it in the rings. */
export function closeRingSession(target: usize): void {
  pairOf(target).close();
  notify(target);
}
