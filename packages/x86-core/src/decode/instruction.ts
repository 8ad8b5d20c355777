/** What the decoder gives. */
import type { Mode, Operand, Register } from '../operand.ts';
import type { Row } from '../table/notation.ts';

export interface Instruction {
  readonly kind: 'instruction';
  readonly row: Row;
  readonly mode: Mode;
  /** In bytes, 1 to 15. */
  readonly length: number;
  /** As the row lists them. Relative targets are numbers, counted from the end of the instruction. */
  readonly operands: readonly Operand[];
  /** Bits of the operand size in effect: 16, 32 or 64. */
  readonly operandSize: 16 | 32 | 64;
  /** Bits of the address size in effect. */
  readonly addressSize: 16 | 32 | 64;
  readonly lock: boolean;
  /** The last REP prefix where the row does not take it as its own: 0xf3, 0xf2, or 0. */
  readonly repeat: 0 | 0xf2 | 0xf3;
  /** The last segment prefix that counts: in 64-bit mode only FS and GS do. Memory operands carry it too; string instructions only here. */
  readonly segment: Register | undefined;
  /** Where the displacement and the immediates start, in bytes from the start of the instruction; -1 where there is none. */
  readonly displacementOffset: number;
  readonly immediateOffset: number;
}

export interface DecodeFailure {
  readonly kind: 'failure';
  /** `truncated`: the bytes end inside the instruction. `too long`: it has more than 15 bytes (#GP). `invalid`: no such instruction (#UD). */
  readonly reason: 'truncated' | 'too long' | 'invalid';
}

export type Decoded = Instruction | DecodeFailure;
