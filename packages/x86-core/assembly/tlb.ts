/**
 * The TLB of a core: filled here, looked up by inlined code. What is filled is noted in two lists, so that a flush costs
 * what was used: a list of what was filled for pages that are not global, which MOV CR3 empties, and one for global pages.
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
  TLB_USED_GLOBAL,
  TLB_USED_GLOBAL_COUNT,
  TLB_USED_MAX,
  TLB_USER,
  TLB_WRITE,
} from '../src/semantics/state';
import { pageIsGlobal, pageIsLarge } from './page-walk';
import { holdsCode } from './physical';
import { forgetSecond, forgetSecondOf, forgetSecondWrites, isGlobalSecond, keepSecond, secondOf } from './second-level';

/** For the length of a list: it is full, anything may be filled. */
const EVERYTHING: i32 = -1;

/** In the last word of an entry: what it holds is global; it is in the list of TLB_USED, in that of TLB_USED_GLOBAL. */
const GLOBAL: u32 = 1;
const LISTED: u32 = 2;
const LISTED_GLOBAL: u32 = 4;

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

/** Host address of bytes on one page that an instruction or event accesses by itself, where the TLB has the page and stores to it hit no code; else 0. */
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
  if (pageIsLarge) noteLarge(core, linear, pageIsGlobal);
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
  if (large) noteLarge(core, linear, global);
  return !code;
}

/** On both levels. */
function keepEntry(core: usize, entry: usize, tag: u64, addend: u32, global: bool): void {
  keepSecond(core, entry, tag, addend, global);
  setEntry(core, entry, tag, addend, global);
}

function setEntry(core: usize, entry: usize, tag: u64, addend: u32, global: bool): void {
  const word = load<u32>(entry + 12);
  const listed = global ? LISTED_GLOBAL : LISTED;
  if ((word & listed) == 0) note(core, entry, global);
  store<u64>(entry, tag);
  store<u32>(entry + 8, addend);
  store<u32>(entry + 12, (word & ~GLOBAL) | listed | (global ? GLOBAL : 0));
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

function listOf(core: usize, global: bool): usize {
  return core + <usize>(global ? TLB_USED_GLOBAL : TLB_USED);
}

function countOf(core: usize, global: bool): usize {
  return core + <usize>(global ? TLB_USED_GLOBAL_COUNT : TLB_USED_COUNT);
}

function note(core: usize, entry: usize, global: bool): void {
  const place = countOf(core, global);
  const count = load<i32>(place);
  if (count == EVERYTHING) return;
  if (count == TLB_USED_MAX) {
    store<i32>(place, EVERYTHING);
    return;
  }
  store<u16>(listOf(core, global) + ((<usize>count) << 1), <u16>((entry - core - TLB_SETS) >> 4));
  store<i32>(place, count + 1);
}

function entryAt(core: usize, list: usize, position: i32): usize {
  return core + TLB_SETS + ((<usize>load<u16>(list + ((<usize>position) << 1))) << 4);
}

/** Empties every entry there is: before a core first runs, and where the lists do not do. */
export function clearTlb(core: usize): void {
  clearFirstLevel(core);
  forgetSecond(core, false);
  store<u64>(core + TLB_LARGE, 0);
  store<u64>(core + TLB_LARGE + 8, 0);
}

function clearFirstLevel(core: usize): void {
  const end = core + TLB_SETS + 4 * TLB_SET_BYTES;
  for (let entry = core + TLB_SETS; entry < end; entry += 16) {
    store<u64>(entry, TLB_EMPTY);
    store<u32>(entry + 12, 0);
  }
  store<i32>(core + TLB_USED_COUNT, 0);
  store<i32>(core + TLB_USED_GLOBAL_COUNT, 0);
}

/** Forgets all entries, or all but global ones (SDM 3A 4.10.4.1). */
export function flushTlb(core: usize, keepGlobal: bool): void {
  forgetSecond(core, keepGlobal);
  flushListed(core, false);
  store<u64>(core + TLB_LARGE, 0);
  if (keepGlobal) return;
  flushListed(core, true);
  store<u64>(core + TLB_LARGE + 8, 0);
}

/** Empties what one of the lists is of. An entry may be in both, since it was filled for a page of either kind. */
function flushListed(core: usize, global: bool): void {
  const place = countOf(core, global);
  const count = load<i32>(place);
  if (count == EVERYTHING) {
    clearFirstLevel(core);
    return;
  }
  const list = listOf(core, global);
  const listed = global ? LISTED_GLOBAL : LISTED;
  const own = global ? GLOBAL : 0;
  for (let position = 0; position < count; position++) {
    const entry = entryAt(core, list, position);
    const word = load<u32>(entry + 12);
    if ((word & GLOBAL) == own) store<u64>(entry, TLB_EMPTY);
    store<u32>(entry + 12, word & ~listed);
  }
  store<i32>(place, 0);
}

/** The bit of TLB_LARGE for an address: no page is larger than 1 GiB. */
function gibibyteOf(linear: u64): u64 {
  return (<u64>1) << (((linear >> 30) * 0x9e37_79b9_7f4a_7c15) >> 58);
}

function noteLarge(core: usize, linear: u64, global: bool): void {
  const place = core + TLB_LARGE + <usize>(global ? 8 : 0);
  store<u64>(place, load<u64>(place) | gibibyteOf(linear));
}

/** INVLPG: the page of a linear address, whatever its size (SDM 3A 4.10.4.1). */
export function flushPage(core: usize, linear: u64): void {
  if (((load<u64>(core + TLB_LARGE) | load<u64>(core + TLB_LARGE + 8)) & gibibyteOf(linear)) != 0) {
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
  forgetSecondWrites(core);
  protectListed(core, host, false);
  protectListed(core, host, true);
}

function protectListed(core: usize, host: usize, global: bool): void {
  const count = load<i32>(countOf(core, global));
  if (count == EVERYTHING) {
    clearFirstLevel(core);
    return;
  }
  const list = listOf(core, global);
  for (let position = 0; position < count; position++) {
    const entry = entryAt(core, list, position);
    if (((entry - core - TLB_SETS) & TLB_WRITE) == 0) continue;
    const tag = load<u64>(entry);
    if (tag != TLB_EMPTY && <u32>tag + load<u32>(entry + 8) == <u32>host) store<u64>(entry, tag | TLB_CODE);
  }
}
