/** Where linear memory is, how large it is, and what the code does at its edges: every model against the engine of this process. */
import { describe, expect, it } from 'vitest';
import { CompileError, type CompileWasmOptions, compileWasm } from '../../src/index.ts';
import { textOf } from './decode.ts';
import { type NativeCall, nativeReason, runNatively, WINDOW } from './native.ts';
import { runInEngine } from './reference.ts';
import { compileText, kernelOptions } from './samples.ts';
import { assembleText } from './wat.ts';

const constant = { kind: 'constant', address: WINDOW } as const;
const register = { kind: 'register' } as const;
const models: readonly Partial<CompileWasmOptions>[] = [
  { memoryBase: constant, bounds: 'guard', memoryGrowth: 'hook' },
  { memoryBase: constant, bounds: 'checked', memoryGrowth: 'hook' },
  { memoryBase: register, bounds: 'guard', memoryGrowth: 'hook' },
  { memoryBase: register, bounds: 'checked', memoryGrowth: 'hook' },
  { memoryBase: register, bounds: 'guard', memoryGrowth: 'hook', guardBytes: 4096 },
  { memoryBase: constant, bounds: 'checked', memoryGrowth: 'hook', features: ['popcnt', 'lzcnt', 'bmi1'] },
];
const fixedModels = [...models, ...models.map((model) => ({ ...model, memoryGrowth: 'fails' as const }))];

const call = (name: string, ...values: (number | bigint)[]): NativeCall => ({ name, arguments: values.map(BigInt) });

function agree(text: string, calls: readonly NativeCall[], list: readonly Partial<CompileWasmOptions>[]): string[] {
  const wasm = assembleText(text);
  const expected = runInEngine(wasm, calls);
  const actual = runNatively(list.map((options) => ({ wasm, calls, options })));
  list.forEach((options, i) => expect({ options, lines: actual[i] }).toEqual({ options, lines: expected }));
  return expected;
}

const title = nativeReason === undefined ? '' : ` (skipped: ${nativeReason})`;

describe.skipIf(nativeReason !== undefined)(`memory models, natively${title}`, () => {
  const edges = [0, 1, 65528, 65529, 65532, 65533, 65535, 65536, 131064, 131072, 0x7fffffff, 0xfffffff8, 0xffffffff];

  it('accesses at the edges of a memory that does not grow', () => {
    const text = `(module (memory (export "m") 1 1) (data (i32.const 65530) "abcdef")
      (func (export "load") (param i32) (result i64) (i64.load (local.get 0)))
      (func (export "far") (param i32) (result i32) (i32.load8_u offset=65530 (local.get 0)))
      (func (export "farther") (param i32) (result i32) (i32.load offset=4294967292 (local.get 0)))
      (func (export "store") (param i32) (i32.store offset=3 (local.get 0) (i32.const 0x01020304)))
      (func (export "constant") (result i32) (i32.load (i32.const 65533)))
      (func (export "dropped") (param i32) (drop (i32.load (local.get 0))))
      (func (export "vector") (param i32) (v128.store (local.get 0) (v128.const i64x2 1 2))))`;
    const names = ['load', 'far', 'farther', 'store', 'dropped', 'vector'];
    const calls = [...names.flatMap((name) => edges.map((edge) => call(name, edge))), call('constant')];
    const lines = agree(text, calls, fixedModels);
    expect(lines.filter((line) => line.endsWith('trap')).length).toBeGreaterThan(30);
  });

  it('memory.grow, memory.size, and accesses to what has grown', () => {
    const text = `(module (memory (export "m") 1 3)
      (func (export "size") (result i32) (memory.size))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "store") (param i32) (i32.store (local.get 0) (i32.const 77)))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))`;
    const probe = [call('size'), ...edges.map((edge) => call('load', edge))];
    const calls = [
      ...probe,
      call('grow', 0),
      call('grow', 1),
      call('store', 131068),
      ...probe,
      call('grow', 2),
      call('grow', 0xffffffff),
      call('grow', 1),
      ...probe,
      call('grow', 1),
      call('store', 196604),
    ];
    agree(text, calls, models);
  });

  it('a memory that may not grow says so, and keeps its size', () => {
    const text = `(module (memory 2 9) (func (export "f") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "size") (result i32) (memory.size)))`;
    const wasm = assembleText(text);
    for (const memoryBase of [constant, register]) {
      const run = { wasm, calls: [call('f', 0), call('f', 1), call('size')], options: { memoryBase } };
      expect(runNatively([run])[0]?.slice(0, 3)).toEqual(['f: i32 ffffffff', 'f: i32 ffffffff', 'size: i32 00000002']);
    }
  });

  it('copies, fills and segments trap before they write', () => {
    const text = `(module (memory (export "m") 1 1) (data $p "passive data") (data $a (i32.const 8) "active")
      (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
      (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
      (func (export "init") (param i32 i32 i32) (memory.init $p (local.get 0) (local.get 1) (local.get 2)))
      (func (export "active") (param i32 i32 i32) (memory.init $a (local.get 0) (local.get 1) (local.get 2)))
      (func (export "drop") (data.drop $p)))`;
    const triples = [
      [100, 8, 6],
      [65530, 8, 6],
      [65531, 8, 6],
      [8, 65531, 6],
      [0xffffffff, 0, 1],
      [0, 0, 0],
      [65536, 0, 0],
      [65537, 0, 0],
      [10, 8, 5],
      [8, 10, 5],
      [200, 7, 5],
      [200, 7, 6],
      [0, 13, 0],
    ] as const;
    const names = ['copy', 'fill', 'init', 'active'];
    const rounds = names.flatMap((name) => triples.map((triple) => call(name, ...triple)));
    agree(text, [...rounds, call('drop'), ...rounds], fixedModels);
  });

  it('tables: get, set, grow, size, fill, copy, init, drop, calls through them', () => {
    const text = `(module (type $t (func (result i32))) (memory (export "m") 1 1)
      (table $a 4 8 funcref) (table $b 3 3 funcref)
      (elem (table $a) (i32.const 1) func $one $two) (elem $p func $three $one $two) (elem declare func $three)
      (func $one (type $t) (i32.const 1)) (func $two (type $t) (i32.const 2)) (func $three (type $t) (i32.const 3))
      (func $other (export "other") (param i32))
      (func (export "call a") (param i32) (result i32) (call_indirect $a (type $t) (local.get 0)))
      (func (export "call b") (param i32) (result i32) (call_indirect $b (type $t) (local.get 0)))
      (func (export "wrong") (param i32) (call_indirect $a (param i32) (i32.const 0) (local.get 0)))
      (func (export "null") (param i32) (result i32) (ref.is_null (table.get $a (local.get 0))))
      (func (export "set") (param i32) (table.set $a (local.get 0) (ref.func $three)))
      (func (export "clear") (param i32) (table.set $b (local.get 0) (ref.null func)))
      (func (export "grow") (param i32) (result i32) (table.grow $a (ref.func $other) (local.get 0)))
      (func (export "size") (result i32) (i32.add (table.size $a) (i32.mul (i32.const 100) (table.size $b))))
      (func (export "fill") (param i32 i32) (table.fill $a (local.get 0) (ref.func $two) (local.get 1)))
      (func (export "across") (param i32 i32 i32) (table.copy $b $a (local.get 0) (local.get 1) (local.get 2)))
      (func (export "within") (param i32 i32 i32) (table.copy $a $a (local.get 0) (local.get 1) (local.get 2)))
      (func (export "init") (param i32 i32 i32) (table.init $b $p (local.get 0) (local.get 1) (local.get 2)))
      (func (export "drop") (elem.drop $p))
      (func (export "choose") (param i32) (result i32)
        (ref.is_null (select (result funcref) (ref.null func) (ref.func $three) (local.get 0)))))`;
    const indices = [0, 1, 2, 3, 4, 7, 8, 0xffffffff];
    const probe = ['call a', 'call b', 'null', 'wrong'].flatMap((name) => indices.map((index) => call(name, index)));
    const changes = [
      ...indices.map((index) => call('set', index)),
      ...[0, 3].map((index) => call('clear', index)),
      call('grow', 3),
      call('grow', 2),
      call('grow', 0),
      call('size'),
      ...[
        [1, 2],
        [6, 2],
        [7, 0],
        [8, 0],
      ].map(([at, n]) => call('fill', at as number, n as number)),
      ...['across', 'within', 'init'].flatMap((name) => [
        call(name, 0, 1, 2),
        call(name, 1, 0, 2),
        call(name, 2, 2, 2),
        call(name, 3, 3, 0),
        call(name, 0, 0xffffffff, 1),
      ]),
    ];
    const calls = [
      ...probe,
      ...changes.flatMap((change) => [change, ...probe]),
      call('drop'),
      call('init', 0, 0, 0),
      call('init', 0, 0, 1),
      call('choose', 0),
      call('choose', 1),
    ];
    const lines = agree(text, calls, models);
    expect(new Set(lines).size).toBeGreaterThan(20);
  });

  it('tail calls with more stack arguments than the caller has, from C and from inside', () => {
    const many = Array.from({ length: 14 }, () => 'i64').join(' ');
    const doubles = Array.from({ length: 10 }, () => 'f64').join(' ');
    const rotated = Array.from({ length: 14 }, (_, i) => `(local.get ${(i + 1) % 14})`).join(' ');
    const sum = Array.from({ length: 14 }, (_, i) => `(i64.mul (local.get ${i}) (i64.const ${3 ** i}))`).reduce(
      (all, next) => `(i64.add ${all} ${next})`,
    );
    const text = `(module (type $many (func (param ${many}) (result i64))) (memory (export "m") 1 1)
      (table 1 1 funcref) (elem (i32.const 0) $sum)
      (func $sum (type $many) ${sum})
      (func $rotate (export "rotate") (type $many)
        (if (result i64) (i64.eqz (local.get 13)) (then (return_call $sum ${rotated}))
          (else (return_call_indirect (type $many) ${rotated} (i32.const 0)))))
      (func (export "few") (param i64) (result i64) (return_call $rotate
        ${Array.from({ length: 14 }, (_, i) => `(i64.add (local.get 0) (i64.const ${i}))`).join(' ')}))
      (func $float (param ${doubles}) (result f64) (f64.sub (local.get 9) (local.get 8)))
      (func (export "float") (param f64) (result f64) (return_call $float
        ${Array.from({ length: 10 }, (_, i) => `(f64.mul (local.get 0) (f64.const ${i}))`).join(' ')}))
      (func $loop (export "loop") (param i64 i64) (result i64) (if (result i64) (i64.eqz (local.get 0)) (then (local.get 1))
        (else (return_call $loop (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 1) (local.get 0)))))))`;
    const calls = [
      call('few', 0),
      call('few', 1000),
      { name: 'rotate', arguments: Array.from({ length: 14 }, (_, i) => BigInt(i * i)) },
      { name: 'rotate', arguments: Array.from({ length: 14 }, (_, i) => BigInt(13 - i)) },
      call('float', 0x4004000000000000n),
      call('loop', 1_000_000, 0),
    ];
    agree(text, calls, fixedModels);
  });

  it('more results than registers, through tail calls and tables', () => {
    const types = Array.from({ length: 24 }, (_, i) => ['i32', 'i64', 'f64', 'f32'][i % 4] as string);
    const results = `(result ${types.join(' ')})`;
    const values = types.map((type, i) => {
      const operation = type.startsWith('f') ? 'mul' : 'add';
      return `(${type}.${operation} (local.get ${i % 4}) (${type}.const ${i + 2}))`;
    });
    const toWide: Readonly<Record<string, string>> = {
      i32: 'i64.extend_i32_s',
      i64: '',
      f64: 'i64.trunc_sat_f64_s',
      f32: 'i64.trunc_sat_f32_s',
    };
    // The last result is on top of the stack.
    const sum = types
      .reverse()
      .map(
        (type) =>
          `${toWide[type] === '' ? '' : `(${toWide[type]})`} (local.set 5) (local.set 4 (i64.add (i64.mul (local.get 4) (i64.const 31)) (local.get 5)))`,
      )
      .join(' ');
    const parameters = '(param i32 i64 f64 f32)';
    const given = '(local.get 0) (local.get 1) (local.get 2) (local.get 3)';
    const text = `(module (memory (export "m") 1 1) (type $many (func ${parameters} ${results}))
      (table 2 2 funcref) (elem (i32.const 0) $many $tail)
      (func $many (type $many) ${values.join(' ')})
      (func $tail (type $many) (return_call $many (i32.add (local.get 0) (i32.const 1)) (local.get 1) (local.get 2) (local.get 3)))
      (func (export "direct") ${parameters} (result i64) (local i64 i64) (call $many ${given}) ${sum} (local.get 4))
      (func (export "indirect") ${parameters} (result i64) (local i64 i64)
        (call_indirect (type $many) ${given} (i32.and (local.get 0) (i32.const 1))) ${sum} (local.get 4))
      (func (export "unreachable from C") (type $many) (call $tail ${given})))`;
    const calls = [0n, 1n, 77n, 0xffffffffn].flatMap((n) => [
      call('direct', n, n * 3n, 0x4004000000000000n, 0x40400000n),
      call('indirect', n, n * 5n, 0xc004000000000000n, 0x40400000n),
    ]);
    agree(text, calls, fixedModels);
  });

  it('64-bit memories, with offsets beyond everything', () => {
    const text = `(module (memory (export "m") i64 1 2) (data (i64.const 65528) "abcdefgh")
      (func (export "load") (param i64) (result i64) (i64.load (local.get 0)))
      (func (export "far") (param i64) (result i32) (i32.load8_u offset=0xffffffff0 (local.get 0)))
      (func (export "wrapping") (param i64) (result i32) (i32.load8_u offset=16 (local.get 0)))
      (func (export "size") (result i64) (memory.size))
      (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
      (func (export "fill") (param i64 i32 i64) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
      (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2))))`;
    const wide = [0n, 65528n, 65529n, 65536n, 1n << 32n, (1n << 63n) - 1n, (1n << 64n) - 8n, (1n << 64n) - 1n];
    const probe = ['load', 'far', 'wrapping'].flatMap((name) => wide.map((address) => call(name, address)));
    const bulk = wide.flatMap((address) => [
      call('fill', address, 1, 7),
      call('fill', 3, 1, address),
      call('copy', address, 0, 8),
      call('copy', 8, address, 8),
    ]);
    const calls = [
      ...probe,
      call('size'),
      call('grow', 1),
      call('grow', 1n << 48n),
      call('grow', 1),
      ...probe,
      ...bulk,
    ];
    agree(text, calls, models);
  });

  it('waiting and waking are the embedder’s, on checked addresses', () => {
    const wasm = assembleText(`(module (memory (export "m") 1 1 shared)
      (func (export "wait") (param i32 i32) (result i32) (memory.atomic.wait32 offset=4 (local.get 0) (local.get 1) (i64.const 0)))
      (func (export "wait64") (param i32 i64) (result i32) (memory.atomic.wait64 (local.get 0) (local.get 1) (i64.const 0)))
      (func (export "notify") (param i32) (result i32) (memory.atomic.notify (local.get 0) (i32.const 1))))`);
    const calls = [
      call('wait', 0, 0),
      call('wait', 0, 5),
      call('wait', 2, 0),
      call('wait', 65532, 0),
      call('wait64', 8, 0),
      call('wait64', 4, 0),
      call('notify', 0),
      call('notify', 1),
    ];
    const expected = ['i32 00000000', 'i32 00000001', 'trap', 'trap', 'i32 00000000', 'trap', 'i32 00000000', 'trap'];
    for (const options of models) {
      const [lines] = runNatively([{ wasm, calls, options }]);
      expect(lines?.slice(0, -1).map((line) => line.slice(line.indexOf(':') + 2))).toEqual(expected);
    }
  });
});

describe('code of memory models', () => {
  const loads = '(module (memory 1 9) (func (export "f") (param i32) (result i32) (i32.load offset=8 (local.get 0))))';

  it('an access through the base register is one instruction', () => {
    const options = { memoryBase: register, bounds: 'guard' } as const;
    expect(textOf(compileText(loads, options), 'f')).toEqual(['mov eax,edi', 'mov eax,[r15+rax+8]', 'ret']);
  });

  it('nothing else is kept in the base register', () => {
    const text = `(module (memory 1) (func (export "f") (param i32) (result i32) ${Array.from({ length: 40 }, (_, i) => `(i32.load offset=${4 * i} (local.get 0))`).join(' ')} ${'(i32.add) '.repeat(39)}))`;
    const lines = textOf(compileText(text, { memoryBase: register }), 'f');
    expect(lines.some((line) => line.includes('[r15+'))).toBe(true);
    expect(lines.some((line) => /^\w+ r15|,r15/.test(line))).toBe(false);
  });

  it('constant offsets behind the guard are compared, others are not', () => {
    const at = (guardBytes: number): string =>
      textOf(compileText(loads, { memoryBase: constant, bounds: 'guard', guardBytes }), 'f').join('; ');
    expect(at(4096)).not.toContain('cmp');
    expect(at(8)).toContain('cmp');
  });

  it('what reaches out of the address space without bounds is refused', () => {
    const text =
      '(module (memory i64 1) (func (export "f") (param i64) (result i32) (i32.load offset=0x1000000000000 (local.get 0))))';
    expect(() => compileWasm(assembleText(text), kernelOptions)).toThrow(CompileError);
  });
});
