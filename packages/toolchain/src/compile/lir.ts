/**
 * Machine instructions on virtual registers: what selection makes, allocation fills with registers, and emission encodes.
 *
 * A register is a number: 0 to 15 are the general registers in their encoding's order, 16 to 31 are xmm0 to xmm15, and
 * everything from FIRST_VIRTUAL on is virtual. Virtual registers are written by one instruction, or by a move and
 * the two-address instructions right behind it.
 */
import type { Block } from '../ir/graph.ts';

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
export const XMM0 = 16;
export const FIRST_VIRTUAL = 32;
/** No register. */
export const NONE = -1;

/** Pseudo base registers of stack memory, resolved when the frame is laid out. */
export const FRAME_OUTGOING = -2 as const;
export const FRAME_INCOMING = -3 as const;

export type Width = 8 | 16 | 32 | 64 | 128;

export const USE = 0;
export const DEFINE = 1;
/** Reads and writes: the first operand of two-address instructions. */
export const MODIFY = 2;
export type Role = 0 | 1 | 2;

export interface RegisterOperand {
  readonly kind: 'register';
  register: number;
  readonly bits: Width;
  readonly role: Role;
  /** The instruction also takes a stack slot in its place. */
  readonly memoryAllowed: boolean;
}

export interface MemoryOperand {
  readonly kind: 'memory';
  /** 0 where the instruction determines the size. */
  readonly bits: Width | 0;
  readonly base: number;
  readonly index: number;
  readonly scale: 1 | 2 | 4 | 8;
  readonly displacement: number;
  readonly symbol: string | undefined;
  readonly segment: 'fs' | 'gs' | undefined;
  /** The address is computed modulo 2^32 (address-size prefix). */
  readonly wrap: boolean;
}

export interface SymbolOperand {
  readonly kind: 'symbol';
  readonly name: string;
  readonly addend: number;
}

/** A number is an immediate; where 64 bits are meant it is signed and a bigint when it does not fit 53 bits. */
export type LirOperand = RegisterOperand | MemoryOperand | SymbolOperand | number | bigint;

/** A memory operand at a symbol, or at nothing yet. */
export function symbolMemory(symbol: string | undefined, bits: Width | 0): MemoryOperand {
  return {
    kind: 'memory',
    bits,
    base: NONE,
    index: NONE,
    scale: 1,
    displacement: 0,
    symbol,
    segment: undefined,
    wrap: false,
  };
}

/** Whether an immediate of 32 bits, sign-extended, can hold the value. */
export function fitsSigned32(value: bigint): boolean {
  return value >= -0x80000000n && value <= 0x7fffffffn;
}

/** A value that has to be in `to`, a physical register or the place of a stack argument, when the instruction starts. */
export interface ParallelMove {
  readonly to: number;
  /** Byte offset in the stack arguments where `to` is FRAME_OUTGOING or FRAME_INCOMING. */
  readonly slot: number;
  /** A virtual register, or a constant. */
  readonly from: number | LirConstant;
  readonly bits: Width;
}

export interface LirConstant {
  readonly value: bigint;
}

/**
 * `move` may be dropped when both sides get one register. `zero` clears its register (and the flags). `trap-if` leaves for a
 * trap when `condition` holds. `switch` goes to a successor by the value of its register. `macro` expands to several instructions once registers are known (see macros.ts).
 */
export type LirKind = 'normal' | 'move' | 'zero' | 'call' | 'return' | 'switch' | 'tail-call' | 'trap-if' | 'macro';

export class LirInstruction {
  readonly mnemonic: string;
  readonly operands: readonly LirOperand[];
  readonly kind: LirKind;
  /** Byte offset of the WebAssembly instruction it belongs to. */
  origin = 0;
  /** Physical registers read and written besides the operands. */
  reads: readonly number[] = NOTHING;
  writes: readonly number[] = NOTHING;
  moves: readonly ParallelMove[] = [];
  /** Why it may trap: by the hardware's exception, or by `trap-if`. */
  trap: string | undefined;
  /** Of `trap-if` and of macros that branch. */
  condition = 0;
  /** Suffix of the scalar instructions of a macro on floats. */
  float: 'ss' | 'sd' = 'sd';
  /** Operands are still read after the first results are written: they get other registers. */
  lateReads = false;
  /** Index in the function's instructions, times two: operands are read there and results written one later. */
  position = 0;

  constructor(mnemonic: string, operands: readonly LirOperand[], kind: LirKind = 'normal') {
    this.mnemonic = mnemonic;
    this.operands = operands;
    this.kind = kind;
  }
}

const NOTHING: readonly number[] = [];

export interface LirPhi {
  readonly register: number;
  readonly bits: Width;
  /** In the order of the block's predecessors. */
  readonly inputs: (number | LirConstant)[];
}

/**
 * Condition codes as the encodings number them (SDM 2 B.1.4.7), and two that need two tests: EQUAL_ORDERED (ZF = 1 and PF = 0)
 * and its opposite UNEQUAL_OR_UNORDERED.
 */
export const CC = {
  o: 0,
  no: 1,
  b: 2,
  ae: 3,
  e: 4,
  ne: 5,
  be: 6,
  a: 7,
  s: 8,
  ns: 9,
  p: 10,
  np: 11,
  l: 12,
  ge: 13,
  le: 14,
  g: 15,
  equalOrdered: 16,
  unequalOrUnordered: 17,
} as const;
export const CC_NAMES: readonly string[] = [
  'o',
  'no',
  'b',
  'ae',
  'e',
  'ne',
  'be',
  'a',
  's',
  'ns',
  'p',
  'np',
  'l',
  'ge',
  'le',
  'g',
];

export function negateCondition(condition: number): number {
  return condition ^ 1;
}

export class LirBlock {
  /** Place in the order of allocation. */
  readonly index: number;
  readonly source: Block | undefined;
  readonly loopDepth: number;
  instructions: LirInstruction[] = [];
  readonly phis: LirPhi[] = [];
  readonly predecessors: LirBlock[] = [];
  readonly successors: LirBlock[] = [];
  /** `branch`: to successors[0] if `condition` holds, else to successors[1]. `none`: the last instruction leaves. */
  end: 'jump' | 'branch' | 'none' | 'trap' = 'none';
  /** Of a block that ends in a switch instruction: index into `successors` for every value, the default last. */
  switch: { readonly cases: readonly number[] } | undefined = undefined;
  condition = 0;
  /** Of a trap. */
  reason = '';
  origin = 0;
  /** Label of the first instruction and of the byte behind the last, as positions. */
  from = 0;
  to = 0;
  isLoopHeader = false;
  /** Position behind the last block of the loop that this block heads; 0 where it heads none. */
  loopEnd = 0;

  constructor(index: number, source: Block | undefined, loopDepth: number) {
    this.index = index;
    this.source = source;
    this.loopDepth = loopDepth;
  }
}

/** A jump table in read-only data: the addresses of the blocks that the switch at the end of `block` leads to. */
export interface JumpTable {
  readonly symbol: string;
  readonly block: LirBlock;
}

export class LirFunction {
  readonly name: string;
  blocks: LirBlock[] = [];
  /** 0 general, 1 xmm; by virtual register minus FIRST_VIRTUAL. */
  readonly classes: number[] = [];
  /** Width of what a virtual register holds: 32 (the upper half of a general register is zero), 64 or 128. */
  readonly widths: Width[] = [];
  /** Bytes of outgoing stack arguments. */
  outgoingBytes = 0;
  makesCalls = false;
  /** Physical registers that hold nothing of this function. */
  reserved: readonly number[] = [];
  readonly jumpTables: JumpTable[] = [];

  constructor(name: string) {
    this.name = name;
  }

  newRegister(registerClass: 0 | 1, width: Width): number {
    this.classes.push(registerClass);
    this.widths.push(width);
    return FIRST_VIRTUAL + this.classes.length - 1;
  }
}
