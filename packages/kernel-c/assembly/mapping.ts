/**
 * What is mapped how: all RAM and the device windows at their own addresses, W^X by the image's segments, page 0 nowhere.
 * `protect` changes a range for every core; workers flush by generation (quiescence.ts).
 */
import { cpuid, rdmsr, readCr0, readCr3, writeCr0, writeCr3, wrmsr } from '@drift-os/abi/assembly/generated/cpu';
import { E820_ACPI_NVS, E820_ACPI_RECLAIMABLE, E820_USABLE } from '@drift-os/abi/layout/boot-info';
import { SEGMENT_EXECUTABLE, SEGMENT_WRITABLE } from '@drift-os/abi/layout/image-directory';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { PROTECTION_EXECUTE, PROTECTION_READ, PROTECTION_WRITE } from '../layout/ledger';
import { regionCount, regionEnd, regionStart, regionType } from './e820';
import { segmentAddress, segmentBytes, segmentCount, segmentFlags } from './image';
import {
  ENTRY_CACHE_DISABLE,
  ENTRY_LARGE,
  ENTRY_NO_EXECUTE,
  ENTRY_PRESENT,
  ENTRY_WRITABLE,
  ENTRY_WRITE_THROUGH,
  flushLocal,
  pageTableAllocate,
  pageTableFork,
  pageTableInherit,
  pageTableLookup,
  pageTableSet,
  pageTableSetPrivate,
  pageTablesUse1G,
} from './page-tables';
import { flushRequest } from './quiescence';

const PAGE: u64 = PAGE_BYTES;
const MSR_EFER: u32 = 0xc000_0080;
const EFER_NXE: u64 = 1 << 11;
const CR0_WP: u64 = 1 << 16;
const CPUID_EXTENDED_FEATURES: u32 = 0x8000_0001;
const CPUID_EDX_NX: u32 = 1 << 20;
const CPUID_EDX_1G: u32 = 1 << 26;
/** Legacy video memory and option ROMs, then the BIOS. */
const LEGACY_VIDEO: u64 = 0xa0000;
const LEGACY_BIOS: u64 = 0xc0000;
const LEGACY_END: u64 = 0x100000;
const WORKER_ROOTS: u32 = 256;

let root: usize = 0;
let noExecute: u64 = 0;
const workerRoots: usize = memory.data(WORKER_ROOTS * 4, 4);
let workerRootCount: u32 = 0;

/** Page-table bits of PROTECTION_* flags; no flags at all: not present. */
function bitsOf(protection: u32): u64 {
  if (protection == 0) return 0;
  let bits = ENTRY_PRESENT;
  if (protection & PROTECTION_WRITE) bits |= ENTRY_WRITABLE;
  if ((protection & PROTECTION_EXECUTE) == 0) bits |= noExecute;
  return bits;
}

/** Builds the tables and makes the CPU use them. Until the first `protect` every core may share them freely. */
export function mappingInitialize(): void {
  cpuid(CPUID_EXTENDED_FEATURES, 0, scratch);
  const features = load<u32>(scratch, 12);
  if (features & CPUID_EDX_NX) {
    noExecute = ENTRY_NO_EXECUTE;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
  }
  if (features & CPUID_EDX_1G) pageTablesUse1G();
  root = pageTableAllocate();
  const readWrite = bitsOf(PROTECTION_READ | PROTECTION_WRITE);
  const readOnly = bitsOf(PROTECTION_READ);
  for (let i: u32 = 0; i < regionCount(); i++) {
    const type = regionType(i);
    const start = regionStart(i) & ~(PAGE - 1);
    const end = (regionEnd(i) + PAGE - 1) & ~(PAGE - 1);
    const acpi = type == E820_ACPI_RECLAIMABLE || type == E820_ACPI_NVS;
    if (acpi || (type != E820_USABLE && end <= LEGACY_END)) pageTableSet(root, start, end, readOnly);
  }
  for (let i: u32 = 0; i < regionCount(); i++) {
    const start = (regionStart(i) + PAGE - 1) & ~(PAGE - 1);
    const end = regionEnd(i) & ~(PAGE - 1);
    if (regionType(i) == E820_USABLE && start < end) pageTableSet(root, start, end, readWrite);
  }
  pageTableSet(root, LEGACY_VIDEO, LEGACY_BIOS, readWrite); // the MTRRs keep it out of the caches
  pageTableSet(root, LEGACY_BIOS, LEGACY_END, readOnly);
  for (let i: u32 = 0; i < segmentCount(); i++) {
    pageTableSet(root, segmentStart(i), segmentEnd(i), bitsOf(segmentProtection(i)));
  }
  pageTableSet(root, 0, PAGE, 0);
  writeCr3(root);
  writeCr0(readCr0() | CR0_WP);
}

const scratch: usize = memory.data(16, 8);

/** First page of an image segment, in bytes. */
export function segmentStart(index: u32): u64 {
  return <u64>segmentAddress(index) & ~(PAGE - 1);
}

/** End of its last page. */
export function segmentEnd(index: u32): u64 {
  return (<u64>segmentAddress(index) + segmentBytes(index) + PAGE - 1) & ~(PAGE - 1);
}

/** How an image segment is mapped. */
export function segmentProtection(index: u32): u32 {
  const flags = segmentFlags(index);
  if (flags & SEGMENT_EXECUTABLE) return PROTECTION_READ | PROTECTION_EXECUTE;
  return flags & SEGMENT_WRITABLE ? PROTECTION_READ | PROTECTION_WRITE : PROTECTION_READ;
}

function changed(start: u64, end: u64): void {
  flushLocal(start, end);
  for (let i: u32 = 0; i < workerRootCount; i++) pageTableInherit(load<u32>(workerRoots + i * 4), root, start, end);
  flushRequest();
}

/**
 * Changes the mapping of pages for every core; no flags: not present. Thread/C sees it at once, a worker when it
 * acknowledges the generation that this begins.
 */
export function protect(page: u64, count: u64, protection: u32): void {
  pageTableSet(root, page * PAGE, (page + count) * PAGE, bitsOf(protection));
  changed(page * PAGE, (page + count) * PAGE);
}

/** Maps a device's registers: readable, writable, not cached. */
export function mapDevice(address: u64, bytes: u64): void {
  const start = address & ~(PAGE - 1);
  const end = (address + bytes + PAGE - 1) & ~(PAGE - 1);
  pageTableSet(
    root,
    start,
    end,
    bitsOf(PROTECTION_READ | PROTECTION_WRITE) | ENTRY_CACHE_DISABLE | ENTRY_WRITE_THROUGH,
  );
  changed(start, end);
}

/** Makes firmware tables readable, where they are not mapped yet. */
export function mapFirmware(address: u64, bytes: u64): void {
  for (let at = address & ~(PAGE - 1); at < address + bytes; at += PAGE) {
    if (pageTableLookup(root, at) != 0) continue;
    pageTableSet(root, at, at + PAGE, bitsOf(PROTECTION_READ));
    changed(at, at + PAGE);
  }
}

/** PROTECTION_* of what maps an address in Thread/C's tables; 0: nothing does. */
export function mappedProtection(address: u64): u32 {
  const entry = pageTableLookup(root == 0 ? <usize>readCr3() : root, address);
  if ((entry & ENTRY_PRESENT) == 0) return 0;
  let protection: u32 = PROTECTION_READ;
  if (entry & ENTRY_WRITABLE) protection |= PROTECTION_WRITE;
  if ((entry & ENTRY_NO_EXECUTE) == 0) protection |= PROTECTION_EXECUTE;
  return protection;
}

/** True if every byte of the range is mapped with all of `protection`. */
export function isMapped(address: u64, bytes: u64, protection: u32): bool {
  for (let at = address & ~(PAGE - 1); at < address + bytes; at += PAGE) {
    if ((mappedProtection(at) & protection) != protection) return false;
  }
  return true;
}

/** True if eight bytes can be read at an address: the check for backtraces. */
export function isReadable(address: u64): bool {
  return isMapped(address, 8, PROTECTION_READ);
}

/** Tables for one more worker: equal to Thread/C's until a range is made to differ. @returns the root, for CR3. */
export function workerRootCreate(): usize {
  const fork = pageTableFork(root);
  store<u32>(workerRoots + workerRootCount++ * 4, <u32>fork);
  return fork;
}

/** Maps pages for one worker alone, the one with this root; nobody else has them mapped then. `protect` ends that. */
export function protectFor(holder: usize, page: u64, count: u64, protection: u32): void {
  const start = page * PAGE;
  const end = (page + count) * PAGE;
  pageTableSet(root, start, end, 0);
  changed(start, end);
  pageTableSetPrivate(holder, start, end, bitsOf(protection));
}

/** True if the address lies in a page of 2 MiB or more. */
export function isLargePage(address: u64): bool {
  return (pageTableLookup(root, address) & ENTRY_LARGE) != 0;
}
