/**
 * The intermediate language in which instructions say what they mean.
 *
 * Values are trees of WebAssembly's operators over temporaries, constants and the guest's registers. Integers of every width are i64
 * and zero-extended: the value of `al` lies in 0 to 255. Statements happen in order. What differs between the interpreter and a compiled
 * region (where a register lives, what an immediate is, where flags go, how to leave) is a node here and a method of `Target` there.
 */
import type { OperatorName, ValueType } from '../wasm/operators.ts';
import type { RuntimeFunction } from './runtime.ts';

export type Bits = 8 | 16 | 32 | 48 | 64 | 80 | 128 | 256 | 512;

/** Bits of one access to memory: beyond 64 a vector. */
export type AccessBits = 8 | 16 | 32 | 64 | 128;

/** A register of the guest: the one that stands at an operand, or one by its number. */
export type Location =
  | { readonly file: 'gpr'; readonly bits: Bits; readonly operand: number }
  | { readonly file: 'gpr'; readonly bits: Bits; readonly register: number }
  /** 128: half 0 or 1 of a vector register. Less: its lowest bits, as an i64. */
  | { readonly file: 'vector'; readonly bits: Bits; readonly operand: number; readonly half: 0 | 1 }
  | { readonly file: 'vector'; readonly bits: Bits; readonly register: number; readonly half: 0 | 1 }
  /** The significand of the x87 register that an MMX register is. */
  | { readonly file: 'mmx'; readonly bits: 64; readonly operand: number }
  /** Half 0 or 1 of the vector register that is the index of the address (gathers). */
  | { readonly file: 'vectorIndex'; readonly half: 0 | 1 }
  | { readonly file: 'direction' }
  /** A word of the settled flags: see flags.ts. */
  | { readonly file: 'flag'; readonly word: 'result' | 'carry' | 'aux' }
  /** A field of the state that is no register of the files above, by its offset. */
  | { readonly file: 'state'; readonly bits: AccessBits; readonly offset: number };

/** A segment: that of the memory operand (or of the source of a string instruction), or one by its number, es cs ss ds fs gs. */
export type SegmentReference = 'operand' | number;

export type Value =
  | { readonly kind: 'constant'; readonly type: 'i32' | 'i64' | 'v128'; readonly value: bigint }
  | { readonly kind: 'temporary'; readonly type: ValueType; readonly number: number }
  | {
      readonly kind: 'operation';
      readonly type: ValueType;
      readonly name: OperatorName;
      readonly operands: readonly Value[];
      /** A lane, or the 16 bytes of a shuffle. */
      readonly immediate?: readonly number[] | undefined;
    }
  | {
      readonly kind: 'select';
      readonly type: ValueType;
      /** i32 */
      readonly condition: Value;
      readonly a: Value;
      readonly b: Value;
    }
  | { readonly kind: 'register'; readonly type: ValueType; readonly location: Location }
  /** i64: the immediate, as wide as the first operand; of a near branch its target. */
  | { readonly kind: 'immediate' }
  /** i64: the effective address of the memory operand, truncated to the address size. */
  | { readonly kind: 'address' }
  /** i64: the shift count of the address's index. */
  | { readonly kind: 'scale' }
  /** i64: the offset of this instruction in CS, and the one behind it. */
  | { readonly kind: 'this' }
  | { readonly kind: 'next' }
  /** i32: the base of the core's state. */
  | { readonly kind: 'core' }
  /** i32: whether a condition of Jcc, by its number in the opcode, holds. */
  | { readonly kind: 'condition'; readonly code: number }
  /** i32: the host's arithmetic does. Only as the condition of an `if`. */
  | { readonly kind: 'isHosts'; readonly check: HostCheck };

/** What is asked before the host's result is taken: see float/fast-path.ts. */
export interface HostCheck {
  readonly format: 32 | 64;
  /** all: of vectors. lowest: of f32 or f64. */
  readonly lanes: 'all' | 'lowest';
  /** Temporaries. Without results it is an order that is asked for. */
  readonly parts: readonly { readonly operands: readonly Value[]; readonly result?: Value }[];
  /** What was computed. It tells when a result of zero is right, and how one is recognised that was not rounded. */
  readonly operation: HostOperation;
}

/** Of two operands, but for roots and for what is none of them. */
export type HostOperation =
  | 'sum'
  | 'difference'
  | 'product'
  | 'quotient'
  | 'root'
  | 'alternating sum'
  | 'order'
  | 'other';

/** How flags come about. They are computed from this when they are read, which is mostly never: see flags.ts. */
export interface FlagSource {
  /**
   * add, sub: with carry or borrow in. order: a and b are f32 or f64 by `bits`, compared as COMISD does; the result is not for use. settled: `a` and
   * `b` hold the carry and aux words of flags.ts.
   */
  readonly operation: 'add' | 'sub' | 'logic' | 'order' | 'settled';
  readonly bits: Bits;
  readonly a: Value;
  readonly b: Value;
  readonly result: Value;
  /** Without a carry or borrow in: `a` and `b` say all. Conditions of sub are comparisons of the two. */
  readonly plain: boolean;
}

/** Why an instruction leaves for TypeScript. */
export type LeaveReason = 'yield' | 'assist' | 'events';

/** What an access will do: `modify` reads and then writes. */
export type Access = 'read' | 'write' | 'modify';

export type Statement =
  | { readonly kind: 'let'; readonly temporary: number; readonly value: Value }
  | { readonly kind: 'set'; readonly location: Location; readonly value: Value }
  /** host := the host address of guest memory, for `bytes` from `address` in a segment; leaves with a fault where there is none. */
  | {
      readonly kind: 'translate';
      readonly host: number;
      readonly address: Value;
      readonly segment: SegmentReference;
      readonly bytes: number;
      readonly access: Access;
      /** Which BOUNCE stands for memory that has no single host address. */
      readonly slot: number;
    }
  /** `offset` in bytes from the host address. */
  | {
      readonly kind: 'load';
      readonly temporary: number;
      readonly host: Value;
      readonly offset: number;
      readonly bits: AccessBits;
      /** 32 or 64 bits become the lowest element of a vector, the rest 0. */
      readonly widened: boolean;
    }
  | {
      readonly kind: 'store';
      readonly host: Value;
      readonly offset: number;
      readonly bits: AccessBits;
      readonly value: Value;
    }
  /** Loads what `endAtomic` will replace. What lies between the two is pure: it is done again where another core was faster. */
  | {
      readonly kind: 'beginAtomic';
      readonly temporary: number;
      readonly host: Value;
      readonly bits: 8 | 16 | 32 | 64;
      readonly slot: number;
    }
  | {
      readonly kind: 'endAtomic';
      readonly host: Value;
      readonly bits: 8 | 16 | 32 | 64;
      /** What `beginAtomic` loaded. */
      readonly expected: Value;
      readonly value: Value;
    }
  /** Behind the `commit` of what `endAtomic` stored. */
  | { readonly kind: 'endLocked' }
  /** The other cores stand still up to `unlockBus`: what is replaced has more bits than the host replaces in one step. */
  | { readonly kind: 'lockBus'; readonly host: Value; readonly slot: number }
  | { readonly kind: 'unlockBus' }
  /** All loads and stores before it are made before all those behind it. */
  | { readonly kind: 'fence' }
  /** Stores through a host address are complete. */
  | { readonly kind: 'commit'; readonly host: Value; readonly slot: number }
  | { readonly kind: 'flags'; readonly source: FlagSource }
  | {
      readonly kind: 'if';
      readonly condition: Value;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
      /** The condition seldom holds. */
      readonly unlikely: boolean;
    }
  /** Runs the body, again while the condition holds afterwards. Each round is complete in itself: RIP stays until the last. */
  | {
      readonly kind: 'loop';
      readonly body: readonly Statement[];
      readonly again: Value;
      /** What a round takes from the budget (i64), which may end the run there; undefined where the number of rounds has a bound. */
      readonly cost: Value | undefined;
    }
  /** Calls a runtime function. */
  | {
      readonly kind: 'call';
      readonly name: RuntimeFunction;
      readonly operands: readonly Value[];
      readonly temporary: number | undefined;
    }
  /** Leaves with an exception, where the condition holds. The error code is an i64. */
  | {
      readonly kind: 'raise';
      readonly condition: Value | undefined;
      readonly vector: number;
      readonly errorCode: Value | undefined;
    }
  /** A branch target that is computed: outside of the limit of CS, or not canonical, it is #GP(0). */
  | { readonly kind: 'checkTarget'; readonly target: Value }
  /** Ends the instruction. Without a condition always; else it goes on behind the instruction where the condition fails. */
  | { readonly kind: 'jump'; readonly target: Value; readonly condition: Value | undefined; readonly hint: JumpHint }
  | { readonly kind: 'leave'; readonly reason: LeaveReason; readonly at: 'this' | 'next' };

/** direct: the target is the immediate. call: that, and the return address was pushed. indirect: the target is computed; return: it was popped. */
export type JumpHint = 'direct' | 'call' | 'indirect' | 'return';

/** The meaning of one instruction with one shape of operands. */
export interface Meaning {
  readonly statements: readonly Statement[];
  /** By number. */
  readonly temporaries: readonly ValueType[];
}
