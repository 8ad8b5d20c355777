/**
 * The page ledger's vocabulary. One u32 for every page of usable RAM; 0 is a free page.
 *
 * ```
 *  31    28 27      24 23         16 15   12 11         0
 * |   0    | protection |  purpose   | kind  |  index     |
 *                                     `---- owner ----'
 * ```
 */
export const OWNER_FREE = 0;
/** Thread/C. */
export const OWNER_CONTROL = 0x1000;
/** Plus the worker's number. */
export const OWNER_WORKER = 0x2000;
/** Plus the application instance's number. */
export const OWNER_INSTANCE = 0x3000;
/** Pages that nobody may use: page 0, and what the firmware keeps in usable RAM. */
export const OWNER_NOBODY = 0x4000;
export const OWNER_KIND_MASK = 0xf000;
export const OWNER_INDEX_MASK = 0x0fff;
export const OWNER_MASK = 0xffff;

export const PURPOSE_SHIFT = 16;
export const PURPOSE_MASK = 0xff;
export const PURPOSE_NONE = 0;
export const PURPOSE_LOW_MEMORY = 1;
export const PURPOSE_BOOT_INFORMATION = 2;
export const PURPOSE_STACK = 3;
export const PURPOSE_GUARD = 4;
export const PURPOSE_IMAGE_TEXT = 5;
export const PURPOSE_IMAGE_RODATA = 6;
export const PURPOSE_IMAGE_DATA = 7;
export const PURPOSE_LEDGER = 8;
export const PURPOSE_PAGE_TABLES = 9;
export const PURPOSE_DESCRIPTORS = 10;
export const PURPOSE_WORKER_BLOCK = 11;
export const PURPOSE_RING = 12;
export const PURPOSE_HEAP = 13;
export const PURPOSE_BUFFER = 14;
export const PURPOSE_CHANNEL = 15;
export const PURPOSE_SHELL = 16;
export const PURPOSE_INSTANCE = 17;
/** Given back, and not free before every worker has dropped its old mapping. */
export const PURPOSE_QUARANTINE = 18;
/** A session of the shell over a channel. */
export const PURPOSE_SESSION = 19;
export const PURPOSES = 20;

export const PROTECTION_SHIFT = 24;
export const PROTECTION_MASK = 0xf;
export const PROTECTION_READ = 1;
export const PROTECTION_WRITE = 2;
export const PROTECTION_EXECUTE = 4;
/** Mapped for the owner's worker alone. */
export const PROTECTION_HELD = 8;

/** Errors of the ledger, as negative page numbers or results. */
export const LEDGER_NO_MEMORY = -1;
export const LEDGER_BAD_ARGUMENT = -2;
export const LEDGER_NOT_RAM = -3;
export const LEDGER_NOT_OWNER = -4;

/** Longest contiguous run, as a power of two of pages: 1 GiB. */
export const MAXIMUM_ORDER = 18;
