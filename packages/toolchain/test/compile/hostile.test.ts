/** Bad modules: an error with offset and reason, never anything else. */
import { describe, expect, it } from 'vitest';
import { CompileError, compileWasm, WasmError } from '../../src/index.ts';
import { compileText, kernelOptions, mixedModule } from './samples.ts';
import { assembleText } from './wat.ts';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function compileBytes(bytes: readonly number[] | Uint8Array): void {
  compileWasm(Uint8Array.from(bytes), { ...kernelOptions, vectors: 'sse4.1' });
}

/** A module with one function of type () -> (), or of the given results, with the given instructions. */
function functionWith(code: readonly number[], results: readonly number[] = []): number[] {
  const body = [0, ...code, 0x0b];
  return [
    ...HEADER,
    1,
    4 + results.length,
    1,
    0x60,
    0,
    results.length,
    ...results,
    3,
    2,
    1,
    0,
    10,
    body.length + 2,
    1,
    body.length,
    ...body,
  ];
}

function refusal(bytes: readonly number[] | Uint8Array): WasmError {
  try {
    compileBytes(bytes);
  } catch (error) {
    if (error instanceof WasmError) return error;
    throw error;
  }
  throw new Error('the module was accepted');
}

describe('refused modules', () => {
  it.each([
    ['no magic', [1, 2, 3, 4], 'WASM_MALFORMED', 0, /magic/],
    ['wrong version', [...HEADER.slice(0, 4), 2, 0, 0, 0], 'WASM_MALFORMED', 4, /version 2/],
    ['section past the end', [...HEADER, 1, 100, 0], 'WASM_MALFORMED', 8, /longer than the module/],
    ['sections out of order', [...HEADER, 3, 1, 0, 1, 1, 0], 'WASM_MALFORMED', 11, /out of order/],
    ['LEB128 too long', [...HEADER, 1, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0], 'WASM_MALFORMED', 10, /integer too l/],
    ['unknown operator', functionWith([0xff, 0]), 'WASM_UNSUPPORTED', 23, /operator/],
    ['operand missing', functionWith([0x6a]), 'WASM_INVALID', 23, /operand missing: i32/],
    ['wrong type', functionWith([0x42, 1, 0x45, 0x1a]), 'WASM_INVALID', 25, /i32 expected, i64 found/],
    ['values left over', functionWith([0x41, 1]), 'WASM_INVALID', 25, /values left/],
    ['unknown label', functionWith([0x0c, 9]), 'WASM_INVALID', 23, /unknown label 9/],
    ['unknown local', functionWith([0x20, 0, 0x1a]), 'WASM_INVALID', 23, /unknown local 0/],
    ['no memory', functionWith([0x41, 0, 0x28, 2, 0, 0x1a]), 'WASM_INVALID', 25, /unknown memory/],
    ['result missing', functionWith([], [0x7f]), 'WASM_INVALID', 24, /operand missing/],
  ] as const)('%s', (_title, bytes, code, offset, reason) => {
    const error = refusal(bytes as readonly number[]);
    expect(error).toMatchObject({ code, offset });
    expect(error.reason).toMatch(reason);
  });

  it('blocks nested too deep', () => {
    const depth = 30_000;
    const body = [0, ...new Array(depth).fill([2, 0x40]).flat(), ...new Array(depth).fill(0x0b), 0x0b];
    const leb = (value: number): number[] => [(value & 127) | 128, ((value >> 7) & 127) | 128, value >> 14];
    const bytes = [
      ...HEADER,
      1,
      4,
      1,
      0x60,
      0,
      0,
      3,
      2,
      1,
      0,
      10,
      ...leb(body.length + 4),
      1,
      ...leb(body.length),
      ...body,
    ];
    expect(refusal(bytes)).toMatchObject({ code: 'WASM_TOO_LARGE' });
  });

  it('every truncation of a module', () => {
    const wasm = assembleText(mixedModule);
    for (let length = 0; length < wasm.length; length++) {
      try {
        compileBytes(wasm.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(WasmError);
      }
    }
  });

  it('every flipped bit ends in code or in an error of ours', () => {
    const wasm = assembleText(mixedModule);
    let refused = 0;
    for (let bit = 64; bit < wasm.length * 8; bit += 3) {
      const broken = wasm.slice();
      broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
      try {
        compileBytes(broken);
      } catch (error) {
        refused++;
        if (!(error instanceof WasmError) && !(error instanceof CompileError)) throw error;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('modules that the options forbid', () => {
  it('floats without vectors: the function is named', () => {
    const text =
      '(module (func $half (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5))))';
    expect(() => compileText(text)).toThrow(/^half \(wasm offset \d+\) uses floats or vectors/);
    expect(() => compileText(text, { vectors: 'sse4.1' })).not.toThrow();
  });
});
