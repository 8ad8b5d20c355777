/**
 * Where the state of a core lies in linear memory, in bytes. Interpreter, compiled regions and TypeScript share it.
 *
 *   0       nothing: a record or host address of 0 means "leave"
 *   GPR     rax to r15, 8 bytes each. Little endian: al is the byte at its register, ah the next one
 *   ZERO    a register that is always 0: base or index of an address that has none
 *   RIP     of the instruction to restart or to go on with; exact only outside of handlers and regions
 *   FLAG_*  the six status flags, lazily: see flags.ts
 *   BOUNCE  64 bytes that stand for memory which has no single host address: see memory-access.ts
 *   TLB_*   4096 entries of 16 bytes by page number: tag (page address, 8 bytes), addend (host minus guest address, 4 bytes)
 *   JUMPS   4096 entries of 16 bytes by the low bits of RIP: RIP (8 bytes), record (4 bytes)
 */
export const GPR = 64;
export const ZERO = 192;
export const RIP = 200;
/** 1 while DF is 0, -1 while it is 1. */
export const DIRECTION = 208;
export const FLAG_RESULT = 216;
export const FLAG_CARRY = 224;
export const FLAG_AUX = 232;
/** Instructions left to run (8 bytes, signed). Checked at the ends of blocks and in every round of a string instruction. */
export const BUDGET = 240;
/** Why the last run ended (4 bytes): one of the values of Reason. */
export const REASON = 248;
/** Address of the branch target that waits for its record (4 bytes), or 0. */
export const LINK = 252;
export const XMM = 256;
export const BOUNCE = 512;
export const TLB_READ = 0x1_0000;
export const TLB_WRITE = 0x2_0000;
export const TLB_ENTRIES = 4096;
/** No page has this address. */
export const TLB_EMPTY = 1n;
export const JUMPS = 0x3_0000;
export const JUMP_ENTRIES = 4096;
export const RECORDS = 0x4_0000;
export const RECORDS_END = 0x14_0000;

export const Reason = {
  /** The budget is used up. */
  budget: 0,
  /** RIP has no record yet (LINK says where to enter it), or lies outside of the region. */
  transfer: 1,
  /** A memory access was refused; the instruction at RIP has changed nothing. */
  fault: 2,
  /** HLT. RIP is behind it. */
  halt: 3,
  /** CPUID, which TypeScript carries out. RIP is at it. */
  cpuid: 4,
  /** The bytes at RIP are no instruction (#UD). */
  invalid: 5,
  /** The instruction at RIP has no meaning here yet. */
  unsupported: 6,
} as const;

export type ReasonCode = (typeof Reason)[keyof typeof Reason];
