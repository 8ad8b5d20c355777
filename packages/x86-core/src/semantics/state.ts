/**
 * The state of a core: offsets in bytes from the core's base in linear memory. Interpreter, compiled regions, runtime functions (assembly/) and
 * TypeScript share it. Several cores lie in one memory; what they have in common is in machine-memory.ts.
 *
 * AssemblyScript imports this file too: plain numeric constants only.
 */

/** rax to r15, 8 bytes each. Little endian: al is the byte at its register, ah the next one. */
export const GPR = 0x40;
/** A register that is always 0: base or index of an address that has none. */
export const ZERO = 0xc0;
/** Offset in CS of the instruction to restart or to go on with; exact only outside of handlers and regions. */
export const RIP = 0xc8;
/** 1 while DF is 0, -1 while it is 1 (8 bytes). */
export const DIRECTION = 0xd0;
/** The six status flags, lazily: see flags.ts. */
export const FLAG_RESULT = 0xd8;
export const FLAG_CARRY = 0xe0;
export const FLAG_AUX = 0xe8;
/** Instructions left to run (8 bytes, signed). Checked at the ends of blocks and in every round of a string instruction. */
export const BUDGET = 0xf0;
/** Why the last run ended (4 bytes): one of the values of Reason. */
export const REASON = 0xf8;
/** Address of the branch target field that waits for its record (4 bytes), or 0. */
export const LINK = 0xfc;
/** TF IF IOPL NT RF VM AC VIF VIP ID at their bits of RFLAGS, all others 0 (4 bytes). */
export const RFLAGS_SYSTEM = 0x100;
/** Not 0: leave at the end of the block (4 bytes). Other threads set it too. */
export const EVENTS = 0x104;
/** What EVENTS becomes once IF is set: a maskable interrupt waits (4 bytes). */
export const PENDING = 0x108;
/** 0 to 3 (4 bytes). */
export const CPL = 0x10c;
/** RIP of the one instruction before which no interrupt is taken (STI, MOV SS), or INHIBIT_NONE (8 bytes). */
export const INHIBIT = 0x110;
/** Address of the TLB set in use (4 bytes). */
export const TLB = 0x118;
/** What an entry of JUMPS must hold to be valid now: stands for the mapping and, in its lowest MODE_BITS bits, the mode (4 bytes). */
export const JUMPS_KEY = 0x11c;
export const MODE_BITS = 8;
/** The exception that a fault reports: vector, error code, whether it has one (4 bytes each), and for #PF the linear address (8 bytes). */
export const EXCEPTION_VECTOR = 0x120;
export const EXCEPTION_CODE = 0x124;
export const EXCEPTION_HAS_CODE = 0x128;
/** 1: a #GP that an access raised; it is #SS where the operand's segment is SS (4 bytes). */
export const EXCEPTION_ACCESS = 0x12c;
export const EXCEPTION_ADDRESS = 0x130;
/** The record that left, where its reason is an instruction's (4 bytes). */
export const RECORD = 0x138;
/** 1 while EFER.LMA is set (4 bytes). */
export const LONG_MODE = 0x13c;

/** 8 bytes each. */
export const CR0 = 0x140;
export const CR2 = 0x148;
export const CR3 = 0x150;
export const CR4 = 0x158;
/** PAUSE instructions until the core yields (4 bytes). */
export const PAUSES = 0x160;
/** While a region runs: what the words FLAG_CARRY, FLAG_AUX and FLAG_RESULT are (4 bytes); 0: settled flags. See region-flags.ts. */
export const FLAG_KIND = 0x164;
/** 8 bytes each. */
export const XCR0 = 0x168;
export const EFER = 0x170;
/** While a region runs: what its budget was lowered by, so that it ends soon (8 bytes): see region-calls.ts. */
export const WITHHELD = 0x178;
/** DR0 to DR7, 8 bytes each; 4 and 5 are unused. */
export const DR = 0x180;
/** Base (8 bytes) and limit (4 bytes, 16 bits of it). */
export const GDTR = 0x1c0;
export const IDTR = 0x1d0;
/** 4 bytes each. */
export const MXCSR = 0x1e0;
export const PKRU = 0x1e4;

/** ymm0 to ymm15, 32 bytes each, the low half first: xmm n is at YMM + 32 n. */
export const YMM = 0x200;
/** The eight physical registers, 16 bytes each: significand (8 bytes), sign and exponent (2 bytes). MMX register n is the significand of the n-th. */
export const ST = 0x400;
/** Control word; status word without TOP; TOP (0 to 7); a bit for each physical register that is empty. 4 bytes each. */
export const X87_CONTROL = 0x480;
export const X87_STATUS = 0x484;
export const X87_TOP = 0x488;
export const X87_EMPTY = 0x48c;
/** Last instruction and operand: offsets (8 bytes), selectors and opcode (4 bytes). */
export const X87_IP = 0x490;
export const X87_DP = 0x498;
export const X87_CS = 0x4a0;
export const X87_DS = 0x4a4;
export const X87_OPCODE = 0x4a8;

/**
 * es cs ss ds fs gs ldtr tr, 32 bytes each:
 *
 *    0  base              8 bytes
 *    8  limit             in bytes, scaled
 *   12  first, last       offsets that may be read; none: first 1, last 0
 *   20  first, last       offsets that may be written
 *   28  selector          2 bytes
 *   30  attributes        2 bytes: bits 8 to 23 of the descriptor's second word, limit bits masked out (type, S, DPL, P, AVL, L, D, G)
 */
export const SEGMENTS = 0x500;
export const SEGMENT_BYTES = 32;
export const SEGMENT_BASE = 0;
export const SEGMENT_LIMIT = 8;
export const SEGMENT_READ = 12;
export const SEGMENT_WRITE = 20;
export const SEGMENT_SELECTOR = 28;
export const SEGMENT_ATTRIBUTES = 30;

/** MSRs that are read often, 8 bytes each. FS_BASE and GS_BASE are the bases in SEGMENTS. */
export const KERNEL_GS_BASE = 0x600;
export const STAR = 0x608;
export const LSTAR = 0x610;
export const CSTAR = 0x618;
export const SFMASK = 0x620;
export const TSC_AUX = 0x628;
export const SYSENTER_CS = 0x630;
export const SYSENTER_ESP = 0x638;
export const SYSENTER_EIP = 0x640;

/** The four that CR3 loads in PAE paging, 8 bytes each (SDM 3A 4.4.1). */
export const PDPTES = 0x648;

/** Four places that stand for memory which has no single host address: see lowering.ts. */
export const BOUNCE = 0x700;
export const BOUNCE_BYTES = 128;
export const BOUNCE_SLOTS = 4;
/** Where the bytes of a BOUNCE belong, 32 bytes each: see assembly/translate.ts. */
export const BOUNCE_PLACES = 0x900;

/** How many TLB entries are listed in TLB_USED (4 bytes): see assembly/tlb.ts. */
export const TLB_USED_COUNT = 0xa00;
/** As TLB_USED_COUNT, of TLB_USED_GLOBAL. */
export const TLB_USED_GLOBAL_COUNT = 0xa04;
/** Not 0: every access is told to the import `watch` (4 bytes). */
export const WATCHED = 0xa08;
/** Number of the present mode plus 1, or 0 where TypeScript finds blocks, and sees every exception (4 bytes): see assembly/find.ts, go-on.ts. */
export const FIND_MODE = 0xa0c;
/** Where in its page the address lay that `translate` was last called with, if the page is in the TLB now; else NOWHERE, which no distance makes a place in a page (4 bytes). */
export const TRANSLATED = 0xa10;
export const NOWHERE = 0x4000_0000;
/** Generations of the second level of the TLB: of what is not global, of what is, of what is for writes (4 bytes each). */
export const SECOND_GENERATIONS = 0xa14;
/** What `translate` returned last (4 bytes): loaded again, the engine knows that there is no upper half to clear. */
export const TRANSLATED_HOST = 0xa20;
/** In a region that computes with floating-point numbers (i32): see float/host-floats.ts. */
export const FLOATS_ODD = 0xa24;
/** The tag of the TLB that did not fit an access (8 bytes). Nobody reads it: V8 loads a tag that is only compared twice, one of more uses once. */
export const REFUSED_TAG = 0xa28;
/** In which GiB of linear addresses entries stand for parts of large pages, so that INVLPG forgets all: a bit of a hash, of pages that are not global, and of global ones (8 bytes each). */
export const TLB_LARGE = 0xa30;
/** Two records for code that is not cached. */
export const SCRATCH_RECORDS = 0xa40;
// 0x1e8, and 0xb00 to 0xc00: fields that only floating point uses, in float/state.ts.
/** A page walk under way: places and values of the entries that it used, 8 bytes each, for five levels. */
export const WALK_PLACES = 0xc00;
export const WALK_VALUES = 0xc28;
// 0xc80 to 0x1000: what other threads write, in mailbox.ts.
/** Indices of TLB entries that were filled for pages that are not global, and for global ones (2 bytes each). */
export const TLB_USED = 0x1000;
export const TLB_USED_GLOBAL = 0x5000;
export const TLB_USED_MAX = 0x2000;
/** Modes that FIND_MODE may have, by a hash of their fingerprints: fingerprint, number plus 1 (4 bytes each): see assembly/mode.ts. */
export const MODES = 0x9000;
export const MODE_ENTRIES = 128;
/**
 * Four sets, each with TLB_ENTRIES entries for reads and then as many for writes: user; supervisor; supervisor with access to user pages (SMAP); and
 * one that stays empty, in use while every access is looked at (alignment checking, watched addresses).
 */
export const TLB_SETS = 0x1_0000;
export const TLB_USER = 0;
export const TLB_SUPERVISOR = 1;
export const TLB_SUPERVISOR_AC = 2;
export const TLB_CHECKED = 3;
export const TLB_SET_BYTES = 0x2_0000;
/** An entry, by page number: tag (page address, 8 bytes), addend (host minus guest address, 4 bytes), global and lists (4 bytes). */
export const TLB_ENTRIES = 4096;
/** In the tag of an entry for writes: the page holds decoded code. Inlined checks miss it, `translate` knows it. */
export const TLB_CODE = 2;
/** From the entry for reads to the one for writes. */
export const TLB_WRITE = 0x1_0000;
/** An entry, by the low bits of RIP: RIP (8 bytes), record (4 bytes), JUMPS_KEY (4 bytes). */
export const JUMPS = 0x9_0000;
export const JUMP_ENTRIES = 4096;
/** Blocks that `find` knows, by their physical address: RIP (8 bytes), physical address, mode as in FIND_MODE, first record (4 bytes each), unused. */
export const BLOCKS = 0xa_0000;
export const BLOCK_ENTRIES = 8192;
/** Pages that code was fetched from: linear page (8 bytes), physical page, JUMPS_KEY (4 bytes each). */
export const EXECUTE_TLB = 0xe_0000;
export const EXECUTE_ENTRIES = 512;
/**
 * The second level of the TLB, by a hash of set, kind and page: tag (8 bytes), addend (4), generation and whose (4): see assembly/second-level.ts. Enough
 * for 256 MiB.
 */
export const SECOND_LEVEL = 0xf_0000;
export const SECOND_ENTRIES = 65536;
/** Sites and page lists of the regions that the core uses: see region-entry.ts. */
export const REGION_AREA = 0x1f_0000;
export const REGION_AREA_BYTES = 0x40_0000;
export const RECORDS = 0x5f_0000;

/** No page has this address. */
export const TLB_EMPTY = 1;
/** No instruction is there. */
export const INHIBIT_NONE = -1;
