/** What the code of a module does that the compilation of every function has to know ahead: see `ModuleUsage`. */
import { WasmError } from '../wasm/error.ts';
import { Instruction } from '../wasm/instruction.ts';
import { ByteReader } from '../wasm/reader.ts';
import type { Function, FunctionType, Module } from '../wasm/types.ts';
import { readLocals } from '../wasm/validate.ts';
import { argumentPlaces, resultPlaces } from './convention.ts';

export interface ModuleUsage {
  /** Tables that some instruction but call_indirect reads or writes; all others are constant. */
  readonly accessedTables: ReadonlySet<number>;
  readonly grownTables: ReadonlySet<number>;
  /**
   * Bytes behind the return address that functions of the module may write: stack arguments of tail calls, and results that find
   * no register. Every caller leaves room for them.
   */
  readonly incomingBytes: number;
  /** Where in them the results start: behind all stack arguments, so that it is the same after a tail call. */
  readonly resultsOffset: number;
}

const RETURN_CALL = 0x12;
const RETURN_CALL_INDIRECT = 0x13;
const TABLE_GET = 0x25;
const TABLE_SET = 0x26;
const TABLE_INIT = 0xfc0c;
const TABLE_COPY = 0xfc0e;
const TABLE_GROW = 0xfc0f;
const TABLE_FILL = 0xfc11;

export function moduleUsage(module: Module): ModuleUsage {
  const accessedTables = new Set<number>();
  const grownTables = new Set<number>();
  const stackBytes = (type: FunctionType | undefined): number => argumentPlaces(type?.parameters ?? []).stackBytes;
  const hasStackArguments = module.types.some((type) => stackBytes(type) > 0);
  let tailStackBytes = 0;
  const note = ({ operator: { code }, index, index2 }: Instruction): void => {
    if (code === TABLE_GET || code === TABLE_SET || code === TABLE_FILL) accessedTables.add(index);
    else if (code === TABLE_INIT) accessedTables.add(index2);
    else if (code === TABLE_COPY) accessedTables.add(index).add(index2);
    else if (code === TABLE_GROW) {
      accessedTables.add(index);
      grownTables.add(index);
    } else if (code === RETURN_CALL)
      tailStackBytes = Math.max(tailStackBytes, stackBytes(module.functions[index]?.type));
    else if (code === RETURN_CALL_INDIRECT) tailStackBytes = Math.max(tailStackBytes, stackBytes(module.types[index]));
  };
  for (const definition of module.functions) {
    const { start, end } = definition;
    if (hasStackArguments || mayAccessTables(module.bytes, start, end, module.tables.length))
      forEachInstruction(module, definition, note);
  }
  const resultBytes = Math.max(0, ...module.types.map(({ results }) => resultPlaces(results).stackBytes));
  const resultsOffset = (Math.max(0, ...module.types.map(stackBytes)) + 15) & -16;
  const incomingBytes = resultBytes > 0 ? resultsOffset + resultBytes : tailStackBytes;
  return { accessedTables, grownTables, incomingBytes, resultsOffset };
}

function forEachInstruction(module: Module, definition: Function, visit: (instruction: Instruction) => void): void {
  const wide = module.memories[0]?.wide ?? false;
  const instruction = new Instruction();
  const reader = new ByteReader(module.bytes, definition.start, definition.end);
  try {
    readLocals(reader, definition.type);
    while (!reader.atEnd) {
      instruction.read(reader, module.types, wide);
      visit(instruction);
    }
  } catch (error) {
    // What is wrong with a body is told when it is validated.
    if (!(error instanceof WasmError)) throw error;
  }
}

/** Whether the bytes of the operators that access tables occur at all: most bodies need no closer look. */
function mayAccessTables(bytes: Uint8Array, start: number, end: number, tables: number): boolean {
  if (tables === 0) return false;
  for (let at = start; at + 1 < end; at++) {
    const byte = bytes[at] as number;
    const next = bytes[at + 1] as number;
    if ((byte === TABLE_GET || byte === TABLE_SET) && (next < tables || next >= 0x80)) return true;
    if (byte === 0xfc && (next & 0x7f) >= 0x0c && (next & 0x7f) <= 0x11) return true;
  }
  return false;
}
