/**
 * How a region is entered: the first record of a block that a region stands for, in place of an instruction's (record.ts).
 *
 *   0  handler    index of the region's function in the table
 *   4  number     of the block in the region's dispatcher
 *   8  key        JUMPS_KEY for which the region's pages were last found to be mapped as they were when it was compiled
 *  12  sites      address of the region's sites: see below
 *  16  pages      address of the list of its pages, 16 bytes each: linear page (8 bytes), physical page (4 bytes)
 *  20  count      of them; 1: the page of the block itself, which needs no look
 *  24  fallback   the record to go on with where they are mapped otherwise: the block as the interpreter runs it
 *  56  rip        as in every record
 *
 * A site is an exit of a region, 64 bytes: how often it was taken (4 bytes), and the lower halves of the last 15 places where it went.
 *
 * AssemblyScript imports this file too: plain numeric constants only.
 */
export const ENTRY_NUMBER = 4;
export const ENTRY_KEY = 8;
export const ENTRY_SITES = 12;
export const ENTRY_PAGES = 16;
export const ENTRY_PAGE_COUNT = 20;
export const ENTRY_FALLBACK = 24;

export const PAGE_BYTES = 16;
export const PAGE_PHYSICAL = 8;

export const SITE_BYTES = 64;
export const SITE_TARGETS = 15;
