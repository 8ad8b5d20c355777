/**
 * Validates a function body and finds, for every block, loop and if in it, which locals are assigned inside. The
 * translation to SSA needs them ahead: a loop's header gets a phi for each of them, and for no others.
 */
import { Instruction } from '../wasm/instruction.ts';
import { ByteReader } from '../wasm/reader.ts';
import type { Function, Module, ValueType } from '../wasm/types.ts';
import { FunctionValidator, readLocals } from '../wasm/validate.ts';

export interface ScannedBody {
  /** Types of all locals, parameters first. */
  readonly locals: readonly ValueType[];
  /** By the number of the construct, counted in the order in which they open. */
  readonly assigned: readonly (readonly number[])[];
  /** Instructions in the body. */
  readonly instructions: number;
}

/** @throws WasmError when the body is malformed or invalid. */
export function scanBody(module: Module, definition: Function): ScannedBody {
  const reader = new ByteReader(module.bytes, definition.start, definition.end);
  const locals = readLocals(reader, definition.type);
  const validator = new FunctionValidator(module, definition, locals);
  const wide = module.memories[0]?.wide ?? false;
  const instruction = new Instruction();
  const assigned: number[][] = [];
  const open: { index: number; locals: Set<number> }[] = [];
  let instructions = 0;
  while (!validator.finished) {
    instruction.read(reader, module.types, wide);
    validator.check(instruction);
    instructions++;
    const code = instruction.operator.code;
    if (code >= 0x02 && code <= 0x04) {
      open.push({ index: assigned.length, locals: new Set() });
      assigned.push([]);
    } else if (code === 0x21 || code === 0x22) open.at(-1)?.locals.add(instruction.index);
    else if (code === 0x0b) {
      const closed = open.pop();
      if (closed === undefined) continue;
      assigned[closed.index] = [...closed.locals];
      const outer = open.at(-1)?.locals;
      if (outer !== undefined) for (const local of closed.locals) outer.add(local);
    }
  }
  if (!reader.atEnd) throw reader.malformed('instructions behind the end of the function');
  return { locals, assigned, instructions };
}
