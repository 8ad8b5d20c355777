/**
 * A decoded instruction in the interpreter's cache: one line of 64 bytes, all that its handler needs. The next instruction of a block is the next
 * record. Addresses are absolute.
 *
 *   0  handler     index in the table of functions
 *   4  operands    addresses of the registers at operands 0 to 3 (an `ah` is the address of `al` plus 1)
 *  16  taken       of a branch: how often it was taken
 *  20  base        address of the base register, or of ZERO
 *  24  index       address of the index register, or of ZERO
 *  28  segment     address of the memory operand's segment
 *  32  scale       shift count of the index (1 byte)
 *  33  length      of the instruction (1 byte)
 *  34  count       instructions of the block up to this one (2 bytes)
 *  36  target      the record of the branch target; 0: not known yet; 1: look it up in JUMPS. Of what TypeScript carries out: which function of the
 *                  runtime does it where all is as usual, or 0
 *  40  immediate   as wide as the first operand, zero-extended; of a near branch its target; a second immediate is in the upper half
 *  48  displacement   sign-extended; with RIP as base the whole address
 *  56  rip         of this instruction
 */
export const RECORD_BYTES = 64;
export const HANDLER = 0;
export const OPERANDS = 4;
export const TAKEN = 16;
export const BASE = 20;
export const INDEX = 24;
export const SEGMENT = 28;
export const SCALE = 32;
export const LENGTH = 33;
export const COUNT = 34;
export const TARGET = 36;
export const IMMEDIATE = 40;
export const DISPLACEMENT = 48;
export const INSTRUCTION_RIP = 56;

/** In TARGET. */
export const TARGET_IN_JUMPS = 1;

/** At TARGET of what TypeScript carries out. */
export const USUALLY = 36;
export const USUALLY_IRETD = 1;
export const USUALLY_IRETQ = 2;
export const USUALLY_SYSCALL = 3;
export const USUALLY_SYSRETQ = 4;
export const USUALLY_SWAPGS = 5;
export const USUALLY_STAC = 6;
export const USUALLY_CLAC = 7;

/**
 * How often a branch is taken from one time that TypeScript looks at its target to the next, by default: a power of two. Compiling an instruction takes
 * as long as to interpret some ten thousand, so what is taken less often than that is likely never worth it.
 */
export const TAKEN_PERIOD = 32768;

/** The handler of records that were dropped: it leaves before the instruction. */
export const STALE_HANDLER = 1;
