/**
 * Four-level page tables (SDM 3A 4.5): walking, splitting large pages, changing ranges. Knows nothing of what the ranges hold.
 *
 * Thread/C's tables are the master. A worker has a root of its own whose entries point at the master's tables, until a range
 * is to differ for that worker: then the tables on the way are copied and their entries marked TABLE_PRIVATE.
 * Tables lie below 4 GiB, in pages of the ledger. Whoever changes a live mapping flushes: see quiescence.ts.
 */
import { invlpg, readCr3, writeCr3 } from '@drift-os/abi/assembly/generated/cpu';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { OWNER_CONTROL, PROTECTION_READ, PROTECTION_WRITE, PURPOSE_PAGE_TABLES } from '../layout/ledger';
import { PAGES_BELOW_4G, ledgerAllocate, ledgerEntry } from './ledger';
import { panic } from './panic';

export const ENTRY_PRESENT: u64 = 1 << 0;
export const ENTRY_WRITABLE: u64 = 1 << 1;
export const ENTRY_WRITE_THROUGH: u64 = 1 << 3;
export const ENTRY_CACHE_DISABLE: u64 = 1 << 4;
/** In a level 2 or 3 entry: maps a page of 2 MiB or 1 GiB. */
export const ENTRY_LARGE: u64 = 1 << 7;
/** Ignored by the CPU: the table below belongs to this root alone. */
const TABLE_PRIVATE: u64 = 1 << 9;
export const ENTRY_NO_EXECUTE: u64 = 1 << 63;
const ADDRESS_MASK: u64 = 0x000f_ffff_ffff_f000;

const PAGE: u64 = PAGE_BYTES;
/** Up to this many pages are flushed one by one. */
const FLUSH_ALL_ABOVE: u64 = 32;

let largestLeaf: i32 = 2;

/** Tells that the CPU has pages of 1 GiB. */
export function pageTablesUse1G(): void {
  largestLeaf = 3;
}

/** Bytes that an entry of a level maps: 4 KiB at level 1. */
function span(level: i32): u64 {
  return PAGE << (9 * (level - 1));
}

function isTable(entry: u64, level: i32): bool {
  return level > 1 && (entry & ENTRY_PRESENT) != 0 && (entry & ENTRY_LARGE) == 0;
}

/** An empty table. */
export function pageTableAllocate(): usize {
  const entry = ledgerEntry(OWNER_CONTROL, PURPOSE_PAGE_TABLES, PROTECTION_READ | PROTECTION_WRITE);
  const page = ledgerAllocate(1, 1, PAGES_BELOW_4G, entry);
  if (page < 0) panic('there is no memory left below 4 GiB for page tables');
  const table = <usize>page * PAGE_BYTES;
  memory.fill(table, 0, PAGE_BYTES);
  return table;
}

/** A root for a worker: everything as in `master`. */
export function pageTableFork(master: usize): usize {
  const root = pageTableAllocate();
  memory.copy(root, master, PAGE_BYTES);
  return root;
}

/** The table that the entry at `at` is to lead to; makes one of an empty entry, splits a large page, copies what is shared. */
function descend(at: usize, level: i32, ownership: u64): usize {
  const entry = load<u64>(at);
  if (isTable(entry, level) && (entry & TABLE_PRIVATE) == ownership) return <usize>(entry & ADDRESS_MASK);
  const table = pageTableAllocate();
  if (isTable(entry, level)) {
    memory.copy(table, <usize>(entry & ADDRESS_MASK), PAGE_BYTES);
  } else if (entry != 0) {
    const leaf = level == 2 ? entry & ~ENTRY_LARGE : entry;
    for (let i: u32 = 0; i < 512; i++) store<u64>(table + i * 8, leaf + i * span(level - 1));
  }
  store<u64>(at, <u64>table | ENTRY_PRESENT | ENTRY_WRITABLE | ownership);
  return table;
}

function update(table: usize, level: i32, start: u64, end: u64, bits: u64, ownership: u64): void {
  const size = span(level);
  for (let at = start; at < end; ) {
    const slot = table + <usize>((at / size) & 511) * 8;
    const base = at & ~(size - 1);
    const stop = min(end, base + size);
    const entry = load<u64>(slot);
    const whole = at == base && stop == base + size;
    if (whole && level <= largestLeaf && !isTable(entry, level)) {
      const large = level > 1 && bits != 0 ? ENTRY_LARGE : 0;
      store<u64>(slot, bits == 0 ? 0 : base | bits | large);
    } else if (entry != 0 || bits != 0) {
      update(descend(slot, level, ownership), level - 1, at, stop, bits, ownership);
    }
    at = stop;
  }
}

/** Identity-maps [start, end) with `bits` (0: not present), in the master tables at `root`. Both ends are whole pages. */
export function pageTableSet(root: usize, start: u64, end: u64, bits: u64): void {
  update(root, 4, start, end, bits, 0);
}

/** The same for one worker's root alone: tables that it shares with the master are copied. */
export function pageTableSetPrivate(root: usize, start: u64, end: u64, bits: u64): void {
  update(root, 4, start, end, bits, TABLE_PRIVATE);
}

function inherit(table: usize, master: usize, level: i32, start: u64, end: u64): void {
  const size = span(level);
  for (let at = start; at < end; ) {
    const index = <usize>((at / size) & 511) * 8;
    const stop = min(end, (at & ~(size - 1)) + size);
    const own = load<u64>(table + index);
    const theirs = load<u64>(master + index);
    if (isTable(own, level) && (own & TABLE_PRIVATE) != 0) {
      const below = <usize>(own & ADDRESS_MASK);
      if (isTable(theirs, level)) inherit(below, <usize>(theirs & ADDRESS_MASK), level - 1, at, stop);
      else update(below, level - 1, at, stop, theirs & ~(ADDRESS_MASK | ENTRY_LARGE), TABLE_PRIVATE);
    } else {
      store<u64>(table + index, theirs);
    }
    at = stop;
  }
}

/** Makes [start, end) in a worker's tables what the master's are. */
export function pageTableInherit(root: usize, master: usize, start: u64, end: u64): void {
  inherit(root, master, 4, start, end);
}

/** The entry that maps an address, large pages included; 0 where nothing does. */
export function pageTableLookup(root: usize, address: u64): u64 {
  let level = 4;
  let entry = load<u64>(root + <usize>((address / span(level)) & 511) * 8);
  while (isTable(entry, level)) {
    level--;
    entry = load<u64>(<usize>(entry & ADDRESS_MASK) + <usize>((address / span(level)) & 511) * 8);
  }
  return entry;
}

/** Drops this core's TLB entries for [start, end). */
export function flushLocal(start: u64, end: u64): void {
  if ((end - start) / PAGE > FLUSH_ALL_ABOVE) writeCr3(readCr3());
  else for (let at = start; at < end; at += PAGE) invlpg(at);
}
