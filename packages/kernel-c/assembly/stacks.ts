/** Stacks with a guard page below each: running over the end faults instead of writing on. */
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { OWNER_MASK, PROTECTION_READ, PROTECTION_WRITE, PURPOSE_GUARD, PURPOSE_STACK } from '../layout/ledger';
import { ledgerChange, ledgerEntry, ledgerLookup, ledgerPurpose } from './ledger';
import { protect } from './mapping';
import { allocatePages } from './pages';

/** Allocates a stack of whole pages. @returns its top; the stack ends `bytes` below, and the guard page lies under that. */
export function stackAllocate(bytes: u32, owner: u32): usize {
  const pages = bytes / PAGE_BYTES + 1;
  const base = allocatePages(pages, owner, PURPOSE_STACK, PROTECTION_READ | PROTECTION_WRITE);
  guardPage(base, owner);
  return base + pages * PAGE_BYTES;
}

/** Makes a page that `owner` has into a guard page: present in the ledger, mapped nowhere. */
export function guardPage(address: usize, owner: u32): void {
  const page = address / PAGE_BYTES;
  ledgerChange(page, 1, owner, ledgerEntry(owner, PURPOSE_GUARD, 0));
  protect(page, 1, 0);
}

/** Owner of the guard page at an address; 0 if it is none. */
export function guardOwner(address: u64): u32 {
  const entry = ledgerLookup(address / PAGE_BYTES);
  return entry >= 0 && ledgerPurpose(<u32>entry) == PURPOSE_GUARD ? <u32>entry & OWNER_MASK : 0;
}
