/** What a macro (a sequence with jumps of its own) is given when it is expanded. */
import type { Operand } from '@drift-os/x86-core';
import type { FunctionCode } from './code.ts';
import type { LirInstruction } from './lir.ts';
import type { ModuleContext } from './module-context.ts';

export interface MacroTarget {
  readonly code: FunctionCode;
  readonly context: ModuleContext;
  /** Says that the next instruction may trap, and why. */
  trapHere(reason: string): void;
  /** Label of a trap behind the function. */
  trapLabel(reason: string): number;
}

/** Operands are what `instruction.operands` became: registers, slots, addresses, numbers. */
export type Expansion = (emitter: MacroTarget, instruction: LirInstruction, operands: readonly Operand[]) => void;
