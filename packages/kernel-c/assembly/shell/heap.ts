/**
 * Memory of a session: blocks with reference counts in one arena. Exhaustion is an answer (0), never a fault.
 *
 * ```
 * block: 0 u32 bytes, header included, a multiple of 16; bit 0: in use    4 u32 references    8 u32 length    12 bytes ...
 * ```
 *
 * Next fit. Neighbours that are free are merged when the search passes them. Values are byte strings and refer to nothing,
 * so counting references is complete: when a script has ended, what it used is free again.
 */
import { fail } from './error';
import { session } from './session';

export const BLOCK_HEADER: u32 = 12;
const IN_USE: u32 = 1;
const LEAST_BLOCK: u32 = 32;
const GREATEST_BLOCK: u32 = 0x1000000;

/** Makes the free block at `at` as long as its free neighbours allow. @returns its bytes. */
function merge(at: usize): u32 {
  let bytes = load<u32>(at);
  for (let next = at + bytes; next < session.heapEnd; next = at + bytes) {
    const more = load<u32>(next);
    if (more & IN_USE) break;
    if (session.rover == next) session.rover = at;
    bytes += more;
  }
  store<u32>(at, bytes);
  return bytes;
}

/** Marks `need` bytes of the free block at `at` as used and leaves the rest free. */
function take(at: usize, bytes: u32, need: u32): void {
  let used = bytes;
  if (bytes - need >= LEAST_BLOCK) {
    store<u32>(at + need, bytes - need);
    used = need;
  }
  store<u32>(at, used | IN_USE);
  session.heapUsed += used;
  session.rover = at + used < session.heapEnd ? at + used : session.heap;
}

/** First free block of `need` bytes from `from` on, taken; 0 if there is none. */
function search(from: usize, need: u32): usize {
  for (let at = from; at < session.heapEnd; at += load<u32>(at) & ~IN_USE) {
    if (load<u32>(at) & IN_USE) continue;
    const bytes = merge(at);
    if (bytes < need) continue;
    take(at, bytes, need);
    store<u32>(at + 4, 1);
    store<u32>(at + 8, 0);
    return at;
  }
  return 0;
}

/**
 * A block for `bytes` bytes with one reference and length 0; the bytes are not cleared.
 * @returns its address, or 0 after `fail`.
 */
export function allocate(bytes: u32): usize {
  if (bytes < GREATEST_BLOCK) {
    const need = (bytes + BLOCK_HEADER + 15) & ~15;
    let block = search(session.rover, need);
    if (block == 0) block = search(session.heap, need);
    if (block != 0) return block;
  }
  fail('out of memory: this session has used up its heap');
  return 0;
}

/** Makes a block longer where it lies, so that it holds `bytes` bytes. @returns false if too little behind it is free. */
export function extend(block: usize, bytes: u32): bool {
  const before = load<u32>(block) & ~IN_USE;
  const next = block + before;
  if (bytes >= GREATEST_BLOCK || next >= session.heapEnd || load<u32>(next) & IN_USE) return false;
  const need = (bytes + BLOCK_HEADER + 15) & ~15;
  const whole = before + merge(next);
  if (whole < need) return false;
  session.heapUsed -= before;
  take(block, whole, need);
  return true;
}

/** One reference more. */
export function retain(block: usize): usize {
  store<u32>(block + 4, load<u32>(block + 4) + 1);
  return block;
}

/** One reference less; the last one frees the block. 0 is ignored. */
export function release(block: usize): void {
  if (block == 0) return;
  const references = load<u32>(block + 4) - 1;
  store<u32>(block + 4, references);
  if (references != 0) return;
  const bytes = load<u32>(block) & ~IN_USE;
  store<u32>(block, bytes);
  session.heapUsed -= bytes;
}

/** True if nobody else refers to the block: it may be changed in place. */
export function isSole(block: usize): bool {
  return load<u32>(block + 4) == 1;
}

/** Bytes that the block can hold. */
export function capacity(block: usize): u32 {
  return (load<u32>(block) & ~IN_USE) - BLOCK_HEADER;
}
