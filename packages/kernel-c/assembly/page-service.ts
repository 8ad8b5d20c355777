/**
 * Pages for workers and applications: issued on request, counted in the ledger, protected and taken back. Pages whose mapping
 * has to change back first wait in quarantine until no worker can still see the old one.
 */
import {
  PROTECTION_NONE,
  PROTECTION_READ,
  PROTECTION_READ_EXECUTE,
  PROTECTION_READ_WRITE,
  PURPOSE_APPLICATION,
  PURPOSE_HEAP,
  STATUS_NOT_YOURS,
  STATUS_OK,
  STATUS_PROTOCOL,
} from '@drift-os/abi/layout/messages';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import {
  OWNER_CONTROL,
  OWNER_MASK,
  PROTECTION_EXECUTE,
  PROTECTION_SHIFT,
  PROTECTION_WRITE,
  PURPOSE_BUFFER as LEDGER_BUFFER,
  PURPOSE_HEAP as LEDGER_HEAP,
  PURPOSE_INSTANCE as LEDGER_INSTANCE,
  PURPOSE_QUARANTINE as LEDGER_QUARANTINE,
  PROTECTION_READ as LEDGER_READ,
  PURPOSE_SHIFT,
} from '../layout/ledger';
import { ledgerChange, ledgerEntry, ledgerFree, ledgerLookup, ledgerProtection, ledgerPurpose } from './ledger';
import { ledgerRun, ledgerRunEntry, ledgerRunPages } from './ledger-walk';
import { protect } from './mapping';
import { tryAllocatePages } from './pages';
import { flushGeneration, flushQuiet } from './quiescence';

const READ_WRITE: u32 = LEDGER_READ | PROTECTION_WRITE;
const QUARANTINE: u32 = OWNER_CONTROL | (LEDGER_QUARANTINE << PURPOSE_SHIFT) | (READ_WRITE << PROTECTION_SHIFT);

/** Pages in quarantine, which the ledger knows by their purpose, and the generation that they all wait for. */
let quarantined: u64 = 0;
let awaited: u32 = 0;

/** Issues zeroed pages below 4 GiB. @returns their address, 0 without memory. `purpose` is one of the messages'. */
export function issuePages(owner: u32, count: u32, purpose: u32): usize {
  let why: u32 = LEDGER_BUFFER;
  if (purpose == PURPOSE_APPLICATION) why = LEDGER_INSTANCE;
  else if (purpose == PURPOSE_HEAP) why = LEDGER_HEAP;
  return count == 0 ? 0 : tryAllocatePages(count, owner, why, READ_WRITE);
}

/** True if every page of the run is `owner`'s. */
function owns(owner: u32, page: u64, count: u64): bool {
  if (count == 0 || count > 1 << 20) return false;
  for (let i: u64 = 0; i < count; i++) {
    const entry = ledgerLookup(page + i);
    if (entry < 0 || (<u32>entry & OWNER_MASK) != owner) return false;
  }
  return true;
}

/** Takes pages back from their owner. @returns a STATUS_*. */
export function releasePages(owner: u32, page: u64, count: u64): u32 {
  if (!owns(owner, page, count)) return STATUS_NOT_YOURS;
  let plain = true;
  for (let i: u64 = 0; i < count; i++) plain = plain && ledgerProtection(<u32>ledgerLookup(page + i)) == READ_WRITE;
  if (plain) {
    ledgerFree(page, count, owner);
    return STATUS_OK;
  }
  protect(page, count, READ_WRITE);
  ledgerChange(page, count, owner, QUARANTINE);
  quarantined += count;
  awaited = flushGeneration();
  quarantineRun();
  return STATUS_OK;
}

/** Frees what no worker sees any more; costs a walk then. @returns true if something is left. */
export function quarantineRun(): bool {
  if (quarantined == 0) return false;
  if (!flushQuiet(awaited)) return true;
  for (let from = ledgerRun(0); from >= 0; ) {
    const count = ledgerRunPages();
    if (ledgerRunEntry() == QUARANTINE) ledgerFree(<u64>from, count, OWNER_CONTROL);
    from = ledgerRun(<u64>from + count);
  }
  quarantined = 0;
  return false;
}

/** Takes every page of an owner back. @returns how many that were. */
export function releaseAll(owner: u32): u64 {
  let pages: u64 = 0;
  for (let from = ledgerRun(0); from >= 0; ) {
    const count = ledgerRunPages();
    if ((ledgerRunEntry() & OWNER_MASK) == owner) {
      pages += count;
      releasePages(owner, <u64>from, count);
    }
    from = ledgerRun(<u64>from + count);
  }
  return pages;
}

/** PROTECTION_* of the messages as the ledger's flags; -1: no such value. Writable and executable at once is not offered. */
function flagsOf(protection: u32): i32 {
  if (protection == PROTECTION_NONE) return 0;
  if (protection == PROTECTION_READ) return LEDGER_READ;
  if (protection == PROTECTION_READ_WRITE) return READ_WRITE;
  if (protection == PROTECTION_READ_EXECUTE) return LEDGER_READ | PROTECTION_EXECUTE;
  return -1;
}

/** Changes the protection of an owner's own pages. It holds once the generation is quiet. @returns a STATUS_*. */
export function protectPages(owner: u32, page: u64, count: u64, protection: u32): u32 {
  const flags = flagsOf(protection);
  if (flags < 0) return STATUS_PROTOCOL;
  if (!owns(owner, page, count)) return STATUS_NOT_YOURS;
  for (let i: u64 = 0; i < count; i++) {
    const purpose = ledgerPurpose(<u32>ledgerLookup(page + i));
    ledgerChange(page + i, 1, owner, ledgerEntry(owner, purpose, flags));
  }
  protect(page, count, flags);
  return STATUS_OK;
}

/** Page number of an address, if it is one of a page's start. -1: it is not. */
export function pageNumber(address: u64): i64 {
  return address % PAGE_BYTES == 0 ? <i64>(address / PAGE_BYTES) : -1;
}
