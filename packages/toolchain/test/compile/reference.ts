/** Runs the same calls as native.ts in the WebAssembly engine of this process, and gives the same lines. */
import { decodeModule } from '../../src/wasm/module.ts';
import { F32, F64, I32, type ValueType } from '../../src/wasm/types.ts';
import type { NativeCall } from './native.ts';

/** The part of the JavaScript interface that is used here; the library's declarations come with those of the browser. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly RuntimeError: new () => Error;
}
const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;

const view = new DataView(new ArrayBuffer(8));

function toValue(type: ValueType, bits: bigint): number | bigint {
  if (type === I32) return Number(BigInt.asIntN(32, bits));
  if (type !== F32 && type !== F64) return BigInt.asIntN(64, bits);
  view.setBigUint64(0, BigInt.asUintN(64, bits), true);
  return type === F32 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

function show(type: ValueType | undefined, value: number | bigint | undefined): string {
  if (type === undefined) return '';
  if (Number.isNaN(value)) return type === F32 ? ' f32 nan' : ' f64 nan';
  if (type === I32) return ` i32 ${(Number(value) >>> 0).toString(16).padStart(8, '0')}`;
  if (type === F32) {
    view.setFloat32(0, Number(value), true);
    return ` f32 ${view.getUint32(0, true).toString(16).padStart(8, '0')}`;
  }
  if (type === F64) view.setFloat64(0, Number(value), true);
  else view.setBigInt64(0, value as bigint, true);
  const bits = view.getBigUint64(0, true).toString(16).padStart(16, '0');
  return type === F64 ? ` f64 ${bits}` : ` i64 ${bits}`;
}

/** Imports that end the call here: the engine cannot pass vectors, and the others would call back. */
export const TRAPPING_IMPORTS: readonly string[] = [
  'log-v128',
  'throw',
  'table-get',
  'table-set',
  'call-export',
  'call-export-catch',
  'call-ref',
  'call-ref-catch',
];

function trap(): never {
  throw new engine.RuntimeError();
}

export function runInEngine(wasm: Uint8Array, calls: readonly NativeCall[]): string[] {
  const module = decodeModule(wasm);
  const [declared] = module.memories;
  const importedMemory =
    declared?.imported === undefined ? undefined : new engine.Memory({ initial: declared.minimum });
  const lines: string[] = [];
  const log = (type: ValueType) => (value: number | bigint) => void lines.push(`log${show(type, value)}`);
  const imports = {
    env: importedMemory === undefined ? {} : { memory: importedMemory },
    'fuzzing-support': {
      'log-i32': log(0x7f),
      'log-i64': log(0x7e),
      'log-f32': log(0x7d),
      'log-f64': log(0x7c),
      ...Object.fromEntries(TRAPPING_IMPORTS.map((name) => [name, trap])),
      sleep: (_: number, id: number) => id,
    },
  };
  let instance: { readonly exports: Readonly<Record<string, unknown>> };
  try {
    instance = new engine.Instance(new engine.Module(wasm), imports);
  } catch (error) {
    if (!(error instanceof engine.RuntimeError || error instanceof TypeError)) throw error;
    return [...lines, 'start trap'];
  }
  let memory: { readonly buffer: ArrayBuffer } | undefined = importedMemory;
  for (const value of Object.values(instance.exports)) if (value instanceof engine.Memory) memory = value;
  for (const call of calls) {
    const exported = module.exports.find((each) => each.name === call.name);
    const type = module.functions[exported?.index as number]?.type;
    const values = type?.parameters.map((parameter, i) => toValue(parameter, call.arguments[i] as bigint)) ?? [];
    try {
      const result = (instance.exports[call.name] as (...args: unknown[]) => number | bigint)(...values);
      lines.push(`${call.name}:${show(type?.results[0], result)}`);
    } catch (error) {
      if (!(error instanceof engine.RuntimeError || error instanceof TypeError)) throw error;
      lines.push(`${call.name}: trap`);
    }
  }
  let hash = 2166136261;
  if (memory !== undefined) for (const byte of new Uint8Array(memory.buffer)) hash = Math.imul(hash ^ byte, 16777619);
  lines.push(`memory ${(hash >>> 0).toString(16).padStart(8, '0')}`);
  return lines;
}
