/**
 * Where things stand in physical memory before Thread/C has a ledger. All addresses are physical and identity-mapped.
 * This file is read by TypeScript and by AssemblyScript: only `export const NAME = integer`.
 *
 * ```
 * 0x0000_0000  page 0              never mapped once Thread/C has made its page tables
 * 0x0000_1000  trampoline          16-bit entry of the other cores (SIPI vector 01h), and its parameters
 * 0x0000_2000  boot information    one page, see boot-info.ts; the E820 list is in it
 * 0x0000_6000  boot stack          grows down from 0x0000_7000: on no page with code
 * 0x0000_7c00  boot sector
 * 0x0000_7e00  disk header and loader, right behind the boot sector, as on disk
 * 0x0001_0000  disk buffer         64 KiB, for real-mode reads
 * 0x0002_0000  loader stack        grows down from 0x0003_0000
 * 0x0003_0000  loader page tables  6 pages: identity map of the first 4 GiB in 2 MiB pages
 * 0x0010_0000  Thread/C data       static data of kernel-c, then (linked behind each other)
 * 0x0020_0000  Thread/W data       static data of kernel-w
 * 0x0028_0000  image               application data, text, read-only data: whatever the linker places
 * ```
 */
export const PAGE_BYTES = 4096;
export const TRAMPOLINE = 0x1000;
export const BOOT_INFO = 0x2000;
export const BOOT_STACK_TOP = 0x7000;
export const BOOT_SECTOR = 0x7c00;
export const LOADER = 0x7e00;
export const DISK_BUFFER = 0x10000;
export const DISK_BUFFER_BYTES = 0x10000;
export const LOADER_STACK_TOP = 0x30000;
export const LOADER_PAGE_TABLES = 0x30000;
export const VGA_TEXT = 0xb8000;
/** asc `--memoryBase` of kernel-c, and the most bytes of static data it may have. */
export const KERNEL_C_DATA = 0x100000;
export const KERNEL_C_DATA_LIMIT = 0x100000;
export const KERNEL_W_DATA = 0x200000;
export const KERNEL_W_DATA_LIMIT = 0x80000;
/** First address that the linker gives out. */
export const IMAGE = 0x280000;
/** Least memory Drift boots with, in bytes; the loader says so when there is less. */
export const MINIMUM_MEMORY = 0x1000000;
