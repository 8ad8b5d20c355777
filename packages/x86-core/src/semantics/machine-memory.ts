/**
 * What the cores of a machine have in common in linear memory, at fixed addresses:
 *
 *   0           static data of the runtime (assembly/)
 *   HOST_PLACE  the mailbox of the thread that runs no core, as if this were a core's base
 *   MARKS_LOCK, BUS_OWNER   words that the threads of a shared memory have in common
 *   PHYSICAL    4 bytes for each 4 KiB page of the first 4 GiB of guest-physical memory: host address of the page and rights; 0: ask the bus
 *   CODE_MAP    a bit for each 16 bytes of host memory: decoded code, or a monitored line, was there
 *   behind it   cores (state.ts) and guest memory, as physical-memory.ts places them
 *
 * AssemblyScript imports this file too: plain numeric constants only.
 */
export const PHYSICAL = 0x10_0000;
export const PHYSICAL_PAGES = 0x10_0000;
/**
 * Rights in an entry of PHYSICAL. CODE: decoded code is on the page, or a line that a core waits for a store to, so that stores to it are looked at.
 * SETTLED: with CODE, that all TLBs have their write entries for the page marked.
 */
export const PAGE_READ = 1;
export const PAGE_WRITE = 2;
export const PAGE_CODE = 4;
export const PAGE_SETTLED = 8;
export const CODE_MAP = 0x50_0000;
/** Shift from host address to bit number. */
export const CODE_GRANULE_BITS = 4;

export const HOST_PLACE = 0xf_0000;
/** 1: a thread changes marks of pages. */
export const MARKS_LOCK = 0xf_2000;
/** Number plus 1 of the core that has stopped the others, or wants to; 0: none. */
export const BUS_OWNER = 0xf_2080;

/** MAXPHYADDR: what CPUID tells, and from where on bits of paging structures are reserved. */
export const PHYSICAL_BITS = 40;

/** How memory is accessed through the page tables, for `translateLinear`: bits. */
export const ACCESS_WRITE = 1;
export const ACCESS_USER = 2;
export const ACCESS_EXECUTE = 4;
/** A supervisor access that EFLAGS.AC does not help (SDM 3A 4.6). */
export const ACCESS_SYSTEM = 8;
/** A supervisor access that may touch user pages whatever EFLAGS.AC says. */
export const ACCESS_ANY = 16;
