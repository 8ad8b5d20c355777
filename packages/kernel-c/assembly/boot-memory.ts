/** From the loader's memory to the ledger's: reads E820, places the ledger, claims what is in use already. */
import { E820_USABLE } from '@drift-os/abi/layout/boot-info';
import { BOOT_INFO_E820_AT, BOOT_INFO_E820_COUNT_AT, BOOT_INFO_IMAGE_END_AT } from '@drift-os/abi/layout/boot-info';
import { SEGMENT_EXECUTABLE, SEGMENT_WRITABLE } from '@drift-os/abi/layout/image-directory';
import { LOADER_PAGE_TABLES, PAGE_BYTES, TRAMPOLINE } from '@drift-os/abi/layout/memory-map';
import {
  OWNER_CONTROL,
  OWNER_NOBODY,
  PROTECTION_READ,
  PROTECTION_WRITE,
  PURPOSE_BOOT_INFORMATION,
  PURPOSE_GUARD,
  PURPOSE_IMAGE_DATA,
  PURPOSE_IMAGE_RODATA,
  PURPOSE_IMAGE_TEXT,
  PURPOSE_LEDGER,
  PURPOSE_LOW_MEMORY,
  PURPOSE_PAGE_TABLES,
  PURPOSE_STACK,
} from '../layout/ledger';
import { e820Normalize, regionCount, regionEnd, regionStart, regionType } from './e820';
import { controlStack, controlStackBytes, segmentCount, segmentFlags } from './image';
import { ledgerClaim, ledgerEntry, ledgerFree, ledgerInitialize, ledgerMetadataBytes } from './ledger';
import { segmentEnd, segmentProtection, segmentStart } from './mapping';
import { panic } from './panic';

const PAGE: u64 = PAGE_BYTES;
const ADDRESSES: u64 = 1 << 32;
const READ_WRITE: u32 = PROTECTION_READ | PROTECTION_WRITE;
/** The loader's identity map of 4 GiB. */
const LOADER_TABLES: u64 = 6;

/** Lowest room for `bytes` bytes behind the image, in usable RAM below 4 GiB; 0: none. */
function placeBehind(imageEnd: u64, bytes: u64): u64 {
  for (let i: u32 = 0; i < regionCount(); i++) {
    if (regionType(i) != E820_USABLE) continue;
    const start = (max(regionStart(i), imageEnd) + PAGE - 1) & ~(PAGE - 1);
    const end = min(regionEnd(i), ADDRESSES);
    if (start < end && end - start >= bytes) return start;
  }
  return 0;
}

function claim(start: u64, end: u64, owner: u32, purpose: u32, protection: u32): void {
  const page = start / PAGE;
  const count = (end + PAGE - 1) / PAGE - page;
  if (ledgerClaim(page, count, ledgerEntry(owner, purpose, protection)) != 0) {
    panic('what the loader has loaded does not lie in usable memory of its own');
  }
}

function segmentPurpose(flags: u32): u32 {
  if (flags & SEGMENT_EXECUTABLE) return PURPOSE_IMAGE_TEXT;
  return flags & SEGMENT_WRITABLE ? PURPOSE_IMAGE_DATA : PURPOSE_IMAGE_RODATA;
}

/** Makes the ledger from the boot information. The loader's page tables stay claimed until `bootMemoryRelease`. */
export function bootMemoryInitialize(bootInfo: usize): void {
  e820Normalize(bootInfo + BOOT_INFO_E820_AT, load<u32>(bootInfo, BOOT_INFO_E820_COUNT_AT));
  const bytes = ledgerMetadataBytes();
  const metadata = placeBehind(load<u64>(bootInfo, BOOT_INFO_IMAGE_END_AT), bytes);
  if (metadata == 0) panic('the page ledger does not fit into the memory below 4 GiB');
  ledgerInitialize(<usize>metadata);
  claim(metadata, metadata + bytes, OWNER_CONTROL, PURPOSE_LEDGER, READ_WRITE);
  claim(0, PAGE, OWNER_NOBODY, PURPOSE_LOW_MEMORY, 0);
  claim(TRAMPOLINE, TRAMPOLINE + PAGE, OWNER_CONTROL, PURPOSE_LOW_MEMORY, READ_WRITE);
  claim(bootInfo, bootInfo + PAGE, OWNER_CONTROL, PURPOSE_BOOT_INFORMATION, READ_WRITE);
  const tables: u64 = LOADER_PAGE_TABLES;
  claim(tables, tables + LOADER_TABLES * PAGE, OWNER_CONTROL, PURPOSE_PAGE_TABLES, READ_WRITE);
  const stack: u64 = controlStack();
  claim(stack - PAGE, stack, OWNER_CONTROL, PURPOSE_GUARD, 0);
  claim(stack, stack + controlStackBytes(), OWNER_CONTROL, PURPOSE_STACK, READ_WRITE);
  for (let i: u32 = 0; i < segmentCount(); i++) {
    if (segmentStart(i) == segmentEnd(i)) continue;
    claim(segmentStart(i), segmentEnd(i), OWNER_CONTROL, segmentPurpose(segmentFlags(i)), segmentProtection(i));
  }
}

/** Frees the loader's page tables, once Thread/C runs on its own. */
export function bootMemoryRelease(): void {
  ledgerFree(<u64>LOADER_PAGE_TABLES / PAGE, LOADER_TABLES, OWNER_CONTROL);
}
