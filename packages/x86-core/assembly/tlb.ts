/**
 * The TLB of a core: filled here, looked up by inlined code. What is filled is noted in a list, so that a flush costs what was used.
 *
 * Several cores of one thread do not touch each other's; a change that concerns all is carried to each by its caller.
 */
import {
  TLB,
  TLB_CODE,
  TLB_EMPTY,
  TLB_ENTRIES,
  TLB_LARGE,
  TLB_SET_BYTES,
  TLB_SETS,
  TLB_CHECKED,
  TLB_SUPERVISOR,
  TLB_USED,
  TLB_USED_COUNT,
  TLB_USED_MAX,
  TLB_USER,
  TLB_WRITE,
} from '../src/semantics/state';
import { pageIsGlobal, pageIsLarge } from './page-walk';
import { holdsCode } from './physical';
import { forgetSecond, forgetSecondOf, forgetSecondWrites, isGlobalSecond, keepSecond, secondOf } from './second-level';

/** In TLB_USED_COUNT: the list is full, anything may be filled. */
const EVERYTHING: i32 = -1;

/** The entry in which a page stands, or would stand, in the set in use. */
export function tlbEntry(core: usize, linear: u64, write: bool): usize {
  return entryIn(<usize>load<u32>(core + TLB), linear, write);
}

function entryIn(set: usize, linear: u64, write: bool): usize {
  return set + <usize>(write ? TLB_WRITE : 0) + ((<usize>(linear >> 12) & (TLB_ENTRIES - 1)) << 4);
}

/** Of accesses that are made for a user, or for the supervisor as it is without EFLAGS.AC, whatever the core runs. */
function setFor(core: usize, user: bool): usize {
  return core + TLB_SETS + <usize>(user ? TLB_USER : TLB_SUPERVISOR) * TLB_SET_BYTES;
}

/** Host address of bytes on one page that TypeScript is about to access, where the TLB has the page and stores to it hit no code; else 0. */
export function hostOf(core: usize, linear: u64, bytes: i32, user: bool, write: bool): usize {
  const page = linear & ~0xfff;
  if (((linear + <u64>(bytes - 1)) & ~0xfff) != page) return 0;
  const entry = entryIn(setFor(core, user), linear, write);
  if (!recallEntry(core, entry, page) || !unmarkEntry(entry)) return 0;
  return <usize>(<u32>linear + load<u32>(entry + 8));
}

/** Keeps the translation that `translateLinear` has just made for such an access. */
export function keepHost(core: usize, linear: u64, host: usize, user: bool, write: bool): void {
  const page = linear & ~0xfff;
  const entry = entryIn(setFor(core, user), linear, write);
  const code = write && holdsCode(host & ~0xfff);
  keepEntry(core, entry, code ? page | TLB_CODE : page, <u32>(host & ~0xfff) - <u32>page, pageIsGlobal);
  if (pageIsLarge) store<i32>(core + TLB_LARGE, 1);
}

/** An entry for one page in the set in use. `host`: the page's host address. `code`: stores to it are to be looked at. @returns whether inlined code finds it */
export function fillTlb(
  core: usize,
  linear: u64,
  host: usize,
  write: bool,
  global: bool,
  large: bool,
  code: bool,
): bool {
  if (load<u32>(core + TLB) == <u32>(core + TLB_SETS + TLB_CHECKED * TLB_SET_BYTES)) return false;
  const page = linear & ~0xfff;
  const entry = tlbEntry(core, linear, write);
  keepEntry(core, entry, code ? page | TLB_CODE : page, <u32>host - <u32>page, global);
  if (large) store<i32>(core + TLB_LARGE, 1);
  return !code;
}

/** On both levels. */
function keepEntry(core: usize, entry: usize, tag: u64, addend: u32, global: bool): void {
  keepSecond(core, entry, tag, addend, global);
  setEntry(core, entry, tag, addend, global);
}

function setEntry(core: usize, entry: usize, tag: u64, addend: u32, global: bool): void {
  if (load<u64>(entry) == TLB_EMPTY) note(core, entry);
  store<u64>(entry, tag);
  store<u32>(entry + 8, addend);
  store<u32>(entry + 12, global ? 1 : 0);
}

/** Whether an entry is that of a page now, with or without code, or has become it from the second level. */
export function recallEntry(core: usize, entry: usize, page: u64): bool {
  if ((load<u64>(entry) & ~TLB_CODE) == page) return true;
  const second = secondOf(core, entry, page);
  if (second == 0) return false;
  setEntry(core, entry, load<u64>(second), load<u32>(second + 8), isGlobalSecond(second));
  return true;
}

/** Takes the mark of code from an entry whose page has none any more. @returns whether it has none */
export function unmarkEntry(entry: usize): bool {
  const tag = load<u64>(entry);
  if ((tag & TLB_CODE) == 0) return true;
  if (holdsCode(<usize>(<u32>(tag & ~0xfff) + load<u32>(entry + 8)))) return false;
  store<u64>(entry, tag & ~TLB_CODE);
  return true;
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
  forgetSecond(core, false);
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
  forgetSecond(core, keepGlobal);
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
    if ((load<u64>(entry + TLB_WRITE) & ~TLB_CODE) == page) store<u64>(entry + TLB_WRITE, TLB_EMPTY);
  }
  forgetSecondOf(core, page);
}

/** Marks the write entries of a page of host memory: it holds code now, and stores to it are to be seen. */
export function protectPage(core: usize, host: usize): void {
  const count = load<i32>(core + TLB_USED_COUNT);
  if (count == EVERYTHING) {
    clearTlb(core);
    return;
  }
  forgetSecondWrites(core);
  for (let position = 0; position < count; position++) {
    const entry = entryAt(core, position);
    if (((entry - core - TLB_SETS) & TLB_WRITE) == 0) continue;
    const tag = load<u64>(entry);
    if (tag != TLB_EMPTY && <u32>tag + load<u32>(entry + 8) == <u32>host) store<u64>(entry, tag | TLB_CODE);
  }
}
