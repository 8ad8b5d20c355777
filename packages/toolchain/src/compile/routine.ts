/** Code that is no function of the module but is called by them: operations on tables and segments, growth, entries from outside. */
import { type CodeBuffer, fs, gs, type Memory, mem, type MemoryBits, type Register, symbol } from '@drift-os/x86-core';
import type { FunctionRecord } from '../object.ts';
import { type CodePoint, FunctionCode } from './code.ts';
import { DWARF_REGISTERS } from './convention.ts';
import { CC } from './lir.ts';
import type { ModuleContext } from './module-context.ts';
import { physical } from './physical.ts';

const rsp = physical(4, 64);

/** What a debugger has to know of a routine's frame, as in FunctionRecord. */
export type RoutineFrame = Pick<FunctionRecord, 'frameBytes' | 'savedRegisters' | 'unwind' | 'prologueBytes'>;

export type RoutineWriter = (routine: Routine) => void;

export interface PlacedRoutine extends RoutineFrame {
  readonly offset: number;
  readonly size: number;
  readonly traps: readonly { readonly offset: number; readonly reason: string }[];
}

interface PointedRow {
  readonly point: CodePoint;
  readonly frameBytes: number;
  readonly saved: number;
}

/** One routine while it is written. */
export class Routine {
  readonly context: ModuleContext;
  readonly code: FunctionCode = new FunctionCode();
  readonly #traps = new Map<string, number>();
  readonly #saved: { dwarf: number; belowCfa: number }[] = [];
  readonly #rows: PointedRow[] = [];
  #frameBytes = 0;

  constructor(context: ModuleContext) {
    this.context = context;
  }

  /** Prologue: pushes registers, then takes `room` bytes of stack. */
  enter(registers: readonly number[], room: number): void {
    for (const register of registers) {
      this.code.emit('push', physical(register, 64));
      this.#saved.push({ dwarf: DWARF_REGISTERS[register] as number, belowCfa: 16 + 8 * this.#saved.length });
      this.#row(8 * this.#saved.length, this.#saved.length);
    }
    if (room > 0) this.code.emit('sub', rsp, room);
    this.#frameBytes = room + 8 * registers.length;
    this.#row(this.#frameBytes, registers.length);
  }

  /** Epilogue and return of a routine that has been entered so. */
  leave(registers: readonly number[], room: number): void {
    if (room > 0) this.code.emit('add', rsp, room);
    this.#row(8 * registers.length, registers.length);
    for (let left = registers.length - 1; left >= 0; left--) {
      this.code.emit('pop', physical(registers[left] as number, 64));
      this.#row(8 * left, left);
    }
    this.code.emit('ret');
    this.#row(this.#frameBytes, registers.length);
  }

  #row(frameBytes: number, saved: number): void {
    this.#rows.push({ point: this.code.here, frameBytes, saved });
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
      frameBytes: this.#frameBytes,
      savedRegisters: this.#saved,
      unwind: this.#rows.map(({ point, frameBytes, saved }) => ({ offset: at(point), frameBytes, saved })),
      // One row for each push, and one for the room.
      prologueBytes: this.#rows.length === 0 ? 0 : at((this.#rows[this.#saved.length] as PointedRow).point) - offset,
      offset,
      size: out.length - offset,
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
