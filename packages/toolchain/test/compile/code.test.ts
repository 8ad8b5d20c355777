/** The machine code that comes out: it decodes, it is the same every time, and small loops look as they should. */
import { describe, expect, it } from 'vitest';
import { compileWasm, type ObjectModule } from '../../src/index.ts';
import { decodeFunction, textOf } from './decode.ts';
import { scalarCases, scalarOperators, vectorCases, vectorOperators } from './operator-cases.ts';
import { compileText, kernelOptions, mixedModule, pressureModule } from './samples.ts';
import { assembleText } from './wat.ts';

/** Every function decodes to its end, jumps reach instructions, and relocations lie in fields of instructions. */
function checkDecoding(object: ObjectModule): number {
  let count = 0;
  const fields = new Set<number>();
  for (const { name, offset, size } of object.functions) {
    const list = decodeFunction(object, name);
    count += list.length;
    const starts = new Set(list.map((each) => each.offset));
    const last = list.at(-1);
    expect((last?.offset ?? 0) + (last?.length ?? 0)).toBe(offset + size);
    for (const { target } of list) if (target >= 0) expect(starts.has(target), `${name}: jump to ${target}`).toBe(true);
    for (const each of list) for (const field of [each.displacementAt, each.immediateAt]) fields.add(field);
    for (const trap of object.traps) {
      if (trap.offset >= offset && trap.offset < offset + size) expect(starts.has(trap.offset)).toBe(true);
    }
  }
  for (const { section, offset } of object.relocations)
    if (section === 0) expect(fields.has(offset), `relocation at ${offset}`).toBe(true);
  return count;
}

describe('decoding by iced-x86', () => {
  it.each([
    ['scalar operators', () => scalarCases(scalarOperators).wasm],
    ['vector operators', () => vectorCases(vectorOperators.filter((_, i) => i % 4 === 1)).wasm],
    ['register pressure', () => assembleText(pressureModule(24, 'i64'))],
    ['control flow', () => assembleText(mixedModule)],
  ])('%s', (_title, make) => {
    const wasm = make();
    for (const bounds of ['none', 'checked'] as const) {
      expect(checkDecoding(compileWasm(wasm, { ...kernelOptions, vectors: 'sse4.1', bounds }))).toBeGreaterThan(50);
    }
  });
});

it('is the same every time', () => {
  const wasm = assembleText(pressureModule(20, 'i32'));
  expect(compileWasm(wasm, kernelOptions)).toEqual(compileWasm(wasm, kernelOptions));
});

describe('code of small functions', () => {
  it('a loop over memory has no moves in it', () => {
    const text = textOf(compileText(mixedModule), 'sum');
    const from = text.findIndex((line) => line.startsWith('add') && line.includes('['));
    expect(text.slice(from, from + 4).map((line) => line.split(' ')[0])).toEqual(['add', 'add', 'add', 'jne']);
  });

  it('addresses fold, with the address-size prefix for the wrap', () => {
    const text = textOf(
      compileText(`(module (memory 1) (func (export "f") (param i32 i32) (result i32)
        (i32.load offset=8 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))))`),
      'f',
    );
    expect(text.some((line) => /mov eax,\[e..\+e..\*4\+8\]/.test(line))).toBe(true);
  });

  it('read-modify-write is one instruction', () => {
    const text = textOf(
      compileText(`(module (memory 1) (func (export "f") (param i32)
        (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))))`),
      'f',
    );
    expect(text).toEqual(['mov eax,edi', 'add dword ptr [rax],1', 'ret']);
  });

  it('comparisons of bytes in memory are one instruction', () => {
    const text = textOf(
      compileText(`(module (memory 1) (func (export "f") (param i32) (result i32)
        (if (result i32) (i32.eq (i32.load8_u (local.get 0)) (i32.const 65)) (then (i32.const 1)) (else (i32.const 2)))))`),
      'f',
    );
    expect(text).toContain('cmp byte ptr [rax],41h');
  });

  it('a branch around cheap operations becomes conditional moves', () => {
    const body = (inside: string): string[] =>
      textOf(
        compileText(`(module (memory 1) (func (export "f") (param $c i32) (param $n i32) (param $m i32) (result i32)
          (if (i32.gt_s (local.get $c) (i32.const 9)) (then
            (local.set $n (i32.add (local.get $n) (i32.const 1))) (local.set $m ${inside})))
          (i32.xor (local.get $n) (local.get $m))))`),
        'f',
      );
    const converted = body('(i32.sub (local.get $m) (local.get $c))');
    expect(converted.filter((line) => line.startsWith('j'))).toEqual([]);
    expect(converted.filter((line) => line.startsWith('cmov')).length).toBe(2);
    expect(converted.filter((line) => line.startsWith('set'))).toEqual([]);
    // Not around a load, nor around more than a few.
    for (const inside of [
      '(i32.load (local.get $m))',
      '(i32.mul (i32.mul (local.get $m) (local.get $c)) (local.get $n))',
    ])
      expect(body(inside).some((line) => line.startsWith('j'))).toBe(true);
  });

  it('a saturating conversion that fits takes three instructions', () => {
    const text = textOf(
      compileText('(module (func (export "f") (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0))))', {
        vectors: 'sse4.1',
      }),
      'f',
    );
    expect(text.slice(0, 3)).toEqual(['cvttsd2si eax,xmm0', 'cmp eax,1', expect.stringMatching(/^jno /)]);
  });

  it('eight bytes of frame are pushed and popped', () => {
    const text = textOf(
      compileText(`(module (func $g (import "x" "g") (param i32) (result i32)) (func (export "f") (param i32) (result i32)
        (i32.add (call $g (local.get 0)) (i32.const 1))))`),
      'f',
    );
    expect(text[0]).toBe('push rax');
    expect(text.slice(-2)).toEqual(['pop r11', 'ret']);
  });

  it('a comparison as a value clears its register first', () => {
    const text = textOf(
      compileText(`(module (func (export "f") (param i32 i32) (result i32) (i32.lt_s (local.get 0) (local.get 1))))`),
      'f',
    );
    const zero = text.findIndex((line) => line.startsWith('xor'));
    const compare = text.findIndex((line) => line.startsWith('cmp'));
    expect(zero).toBeGreaterThanOrEqual(0);
    expect(compare).toBeGreaterThan(zero);
    expect(text[compare + 1]).toMatch(/^setl /);
    expect(text.filter((line) => line.startsWith('movzx'))).toEqual([]);
  });

  it('globals of applications are relative to a segment', () => {
    const object = compileText(
      '(module (global $g (mut i64) (i64.const 5)) (func (export "f") (result i64) (global.get $g)))',
      {
        globals: { kind: 'segment', segment: 'fs', offset: 0x40 },
      },
    );
    expect(textOf(object, 'f')).toEqual(['mov rax,fs:[40h]', 'ret']);
    expect([...(object.sections.find(({ name }) => name === 'globals')?.bytes ?? [])]).toEqual([
      5, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });

  it('atomic stores are XCHG, or MOV where that was asked for', () => {
    const module =
      '(module (memory 1 1 shared) (func (export "f") (param i32 i32) (i32.atomic.store (local.get 0) (local.get 1))))';
    expect(textOf(compileText(module), 'f').some((line) => line.startsWith('xchg'))).toBe(true);
    expect(textOf(compileText(module, { atomicStores: 'release' }), 'f').some((line) => line.startsWith('xchg'))).toBe(
      false,
    );
  });
});
