/** Code that is no function of the module but is called by them: operations on tables and segments, growth, entries from outside. */
import { type CodeBuffer, fs, gs, type Memory, mem, type MemoryBits, type Register, symbol } from '@drift-os/x86-core';
import { FunctionCode } from './code.ts';
import { CC } from './lir.ts';
import type { ModuleContext } from './module-context.ts';

/** What a debugger has to know of a routine's frame, as in FunctionRecord. */
export interface RoutineFrame {
  readonly frameBytes: number;
  readonly savedRegisters: readonly { readonly dwarf: number; readonly belowCfa: number }[];
}

const NO_FRAME: RoutineFrame = { frameBytes: 0, savedRegisters: [] };

export type RoutineWriter = (routine: Routine) => void;

export interface PlacedRoutine extends RoutineFrame {
  readonly offset: number;
  readonly size: number;
  readonly prologueBytes: number;
  readonly traps: readonly { readonly offset: number; readonly reason: string }[];
}

/** One routine while it is written. */
export class Routine {
  readonly context: ModuleContext;
  readonly code: FunctionCode = new FunctionCode();
  readonly #traps = new Map<string, number>();
  #frame: RoutineFrame = NO_FRAME;
  #prologue = 0;

  constructor(context: ModuleContext) {
    this.context = context;
  }

  /** Says that the prologue ends here. */
  endPrologue(frame: RoutineFrame): void {
    this.#frame = frame;
    this.#prologue = this.code.here.offset;
  }

  trapIf(condition: keyof typeof CC, reason: string): void {
    this.code.jump(this.trapLabel(reason), CC[condition]);
  }

  trapLabel(reason: string): number {
    let label = this.#traps.get(reason);
    if (label === undefined) {
      label = this.code.newLabel();
      this.#traps.set(reason, label);
    }
    return label;
  }

  place(out: CodeBuffer): PlacedRoutine {
    const offset = out.length;
    for (const label of this.#traps.values()) {
      this.code.bind(label);
      this.code.emit('ud2');
    }
    const at = this.code.place(out);
    return {
      ...this.#frame,
      offset,
      size: out.length - offset,
      prologueBytes: this.#prologue,
      traps: [...this.#traps].map(([reason, label]) => ({ offset: at(this.code.labelPoint(label)), reason })),
    };
  }
}

/** Memory of the instance, `offset` bytes from the start of section `globals`, plus 8 times an index. */
export function instanceMemory(context: ModuleContext, offset: number, bits: MemoryBits, index?: Register): Memory {
  const { globals } = context.options;
  const scale = index === undefined ? 1 : 8;
  if (globals.kind === 'segment') {
    const segment = globals.segment === 'fs' ? fs : gs;
    return mem({ index, scale, displacement: globals.offset + offset, bits, segment });
  }
  const target = symbol(context.globalsSymbol, offset);
  if (index === undefined) return mem({ base: 'rip', symbol: target, bits });
  return mem({ index, scale, symbol: target, bits });
}
