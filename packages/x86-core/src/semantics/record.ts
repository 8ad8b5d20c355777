/**
 * A decoded instruction in the interpreter's cache: one line of 64 bytes, all that its handler needs. The next instruction of a block is the next record.
 *
 *   0  handler     index in the table of functions
 *   4  operands    addresses in the state of the registers at operands 0 to 2 (an `ah` is the address of `al` plus 1)
 *  16  base        address of the base register, or of ZERO
 *  20  index       address of the index register, or of ZERO
 *  24  scale       shift count of the index (1 byte)
 *  26  count       instructions of the block up to this one (2 bytes)
 *  28  target      the record of the branch target, or 0: not known yet
 *  32  immediate   as wide as the first operand, zero-extended; of a near branch its target
 *  40  displacement   sign-extended; with RIP as base the whole address
 *  48  rip         of this instruction
 *  56  next        rip of the next one
 */
export const RECORD_BYTES = 64;
export const HANDLER = 0;
export const OPERANDS = 4;
export const BASE = 16;
export const INDEX = 20;
export const SCALE = 24;
export const COUNT = 26;
export const TARGET = 28;
export const IMMEDIATE = 32;
export const DISPLACEMENT = 40;
export const INSTRUCTION_RIP = 48;
export const NEXT_RIP = 56;
