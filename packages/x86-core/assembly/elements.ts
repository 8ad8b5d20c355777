/** MOVS and STOS under REP: as many elements at once as lie on the pages that were translated. See src/semantics/instructions/string.ts. */
import { BUDGET } from '../src/semantics/state';
import { HAZARD_COMMIT } from '../src/semantics/mailbox';
import { bytesBeforeCode, publishHazard } from './physical';
import { recallEntry, tlbEntry, unmarkEntry } from './tlb';

/**
 * Stores an element, and those that follow it on the page, at most `count`. @returns how many.
 * `host`: where the first one was translated to. More than one only where the page is in the TLB for writing: it is RAM, and holds no code.
 */
export function fillElements(
  core: usize,
  linear: u64,
  host: usize,
  count: u64,
  value: u64,
  bytes: i32,
  direction: i64,
): u64 {
  const elements = room(core, linear, host, count, bytes, direction, true);
  const length = <usize>elements * bytes;
  if (bytes == 1 || value == 0) memory.fill(host, <u8>value, length);
  else fillPattern(host, host + length, value, bytes);
  return elements;
}

/** Elements of 2, 4 or 8 bytes. */
function fillPattern(from: usize, end: usize, value: u64, bytes: i32): void {
  const pattern = bytes == 2 ? i16x8.splat(<i16>value) : bytes == 4 ? i32x4.splat(<i32>value) : i64x2.splat(value);
  let at = from;
  for (; at + 64 <= end; at += 64) {
    v128.store(at, pattern);
    v128.store(at, pattern, 16);
    v128.store(at, pattern, 32);
    v128.store(at, pattern, 48);
  }
  for (; at < end; at += bytes) {
    if (bytes == 2) store<u16>(at, <u16>value);
    else if (bytes == 4) store<u32>(at, <u32>value);
    else store<u64>(at, value);
  }
}

/** Copies an element, and those that follow it on both pages, at most `count`, one after the other. @returns how many. */
export function copyElements(
  core: usize,
  fromLinear: u64,
  from: usize,
  toLinear: u64,
  to: usize,
  count: u64,
  bytes: i32,
  direction: i64,
): u64 {
  const readable = room(core, fromLinear, from, count, bytes, direction, false);
  const elements = room(core, toLinear, to, readable, bytes, direction, true);
  const length = <usize>elements * bytes;
  // A destination inside of what is still to be read repeats what was written.
  if (to <= from || to - from >= length) memory.copy(to, from, length);
  else repeatElements(from, to, length, bytes);
  return elements;
}

function repeatElements(from: usize, to: usize, length: usize, bytes: i32): void {
  for (let at: usize = 0; at < length; at += bytes) {
    if (bytes == 1) store<u8>(to + at, load<u8>(from + at));
    else if (bytes == 2) store<u16>(to + at, load<u16>(from + at));
    else if (bytes == 4) store<u32>(to + at, load<u32>(from + at));
    else store<u64>(to + at, load<u64>(from + at));
  }
}

/**
 * Elements from an address to the end of its page, or to code on it; 1 where they go down, where one instruction is run at a time, and where the TLB has
 * no host address.
 */
function room(core: usize, linear: u64, host: usize, count: u64, bytes: i32, direction: i64, write: bool): u64 {
  if (direction < 0 || load<i64>(core + BUDGET) <= 0) return 1;
  const entry = tlbEntry(core, linear, write);
  if (!recallEntry(core, entry, linear & ~0xfff)) return 1;
  if (<u32>linear + load<u32>(entry + 8) != <u32>host) return 1;
  let length = 0x1000 - (<u32>linear & 0xfff);
  if (write && !unmarkEntry(entry)) {
    publishHazard(core, HAZARD_COMMIT, host);
    length = bytesBeforeCode(host, length);
  }
  const fits = <u64>(length / <u32>bytes);
  return fits == 0 ? 1 : fits < count ? fits : count;
}
