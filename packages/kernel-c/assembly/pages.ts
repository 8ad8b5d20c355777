/** Pages for Thread/C itself: below 4 GiB, zeroed, by address. No memory is the end: see `ledgerAllocate` for those who can refuse. */
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { PAGES_BELOW_4G, ledgerAllocate, ledgerEntry, ledgerFree } from './ledger';
import { panic } from './panic';

/** Allocates `count` contiguous zeroed pages and records who has them, why, and how they are mapped. Panics without memory. */
export function allocatePages(count: u32, owner: u32, purpose: u32, protection: u32): usize {
  const address = tryAllocatePages(count, owner, purpose, protection);
  if (address == 0) panic('there is no memory left below 4 GiB');
  return address;
}

/** As `allocatePages`, but returns 0 without memory. */
export function tryAllocatePages(count: u32, owner: u32, purpose: u32, protection: u32): usize {
  const page = ledgerAllocate(count, 1, PAGES_BELOW_4G, ledgerEntry(owner, purpose, protection));
  if (page < 0) return 0;
  const address = <usize>page * PAGE_BYTES;
  memory.fill(address, 0, <usize>count * PAGE_BYTES);
  return address;
}

/** Gives pages back that `allocatePages` gave to this owner. */
export function freePages(address: usize, count: u32, owner: u32): void {
  if (ledgerFree(address / PAGE_BYTES, count, owner) != 0) panic('pages were returned by one who does not own them');
}

/** Whole pages that hold so many bytes. */
export function pagesFor(bytes: u64): u64 {
  return (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
}
