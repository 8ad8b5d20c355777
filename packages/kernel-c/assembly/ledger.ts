/**
 * The page ledger: for every page of usable RAM its owner, its purpose and its protection. Runs on core 0 only.
 *
 * RAM is a list of zones, one for each usable region. A zone has one u32 for each of its pages (layout/ledger.ts) and,
 * to find free runs, a buddy system: for each order k a bitmap of the free blocks of 2^k pages that are aligned to their
 * size. What is free is therefore written twice, once as entry 0 and once as bits; `ledgerCheck` compares the two.
 * Allocation looks at no more than MAXIMUM_ORDER bitmaps a zone, whatever their size. The metadata takes 4.3 bytes a page.
 */
import { E820_USABLE } from '@drift-os/abi/layout/boot-info';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import {
  LEDGER_BAD_ARGUMENT,
  LEDGER_NO_MEMORY,
  LEDGER_NOT_OWNER,
  LEDGER_NOT_RAM,
  MAXIMUM_ORDER,
  OWNER_FREE,
  OWNER_MASK,
  PROTECTION_MASK,
  PROTECTION_SHIFT,
  PURPOSE_MASK,
  PURPOSE_SHIFT,
} from '../layout/ledger';
import { bitmapBytes, bitmapClear, bitmapInitialize, bitmapNext, bitmapSet, bitmapTest } from './bitmap';
import { regionCount, regionEnd, regionStart, regionType } from './e820';

const PAGE: u64 = PAGE_BYTES;
const LARGEST: u32 = MAXIMUM_ORDER;
const ORDERS: u32 = LARGEST + 1;

/** u64 first page, u64 pages, u32 address of the entries, u32 address of the bitmap of each order. */
const ZONE_ENTRIES_AT: usize = 16;
const ZONE_BITMAPS_AT: usize = 20;
const ZONE_BYTES: u32 = 96;
const ZONES: u32 = 128;
const zones: usize = memory.data(ZONES * ZONE_BYTES, 8);
let zoneCount: u32 = 0;
let pagesTotal: u64 = 0;
let pagesFree: u64 = 0;

/** Past the last page that 32-bit addresses reach. */
export const PAGES_BELOW_4G: u64 = 1 << 20;
function zoneFirst(zone: usize): u64 {
  return load<u64>(zone);
}

function zonePages(zone: usize): u64 {
  return load<u64>(zone, 8);
}

function bitmapOf(zone: usize, order: u32): usize {
  return load<u32>(zone + order * 4, ZONE_BITMAPS_AT);
}

/** Number of the block of 2^order pages that holds `page`, counted from the zone's first. */
function blockOf(zone: usize, page: u64, order: u32): u32 {
  return <u32>((page >> order) - (zoneFirst(zone) >> order));
}

function blocks(first: u64, pages: u64, order: u32): u32 {
  return <u32>(((first + pages - 1) >> order) - (first >> order) + 1);
}

function entryOf(zone: usize, page: u64): usize {
  return load<u32>(zone, ZONE_ENTRIES_AT) + <u32>(page - zoneFirst(zone)) * 4;
}

/** The zone that holds all of the run, or 0. */
function zoneOf(page: u64, count: u64): usize {
  for (let i: u32 = 0; i < zoneCount; i++) {
    const zone = zones + i * ZONE_BYTES;
    const first = zoneFirst(zone);
    if (page >= first && page - first < zonePages(zone)) return count <= first + zonePages(zone) - page ? zone : 0;
  }
  return 0;
}

/** First whole page of a region, and one past its last. */
function firstPage(region: u32): u64 {
  return (regionStart(region) + PAGE - 1) / PAGE;
}

function endPage(region: u32): u64 {
  return regionEnd(region) / PAGE;
}

function metadataBytes(first: u64, pages: u64): u64 {
  let bytes = (pages * 4 + 7) & ~7;
  for (let order: u32 = 0; order < ORDERS; order++) bytes += bitmapBytes(blocks(first, pages, order));
  return bytes;
}

/** Bytes that the ledger of the current memory map takes, a multiple of the page size. */
export function ledgerMetadataBytes(): u64 {
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < regionCount(); i++) {
    const first = firstPage(i);
    const end = endPage(i);
    if (regionType(i) == E820_USABLE && end > first) bytes += metadataBytes(first, end - first);
  }
  return (bytes + PAGE - 1) & ~(PAGE - 1);
}

/**
 * Makes the ledger of the memory map that `e820Normalize` read, all pages free. `metadata` is 8-byte aligned and has
 * `ledgerMetadataBytes()` bytes; its own pages, like all that are in use already, are for the caller to claim.
 */
export function ledgerInitialize(metadata: usize): void {
  let at = metadata;
  zoneCount = 0;
  pagesTotal = 0;
  pagesFree = 0;
  for (let i: u32 = 0; i < regionCount(); i++) {
    const first = firstPage(i);
    const end = endPage(i);
    if (regionType(i) != E820_USABLE || end <= first || zoneCount == ZONES) continue;
    const zone = zones + zoneCount++ * ZONE_BYTES;
    const pages = end - first;
    store<u64>(zone, first);
    store<u64>(zone, pages, 8);
    store<u32>(zone, <u32>at, ZONE_ENTRIES_AT);
    memory.fill(at, 0, <usize>pages * 4);
    at += <usize>((pages * 4 + 7) & ~7);
    for (let order: u32 = 0; order < ORDERS; order++) {
      const bits = blocks(first, pages, order);
      bitmapInitialize(at, bits);
      store<u32>(zone + order * 4, <u32>at, ZONE_BITMAPS_AT);
      at += bitmapBytes(bits);
    }
    addFree(zone, first, pages);
    pagesTotal += pages;
  }
}

/** Adds a run to the free blocks, joining buddies as far as they go. */
function addFree(zone: usize, page: u64, count: u64): void {
  pagesFree += count;
  const zoneStart = zoneFirst(zone);
  const zoneEnd = zoneStart + zonePages(zone);
  const end = page + count;
  while (page < end) {
    let order: u32 = page == 0 ? LARGEST : min(LARGEST, <u32>ctz(page));
    while (page + ((<u64>1) << order) > end) order--;
    const next = page + ((<u64>1) << order);
    let block = page;
    while (order < LARGEST) {
      const buddy = block ^ ((<u64>1) << order);
      if (buddy < zoneStart || buddy + ((<u64>1) << order) > zoneEnd) break;
      const map = bitmapOf(zone, order);
      if (!bitmapTest(map, blockOf(zone, buddy, order))) break;
      bitmapClear(map, blockOf(zone, buddy, order));
      block &= ~((<u64>1) << order);
      order++;
    }
    bitmapSet(bitmapOf(zone, order), blockOf(zone, block, order));
    page = next;
  }
}

/** Takes a run, all of it free, out of the free blocks. */
function removeFree(zone: usize, page: u64, count: u64): void {
  const end = page + count;
  while (page < end) {
    let order: u32 = 0;
    while (!bitmapTest(bitmapOf(zone, order), blockOf(zone, page, order))) order++;
    bitmapClear(bitmapOf(zone, order), blockOf(zone, page, order));
    const block = (page >> order) << order;
    const blockEnd = block + ((<u64>1) << order);
    pagesFree -= (<u64>1) << order;
    if (block < page) addFree(zone, block, page - block);
    if (blockEnd > end) addFree(zone, end, blockEnd - end);
    page = blockEnd;
  }
}

function mark(zone: usize, page: u64, count: u64, entry: u32): void {
  const start = entryOf(zone, page);
  const end = start + <usize>count * 4;
  for (let at = start; at < end; at += 4) store<u32>(at, entry);
}

/** An entry of layout/ledger.ts. */
export function ledgerEntry(owner: u32, purpose: u32, protection: u32): u32 {
  return owner | (purpose << PURPOSE_SHIFT) | (protection << PROTECTION_SHIFT);
}

/**
 * Allocates `count` contiguous pages whose first is a multiple of `alignment` (in pages, a power of two), all of them
 * below page `limit`. Takes the highest zone that has room and the lowest block in it, so that low memory lasts.
 * @returns the first page's number, LEDGER_NO_MEMORY or LEDGER_BAD_ARGUMENT.
 */
export function ledgerAllocate(count: u64, alignment: u64, limit: u64, entry: u32): i64 {
  if (count == 0 || alignment == 0 || popcnt(alignment) != 1 || (entry & OWNER_MASK) == OWNER_FREE)
    return LEDGER_BAD_ARGUMENT;
  const wanted = max(count, alignment);
  if (wanted > (<u64>1) << LARGEST) return LEDGER_NO_MEMORY;
  const least: u32 = wanted == 1 ? 0 : 64 - <u32>clz(wanted - 1);
  for (let i = zoneCount; i > 0; i--) {
    const zone = zones + (i - 1) * ZONE_BYTES;
    for (let order = least; order < ORDERS; order++) {
      const block = bitmapNext(bitmapOf(zone, order), 0);
      if (block < 0) continue;
      const page = ((zoneFirst(zone) >> order) + <u64>block) << order;
      if (page + count > limit) continue;
      removeFree(zone, page, count);
      mark(zone, page, count, entry);
      return <i64>page;
    }
  }
  return LEDGER_NO_MEMORY;
}

/** Takes a certain run, which must be free. @returns 0, LEDGER_NOT_RAM, LEDGER_NOT_OWNER or LEDGER_BAD_ARGUMENT. */
export function ledgerClaim(page: u64, count: u64, entry: u32): i64 {
  if (count == 0 || (entry & OWNER_MASK) == OWNER_FREE) return LEDGER_BAD_ARGUMENT;
  const zone = zoneOf(page, count);
  if (zone == 0) return LEDGER_NOT_RAM;
  if (!ownedBy(zone, page, count, OWNER_FREE)) return LEDGER_NOT_OWNER;
  removeFree(zone, page, count);
  mark(zone, page, count, entry);
  return 0;
}

function ownedBy(zone: usize, page: u64, count: u64, owner: u32): bool {
  const start = entryOf(zone, page);
  for (let i: usize = 0; i < <usize>count; i++) if ((load<u32>(start + i * 4) & OWNER_MASK) != owner) return false;
  return true;
}

/** Gives a run back; every page must be `owner`'s. @returns 0, LEDGER_NOT_RAM, LEDGER_NOT_OWNER or LEDGER_BAD_ARGUMENT. */
export function ledgerFree(page: u64, count: u64, owner: u32): i64 {
  if (count == 0 || owner == OWNER_FREE) return LEDGER_BAD_ARGUMENT;
  const zone = zoneOf(page, count);
  if (zone == 0) return LEDGER_NOT_RAM;
  if (!ownedBy(zone, page, count, owner)) return LEDGER_NOT_OWNER;
  mark(zone, page, count, 0);
  addFree(zone, page, count);
  return 0;
}

/** Hands a run of `owner`'s over: owner, purpose and protection become `entry`'s. @returns as `ledgerFree`. */
export function ledgerChange(page: u64, count: u64, owner: u32, entry: u32): i64 {
  if (count == 0 || owner == OWNER_FREE || (entry & OWNER_MASK) == OWNER_FREE) return LEDGER_BAD_ARGUMENT;
  const zone = zoneOf(page, count);
  if (zone == 0) return LEDGER_NOT_RAM;
  if (!ownedBy(zone, page, count, owner)) return LEDGER_NOT_OWNER;
  mark(zone, page, count, entry);
  return 0;
}

/** The entry of a page; LEDGER_NOT_RAM where there is none. */
export function ledgerLookup(page: u64): i64 {
  const zone = zoneOf(page, 1);
  return zone == 0 ? LEDGER_NOT_RAM : <i64>load<u32>(entryOf(zone, page));
}

/** Pages of usable RAM. */
export function ledgerTotal(): u64 {
  return pagesTotal;
}

export function ledgerFreePages(): u64 {
  return pagesFree;
}

/** Pages of the longest block that could be allocated at once. */
export function ledgerLargestFree(): u64 {
  for (let order: i32 = MAXIMUM_ORDER; order >= 0; order--) {
    for (let i: u32 = 0; i < zoneCount; i++) {
      if (bitmapNext(bitmapOf(zones + i * ZONE_BYTES, order), 0) >= 0) return (<u64>1) << order;
    }
  }
  return 0;
}

export function ledgerPurpose(entry: u32): u32 {
  return (entry >> PURPOSE_SHIFT) & PURPOSE_MASK;
}

export function ledgerProtection(entry: u32): u32 {
  return (entry >> PROTECTION_SHIFT) & PROTECTION_MASK;
}

/** The zones, for those who walk the ledger (ledger-walk.ts). */
export function ledgerZones(): u32 {
  return zoneCount;
}

export function ledgerZoneFirst(index: u32): u64 {
  return zoneFirst(zones + index * ZONE_BYTES);
}

export function ledgerZonePages(index: u32): u64 {
  return zonePages(zones + index * ZONE_BYTES);
}

/** The page's entry, without looking for the zone. */
export function ledgerZoneEntry(index: u32, page: u64): u32 {
  return load<u32>(entryOf(zones + index * ZONE_BYTES, page));
}

/** True if the free block that holds the page is of this order. */
export function ledgerZoneFreeBlock(index: u32, page: u64, order: u32): bool {
  const zone = zones + index * ZONE_BYTES;
  return bitmapTest(bitmapOf(zone, order), blockOf(zone, page, order));
}
