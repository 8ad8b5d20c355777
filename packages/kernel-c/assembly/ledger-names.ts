/** The ledger's owners, purposes and protections in words. */
import {
  OWNER_CONTROL,
  OWNER_FREE,
  OWNER_INDEX_MASK,
  OWNER_INSTANCE,
  OWNER_KIND_MASK,
  OWNER_MASK,
  OWNER_WORKER,
  PROTECTION_EXECUTE,
  PROTECTION_HELD,
  PROTECTION_READ,
  PROTECTION_WRITE,
  PURPOSE_BOOT_INFORMATION,
  PURPOSE_BUFFER,
  PURPOSE_CHANNEL,
  PURPOSE_DESCRIPTORS,
  PURPOSE_GUARD,
  PURPOSE_HEAP,
  PURPOSE_IMAGE_DATA,
  PURPOSE_IMAGE_RODATA,
  PURPOSE_IMAGE_TEXT,
  PURPOSE_INSTANCE,
  PURPOSE_LEDGER,
  PURPOSE_LOW_MEMORY,
  PURPOSE_PAGE_TABLES,
  PURPOSE_QUARANTINE,
  PURPOSE_RING,
  PURPOSE_SESSION,
  PURPOSE_SHELL,
  PURPOSE_STACK,
  PURPOSE_WORKER_BLOCK,
} from '../layout/ledger';
import { print, printDecimal } from './print';

/** `Thread/C`, `worker 2`, `instance 7`, `free`, `nobody`. */
export function printOwner(entry: u32): void {
  const kind = entry & OWNER_KIND_MASK;
  const index = entry & OWNER_INDEX_MASK;
  if ((entry & OWNER_MASK) == OWNER_FREE) {
    print('free');
  } else if (kind == OWNER_CONTROL) {
    print('Thread/C');
  } else if (kind == OWNER_WORKER) {
    print('worker ');
    printDecimal(index);
  } else if (kind == OWNER_INSTANCE) {
    print('instance ');
    printDecimal(index);
  } else {
    print('nobody');
  }
}

/** Name of a PURPOSE_*. */
export function purposeName(purpose: u32): string {
  if (purpose == PURPOSE_LOW_MEMORY) return 'low memory';
  if (purpose == PURPOSE_BOOT_INFORMATION) return 'boot information';
  if (purpose == PURPOSE_STACK) return 'stack';
  if (purpose == PURPOSE_GUARD) return 'guard page';
  if (purpose == PURPOSE_IMAGE_TEXT) return 'image: text';
  if (purpose == PURPOSE_IMAGE_RODATA) return 'image: read-only data';
  if (purpose == PURPOSE_IMAGE_DATA) return 'image: data';
  if (purpose == PURPOSE_LEDGER) return 'page ledger';
  if (purpose == PURPOSE_PAGE_TABLES) return 'page tables';
  if (purpose == PURPOSE_DESCRIPTORS) return 'descriptor tables';
  if (purpose == PURPOSE_WORKER_BLOCK) return 'worker block';
  if (purpose == PURPOSE_RING) return 'rings';
  if (purpose == PURPOSE_HEAP) return 'heap';
  if (purpose == PURPOSE_BUFFER) return 'buffer';
  if (purpose == PURPOSE_CHANNEL) return 'channel';
  if (purpose == PURPOSE_SHELL) return 'shell';
  if (purpose == PURPOSE_SESSION) return 'shell session';
  if (purpose == PURPOSE_INSTANCE) return 'application';
  if (purpose == PURPOSE_QUARANTINE) return 'quarantine';
  return '-';
}

export function printPurpose(purpose: u32): void {
  print(purposeName(purpose));
}

/** `rw-`, as ls writes it; `rw-1` where only the owner's worker has it mapped. */
export function printProtection(protection: u32): void {
  print(protection & PROTECTION_READ ? 'r' : '-');
  print(protection & PROTECTION_WRITE ? 'w' : '-');
  print(protection & PROTECTION_EXECUTE ? 'x' : '-');
  if (protection & PROTECTION_HELD) print('1');
}
