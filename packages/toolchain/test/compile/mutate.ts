/** Valid modules with some bytes changed: everything must end in code or in an error of ours. */
import { CompileError, type CompileWasmOptions, compileWasm, WasmError } from '../../src/index.ts';
import { kernelOptions } from './samples.ts';

/** Bytes that mean something in many places: edges of LEB128, types, operators, prefixes. */
const INTERESTING = [0, 1, 2, 0x0b, 0x10, 0x40, 0x60, 0x70, 0x7b, 0x7f, 0x80, 0xff, 0xfc, 0xfd, 0xfe, 0x04, 0x03, 0x20];

function random(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Changes, inserts, removes or repeats some bytes. */
export function mutate(wasm: Uint8Array, seed: number): Uint8Array {
  const next = random(seed);
  let bytes = [...wasm];
  for (let n = next(3) > 0 ? 1 : 1 + next(4); n > 0; n--) {
    const at = 8 + next(Math.max(1, bytes.length - 8));
    const byte = next(2) === 0 ? (INTERESTING[next(INTERESTING.length)] as number) : next(256);
    const kind = next(12);
    if (kind < 5) bytes[at] = byte;
    else if (kind < 9) bytes[at] = ((bytes[at] as number) + next(5) - 2) & 0xff;
    else if (kind === 9) bytes.splice(at, 1 + next(4));
    else if (kind === 10) bytes.splice(at, 0, byte);
    else bytes = [...bytes.slice(0, at), ...bytes.slice(at, at + next(20)), ...bytes.slice(at)];
  }
  return Uint8Array.from(bytes);
}

const models: readonly Partial<CompileWasmOptions>[] = [
  {},
  { memoryBase: { kind: 'register' }, bounds: 'checked', memoryGrowth: 'hook' },
  { memoryBase: { kind: 'constant', address: 0x10000000 }, bounds: 'guard' },
];

export interface MutationResult {
  readonly compiled: number;
  /** By code. */
  readonly refused: Readonly<Record<string, number>>;
}

/** @throws whatever a mutated module throws that is no WasmError with its offset inside the module, and no CompileError. */
export function compileMutations(modules: readonly Uint8Array[], first: number, count: number): MutationResult {
  let compiled = 0;
  const refused: Record<string, number> = {};
  for (let seed = first; seed < first + count; seed++) {
    const wasm = mutate(modules[seed % modules.length] as Uint8Array, seed);
    try {
      compileWasm(wasm, { ...kernelOptions, vectors: 'sse4.1', ...models[seed % models.length] });
      compiled++;
    } catch (error) {
      const known = error instanceof CompileError || (error instanceof WasmError && error.offset <= wasm.length);
      if (!known) throw new Error(`mutation ${seed}`, { cause: error });
      refused[error.code] = (refused[error.code] ?? 0) + 1;
    }
  }
  return { compiled, refused };
}
