/**
 * The TLB of a core: filled here, looked up by inlined code. What is filled is noted in a list, so that a flush costs what was used.
 *
 * Several cores of one thread do not touch each other's; a change that concerns all is carried to each by its caller.
 */
import {
  TLB,
  TLB_EMPTY,
  TLB_ENTRIES,
  TLB_LARGE,
  TLB_SET_BYTES,
  TLB_SETS,
  TLB_CHECKED,
  TLB_USED,
  TLB_USED_COUNT,
  TLB_USED_MAX,
  TLB_WRITE,
} from '../src/semantics/state';

/** In TLB_USED_COUNT: the list is full, anything may be filled. */
const EVERYTHING: i32 = -1;

/** Entries for one page in the set in use. `host`: the page's host address. */
export function fillTlb(core: usize, linear: u64, host: usize, write: bool, global: bool, large: bool): void {
  const set = load<u32>(core + TLB);
  if (set == <u32>(core + TLB_SETS + TLB_CHECKED * TLB_SET_BYTES)) return;
  const page = linear & ~0xfff;
  const entry = <usize>set + <usize>(write ? TLB_WRITE : 0) + ((<usize>(page >> 12) & (TLB_ENTRIES - 1)) << 4);
  if (load<u64>(entry) == TLB_EMPTY) note(core, entry);
  store<u64>(entry, page);
  store<u32>(entry + 8, <u32>host - <u32>page);
  store<u32>(entry + 12, global ? 1 : 0);
  if (large) store<i32>(core + TLB_LARGE, 1);
}

function note(core: usize, entry: usize): void {
  const count = load<i32>(core + TLB_USED_COUNT);
  if (count == EVERYTHING) return;
  if (count == TLB_USED_MAX) {
    store<i32>(core + TLB_USED_COUNT, EVERYTHING);
    return;
  }
  store<u16>(core + TLB_USED + ((<usize>count) << 1), <u16>((entry - core - TLB_SETS) >> 4));
  store<i32>(core + TLB_USED_COUNT, count + 1);
}

function entryAt(core: usize, position: i32): usize {
  return core + TLB_SETS + ((<usize>load<u16>(core + TLB_USED + ((<usize>position) << 1))) << 4);
}

/** Empties every entry there is: before a core first runs, and where the list does not do. */
export function clearTlb(core: usize): void {
  const end = core + TLB_SETS + 4 * TLB_SET_BYTES;
  for (let entry = core + TLB_SETS; entry < end; entry += 16) store<u64>(entry, TLB_EMPTY);
  store<i32>(core + TLB_USED_COUNT, 0);
  store<i32>(core + TLB_LARGE, 0);
}

/** Forgets all entries, or all but global ones (SDM 3A 4.10.4.1). */
export function flushTlb(core: usize, keepGlobal: bool): void {
  const count = load<i32>(core + TLB_USED_COUNT);
  if (count == EVERYTHING) {
    clearTlb(core);
    return;
  }
  let kept = 0;
  for (let position = 0; position < count; position++) {
    const entry = entryAt(core, position);
    if (keepGlobal && load<u64>(entry) != TLB_EMPTY && load<u32>(entry + 12) != 0) {
      store<u16>(core + TLB_USED + ((<usize>kept) << 1), <u16>((entry - core - TLB_SETS) >> 4));
      kept++;
    } else store<u64>(entry, TLB_EMPTY);
  }
  store<i32>(core + TLB_USED_COUNT, kept);
  if (kept == 0) store<i32>(core + TLB_LARGE, 0);
}

/** INVLPG: the page of a linear address, whatever its size (SDM 3A 4.10.4.1). */
export function flushPage(core: usize, linear: u64): void {
  if (load<i32>(core + TLB_LARGE) != 0) {
    flushTlb(core, false);
    return;
  }
  const page = linear & ~0xfff;
  const offset = (<usize>(page >> 12) & (TLB_ENTRIES - 1)) << 4;
  for (let set: usize = 0; set < <usize>TLB_CHECKED; set++) {
    const entry = core + TLB_SETS + set * TLB_SET_BYTES + offset;
    if (load<u64>(entry) == page) store<u64>(entry, TLB_EMPTY);
    if (load<u64>(entry + TLB_WRITE) == page) store<u64>(entry + TLB_WRITE, TLB_EMPTY);
  }
}

/** Forgets the write entries of a page of host memory: it holds code now, and stores to it are to be seen. */
export function protectPage(core: usize, host: usize): void {
  const count = load<i32>(core + TLB_USED_COUNT);
  if (count == EVERYTHING) {
    clearTlb(core);
    return;
  }
  for (let position = 0; position < count; position++) {
    const entry = entryAt(core, position);
    if (((entry - core - TLB_SETS) & TLB_WRITE) == 0) continue;
    const tag = load<u64>(entry);
    if (tag != TLB_EMPTY && <u32>tag + load<u32>(entry + 8) == <u32>host) store<u64>(entry, TLB_EMPTY);
  }
}
