/** Bad modules: an error with offset and reason, never anything else. */
import { describe, expect, it } from 'vitest';
import { CompileError, compileWasm, WasmError } from '../../src/index.ts';
import { compileMutations } from './mutate.ts';
import { compileText, kernelOptions, mixedModule, pressureModule } from './samples.ts';
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

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

/** A module with a memory and one function of that many i32 locals. */
function longFunction(code: readonly number[], locals = 0): number[] {
  const body = [...(locals > 0 ? [1, ...leb(locals), 0x7f] : [0]), ...code, 0x0b];
  const entry = [1, ...leb(body.length)];
  const head = [...HEADER, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1];
  return [...head, 10, ...leb(entry.length + body.length), ...entry, ...body];
}

const tableModule = `(module (type $t (func (result i32))) (memory 1 4) (table $a 3 9 funcref) (elem (i32.const 0) $f $f)
  (elem $p func $f) (data $d "data") (func $f (type $t) (i32.const 1))
  (func (export "f") (param i32) (result i32) (table.set $a (local.get 0) (ref.func $f)) (table.init $a $p (i32.const 0) (i32.const 0) (i32.const 1))
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 4)) (drop (memory.grow (i32.const 1))) (drop (table.grow $a (ref.null func) (i32.const 1)))
    (v128.store (i32.const 16) (i32x4.splat (local.get 0))) (return_call_indirect (type $t) (local.get 0))))`;

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
    const body = [...new Array<number[]>(depth).fill([2, 0x40]).flat(), ...new Array<number>(depth).fill(0x0b)];
    expect(refusal(longFunction(body))).toMatchObject({ code: 'WASM_TOO_LARGE' });
  });

  it('loops nested too deep', () => {
    const depth = 1_200;
    const body = [...new Array<number[]>(depth).fill([3, 0x40]).flat(), ...new Array<number>(depth).fill(0x0b)];
    expect(refusal(longFunction(body))).toMatchObject({ code: 'WASM_TOO_LARGE', reason: /loops nested/ });
  });

  it('deep blocks and ifs that are allowed compile in the end', () => {
    const depth = 15_000;
    for (const open of [
      [2, 0x40],
      [0x41, 1, 4, 0x40],
    ]) {
      const body = [...new Array<number[]>(depth).fill(open).flat(), ...new Array<number>(depth).fill(0x0b)];
      compileBytes(longFunction(body));
    }
  });

  it('many locals at many branches', () => {
    const count = 9_000;
    const set = (i: number): number[] => [0x41, 1, 0x21, ...leb(i), 0x41, 1, 0x0d, 0];
    const body = [0x02, 0x40, ...Array.from({ length: count }, (_, i) => set(i)).flat(), 0x0b];
    // Constant conditions are decided: a parameterless function needs a load to make them branches.
    const read = body.flatMap((byte, i) => (byte === 0x0d && body[i - 2] === 0x41 ? [0x28, 0, 0, byte] : [byte]));
    expect(refusal(longFunction(read, count))).toMatchObject({ code: 'WASM_TOO_LARGE', reason: /too many locals/ });
  });

  it.each([
    ['exceptions', functionWith([0x06, 0x40, 0x0b]), 23],
    ['throw_ref', functionWith([0x0a]), 23],
    ['relaxed vectors', functionWith([0xfd, 0x80, 0x02]), 23],
    ['garbage collection', functionWith([0xfb, 0x00, 0x00]), 23],
    ['call_ref', functionWith([0x14, 0x00]), 23],
  ])('features that are not supported are named with their place: %s', (_title, bytes, offset) => {
    expect(refusal(bytes)).toMatchObject({ code: 'WASM_UNSUPPORTED', offset, reason: /unknown operator/ });
  });

  it.each([
    ['two memories', [...HEADER, 5, 5, 2, 0, 1, 0, 1], 'WASM_UNSUPPORTED'],
    ['a struct type', [...HEADER, 1, 3, 1, 0x5f, 0], 'WASM_MALFORMED'],
    ['a memory beyond 4 GiB', [...HEADER, 5, 6, 1, 0, 0x81, 0x80, 0x04, 0], 'WASM_INVALID'],
    ['a section of the future', [...HEADER, 14, 1, 0], 'WASM_MALFORMED'],
  ])('modules that are not supported: %s', (_title, bytes, code) => {
    const error = refusal(bytes);
    expect(error.code).toBe(code);
    expect(error.offset).toBeGreaterThanOrEqual(8);
  });

  it('tables and data that would fill the host', () => {
    const huge = '(module (memory 65536) (data (i32.const 0) "a") (data (i32.const 0xfffffff0) "b"))';
    expect(() => compileText(huge)).toThrow(/static data from 0 to .*: more than/);
    expect(() => compileText('(module (table 100000000 funcref))')).toThrow(/table of more than/);
  });

  it('fifteen hundred mutations', () => {
    const modules = [assembleText(mixedModule), assembleText(pressureModule(6, 'i64')), assembleText(tableModule)];
    const { compiled, refused } = compileMutations(modules, 0, 1_500);
    expect(compiled).toBeGreaterThan(50);
    expect(refused['WASM_MALFORMED']).toBeGreaterThan(50);
    expect(refused['WASM_INVALID']).toBeGreaterThan(50);
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
