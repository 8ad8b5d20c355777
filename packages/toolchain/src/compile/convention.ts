/** The System V calling convention (System V ABI AMD64 3.2.3), extended to any number of results for calls inside a module. */
import { type ValueType, isFloat } from '../wasm/types.ts';
import { R8, R9, RAX, RBP, RBX, RCX, RDI, RDX, RSI, XMM0 } from './lir.ts';

const INTEGER_ARGUMENTS: readonly number[] = [RDI, RSI, RDX, RCX, R8, R9];
const FLOAT_ARGUMENTS = 8;
/** Two are the convention's; what a function has more is for callers inside the module only. */
const INTEGER_RESULTS: readonly number[] = [RAX, RDX, RCX, RSI, RDI, R8, R9];
const FLOAT_RESULTS = 8;

export const CALLEE_SAVED: readonly number[] = [RBX, RBP, 12, 13, 14, 15];
export const CALLER_SAVED_GENERAL: readonly number[] = [RAX, RCX, RDX, RSI, RDI, R8, R9, 10, 11];

/** DWARF numbers of the saved registers (System V ABI AMD64 figure 3.36). */
export const DWARF_REGISTERS: Readonly<Record<number, number>> = { 3: 3, 5: 6, 12: 12, 13: 13, 14: 14, 15: 15 };

/** A register, or the offset in bytes of a stack argument from the first one. */
export interface ArgumentPlace {
  readonly register: number;
  readonly stackOffset: number;
}

export function argumentPlaces(types: readonly ValueType[]): {
  readonly places: readonly ArgumentPlace[];
  readonly stackBytes: number;
} {
  let integers = 0;
  let floats = 0;
  let stackBytes = 0;
  const places = types.map((type) => {
    const register = isFloat(type)
      ? floats < FLOAT_ARGUMENTS
        ? XMM0 + floats++
        : -1
      : (INTEGER_ARGUMENTS[integers++] ?? -1);
    if (register >= 0) return { register, stackOffset: -1 };
    const size = type === 0x7b ? 16 : 8;
    const stackOffset = (stackBytes + size - 1) & -size;
    stackBytes = stackOffset + size;
    return { register, stackOffset };
  });
  return { places, stackBytes };
}

/** Where results are: in registers, and where there are not enough of them on the stack, counted from `resultsOffset` of the module. */
export function resultPlaces(types: readonly ValueType[]): {
  readonly places: readonly ArgumentPlace[];
  readonly stackBytes: number;
} {
  let integers = 0;
  let floats = 0;
  let stackBytes = 0;
  const places = types.map((type) => {
    const register = isFloat(type)
      ? floats < FLOAT_RESULTS
        ? XMM0 + floats++
        : -1
      : (INTEGER_RESULTS[integers++] ?? -1);
    if (register >= 0) return { register, stackOffset: -1 };
    stackBytes += 16;
    return { register, stackOffset: stackBytes - 16 };
  });
  return { places, stackBytes };
}
