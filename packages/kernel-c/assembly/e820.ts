/**
 * The firmware's memory map, put in order: ascending regions that do not overlap, each with one type.
 *
 * Firmware may list ranges in any order and overlapping (ACPI 6.5, 15.4). Where two entries cover the same byte the one
 * that promises less wins, so that nothing but RAM that every entry calls usable is called usable here.
 */
import {
  E820_ACPI_NVS,
  E820_ACPI_RECLAIMABLE,
  E820_BAD,
  E820_BASE_AT,
  E820_ENTRY_BYTES,
  E820_LENGTH_AT,
  E820_MAXIMUM,
  E820_RESERVED,
  E820_TYPE_AT,
  E820_USABLE,
} from '@drift-os/abi/layout/boot-info';

/** Physical addresses have at most 52 bits (SDM 3A 4.1.4). */
const ADDRESS_END: u64 = 1 << 52;

const BOUNDARIES: u32 = E820_MAXIMUM * 2;
const boundaries: usize = memory.data(BOUNDARIES * 8, 8);

/** A region: u64 start, u64 end, u32 type, u32 zero. */
const REGION_BYTES: u32 = 24;
const regions: usize = memory.data(BOUNDARIES * REGION_BYTES, 8);
let count: u32 = 0;

/** Number of regions. */
export function regionCount(): u32 {
  return count;
}

export function regionStart(index: u32): u64 {
  return load<u64>(regions + index * REGION_BYTES);
}

/** One past the last byte. */
export function regionEnd(index: u32): u64 {
  return load<u64>(regions + index * REGION_BYTES, 8);
}

/** E820_USABLE ... E820_BAD; unknown types are E820_RESERVED. */
export function regionType(index: u32): u32 {
  return load<u32>(regions + index * REGION_BYTES, 16);
}

/** Bytes of usable RAM, exactly as the firmware reports them. */
export function usableBytes(): u64 {
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < count; i++) if (regionType(i) == E820_USABLE) bytes += regionEnd(i) - regionStart(i);
  return bytes;
}

/** How little an entry of this type promises. */
function rank(type: u32): u32 {
  if (type == E820_USABLE) return 1;
  if (type == E820_ACPI_RECLAIMABLE) return 2;
  if (type == E820_ACPI_NVS) return 4;
  if (type == E820_BAD) return 5;
  return 3;
}

function typeOfRank(value: u32): u32 {
  if (value == 1) return E820_USABLE;
  if (value == 2) return E820_ACPI_RECLAIMABLE;
  if (value == 4) return E820_ACPI_NVS;
  if (value == 5) return E820_BAD;
  return E820_RESERVED;
}

function entryStart(entry: usize): u64 {
  return min(load<u64>(entry, E820_BASE_AT), ADDRESS_END);
}

function entryEnd(entry: usize): u64 {
  const base = load<u64>(entry, E820_BASE_AT);
  const end = base + load<u64>(entry, E820_LENGTH_AT);
  return end < base ? ADDRESS_END : min(end, ADDRESS_END);
}

/** Insertion into the ascending list of boundaries; one that is already there is left alone. */
function insertBoundary(value: u64, known: u32): u32 {
  let at = known;
  while (at > 0 && load<u64>(boundaries + (at - 1) * 8) > value) at--;
  if (at > 0 && load<u64>(boundaries + (at - 1) * 8) == value) return known;
  for (let i = known; i > at; i--) store<u64>(boundaries + i * 8, load<u64>(boundaries + (i - 1) * 8));
  store<u64>(boundaries + at * 8, value);
  return known + 1;
}

function append(start: u64, end: u64, type: u32): void {
  if (count > 0 && regionEnd(count - 1) == start && regionType(count - 1) == type) {
    store<u64>(regions + (count - 1) * REGION_BYTES, end, 8);
    return;
  }
  const region = regions + count++ * REGION_BYTES;
  store<u64>(region, start);
  store<u64>(region, end, 8);
  store<u32>(region, type, 16);
}

/** Reads `entries` E820 entries at `list`; more than E820_MAXIMUM are cut off. Entries of no length are ignored. */
export function e820Normalize(list: usize, entries: u32): void {
  entries = min(entries, <u32>E820_MAXIMUM);
  let known: u32 = 0;
  for (let i: u32 = 0; i < entries; i++) {
    const entry = list + i * E820_ENTRY_BYTES;
    if (entryStart(entry) >= entryEnd(entry)) continue;
    known = insertBoundary(entryStart(entry), known);
    known = insertBoundary(entryEnd(entry), known);
  }
  count = 0;
  for (let b: u32 = 0; b + 1 < known; b++) {
    const start = load<u64>(boundaries + b * 8);
    const end = load<u64>(boundaries + (b + 1) * 8);
    let worst: u32 = 0;
    for (let i: u32 = 0; i < entries; i++) {
      const entry = list + i * E820_ENTRY_BYTES;
      if (entryStart(entry) <= start && entryEnd(entry) >= end)
        worst = max(worst, rank(load<u32>(entry, E820_TYPE_AT)));
    }
    if (worst != 0) append(start, end, typeOfRank(worst));
  }
}
