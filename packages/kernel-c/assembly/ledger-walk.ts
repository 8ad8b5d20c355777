/** Walks over all pages of the ledger: the check, totals by owner and purpose, runs for printing, everything of one owner. */
import { E820_USABLE } from '@drift-os/abi/layout/boot-info';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { LEDGER_NOT_RAM, MAXIMUM_ORDER, OWNER_FREE, OWNER_MASK } from '../layout/ledger';
import { regionCount, regionEnd, regionStart, regionType, usableBytes } from './e820';
import {
  ledgerFreePages,
  ledgerPurpose,
  ledgerTotal,
  ledgerZoneEntry,
  ledgerZoneFirst,
  ledgerZoneFreeBlock,
  ledgerZonePages,
  ledgerZones,
} from './ledger';

/** What `ledgerCheck` found wrong. */
export const CHECK_OK: u32 = 0;
/** A free page is in no free block, or in more than one. */
export const CHECK_FREE_BLOCKS: u32 = 1;
/** A page in use is in a free block. */
export const CHECK_USED_BLOCK: u32 = 2;
/** The count of free pages is not what the walk found. */
export const CHECK_FREE_COUNT: u32 = 3;
/** Pages and the parts of pages at the edges of regions are not what E820 says. */
export const CHECK_TOTAL: u32 = 4;

let badPage: u64 = 0;

/** The page at which `ledgerCheck` stopped, where it is about one page. */
export function ledgerCheckPage(): u64 {
  return badPage;
}

/** Bytes at the edges of usable regions that make no whole page; they belong to nobody. */
export function ledgerFragmentBytes(): u64 {
  const page: u64 = PAGE_BYTES;
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < regionCount(); i++) {
    if (regionType(i) != E820_USABLE) continue;
    const first = (regionStart(i) + page - 1) / page;
    const end = regionEnd(i) / page;
    bytes += regionEnd(i) - regionStart(i) - (end > first ? (end - first) * page : 0);
  }
  return bytes;
}

/** Walks all pages. @returns CHECK_OK, or the first thing that is wrong. */
export function ledgerCheck(): u32 {
  let free: u64 = 0;
  let pages: u64 = 0;
  for (let z: u32 = 0; z < ledgerZones(); z++) {
    const first = ledgerZoneFirst(z);
    const end = first + ledgerZonePages(z);
    for (let page = first; page < end; page++) {
      badPage = page;
      let blocks: u32 = 0;
      for (let order: u32 = 0; order <= <u32>MAXIMUM_ORDER; order++) blocks += u32(ledgerZoneFreeBlock(z, page, order));
      const isFree = (ledgerZoneEntry(z, page) & OWNER_MASK) == OWNER_FREE;
      if (isFree && blocks != 1) return CHECK_FREE_BLOCKS;
      if (!isFree && blocks != 0) return CHECK_USED_BLOCK;
      free += u64(isFree);
      pages++;
    }
  }
  if (free != ledgerFreePages()) return CHECK_FREE_COUNT;
  if (pages != ledgerTotal() || pages * PAGE_BYTES + ledgerFragmentBytes() != usableBytes()) return CHECK_TOTAL;
  return CHECK_OK;
}

let runPages: u64 = 0;
let runEntryValue: u32 = 0;

/**
 * Finds the run of pages with equal entries that holds the first page of RAM at or behind `from`.
 * @returns the run's first page from there on, or LEDGER_NOT_RAM behind the end; its length is `ledgerRunPages()`, its
 * entry `ledgerRunEntry()`.
 */
export function ledgerRun(from: u64): i64 {
  for (let z: u32 = 0; z < ledgerZones(); z++) {
    const end = ledgerZoneFirst(z) + ledgerZonePages(z);
    if (from >= end) continue;
    const first = max(from, ledgerZoneFirst(z));
    runEntryValue = ledgerZoneEntry(z, first);
    let page = first + 1;
    while (page < end && ledgerZoneEntry(z, page) == runEntryValue) page++;
    runPages = page - first;
    return <i64>first;
  }
  return LEDGER_NOT_RAM;
}

export function ledgerRunPages(): u64 {
  return runPages;
}

export function ledgerRunEntry(): u32 {
  return runEntryValue;
}

/** Pages of `owner`; with `purpose` not negative, only those of that purpose. */
export function ledgerCount(owner: u32, purpose: i32 = -1): u64 {
  let pages: u64 = 0;
  for (let from = ledgerRun(0); from >= 0; from = ledgerRun(<u64>from + runPages)) {
    if ((runEntryValue & OWNER_MASK) != owner) continue;
    if (purpose < 0 || ledgerPurpose(runEntryValue) == <u32>purpose) pages += runPages;
  }
  return pages;
}
