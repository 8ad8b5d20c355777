/**
 * The intermediate language in which instructions say what they mean.
 *
 * Values are trees of WebAssembly's operators over temporaries, constants and the guest's registers. Integers of every width are i64
 * and zero-extended: the value of `al` lies in 0 to 255. Statements happen in order. What differs between the interpreter and a compiled
 * region (where a register lives, what an immediate is, where flags go, how to leave) is a node here and a method of `Target` there.
 */
import type { OperatorName, ValueType } from '../wasm/operators.ts';

export type Bits = 8 | 16 | 32 | 64 | 128;

/** A register of the guest: the one that stands at an operand, or one by its number. */
export type Location =
  | { readonly file: 'gpr' | 'xmm'; readonly bits: Bits; readonly operand: number }
  | { readonly file: 'gpr'; readonly bits: Bits; readonly register: number }
  | { readonly file: 'direction' }
  /** A word of the settled flags: see flags.ts. */
  | { readonly file: 'flag'; readonly word: 'result' | 'carry' | 'aux' };

export type Value =
  | { readonly kind: 'constant'; readonly type: 'i32' | 'i64' | 'v128'; readonly value: bigint }
  | { readonly kind: 'temporary'; readonly type: ValueType; readonly number: number }
  | {
      readonly kind: 'operation';
      readonly type: ValueType;
      readonly name: OperatorName;
      readonly operands: readonly Value[];
      /** A lane, or the 16 bytes of a shuffle. */
      readonly immediate?: readonly number[];
    }
  | { readonly kind: 'register'; readonly type: ValueType; readonly location: Location }
  /** i64: the immediate, as wide as the first operand; of a near branch its target. */
  | { readonly kind: 'immediate' }
  /** i64: the effective address of the memory operand. */
  | { readonly kind: 'address' }
  /** i64: the address behind the instruction. */
  | { readonly kind: 'next' }
  /** i32: whether a condition of Jcc, by its number in the opcode, holds. */
  | { readonly kind: 'condition'; readonly code: number };

/** How flags come about. They are computed from this when they are read, which is mostly never: see flags.ts. */
export interface FlagSource {
  /** add, sub: with carry or borrow in. settled: `a` and `b` hold the carry and aux words of flags.ts. */
  readonly operation: 'add' | 'sub' | 'logic' | 'settled';
  readonly bits: Bits;
  readonly a: Value;
  readonly b: Value;
  readonly result: Value;
  /** sub without a borrow in: conditions are comparisons of a with b. */
  readonly comparison: boolean;
}

/** Why an instruction leaves for TypeScript. */
export type LeaveReason = 'halt' | 'cpuid' | 'invalid' | 'unsupported';

export type Statement =
  | { readonly kind: 'let'; readonly temporary: number; readonly value: Value }
  | { readonly kind: 'set'; readonly location: Location; readonly value: Value }
  /** host := the host address of guest memory, for `bytes` from `address`; leaves with a fault where there is none. */
  | {
      readonly kind: 'translate';
      readonly host: number;
      readonly address: Value;
      readonly bytes: number;
      readonly write: boolean;
    }
  | { readonly kind: 'load'; readonly temporary: number; readonly host: Value; readonly bits: Bits }
  | { readonly kind: 'store'; readonly host: Value; readonly bits: Bits; readonly value: Value }
  | { readonly kind: 'flags'; readonly source: FlagSource }
  | { readonly kind: 'if'; readonly condition: Value; readonly body: readonly Statement[] }
  /** Runs the body, again while the condition holds afterwards. Each round is complete in itself: RIP stays until the last. */
  | { readonly kind: 'loop'; readonly body: readonly Statement[]; readonly again: Value }
  /** Ends the instruction. Without a condition always; else it goes on behind the instruction where the condition fails. */
  | { readonly kind: 'jump'; readonly target: Value; readonly condition: Value | undefined; readonly hint: JumpHint }
  | { readonly kind: 'leave'; readonly reason: LeaveReason; readonly at: 'this' | 'next' };

/** direct: the target is the immediate. call: that, and the return address was pushed. indirect: the target is computed. */
export type JumpHint = 'direct' | 'call' | 'indirect';

/** The meaning of one instruction with one shape of operands. */
export interface Meaning {
  readonly statements: readonly Statement[];
  /** By number. */
  readonly temporaries: readonly ValueType[];
}
