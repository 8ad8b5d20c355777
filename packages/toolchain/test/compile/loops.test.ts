/** What loops are made of: the instructions between the innermost backward jump and its target. */
import { describe, expect, it } from 'vitest';
import type { ObjectModule } from '../../src/index.ts';
import { decodeFunction } from './decode.ts';
import { compileText } from './samples.ts';

/** Texts of the shortest loop's instructions, jumps included. */
function innermostLoop(object: ObjectModule, name: string): string[] {
  const list = decodeFunction(object, name);
  let best: string[] | undefined;
  list.forEach(({ target, offset }, end) => {
    if (target < 0 || target > offset) return;
    const start = list.findIndex((each) => each.offset === target);
    const texts = list.slice(start, end + 1).map(({ text }) => text);
    if (best === undefined || texts.length < best.length) best = texts;
  });
  if (best === undefined) throw new Error(`${name} has no loop`);
  return best;
}

/** Offsets, from the function's start, that jumps go back to. */
function loopStarts(object: ObjectModule, name: string): number[] {
  const list = decodeFunction(object, name);
  const start = list[0]?.offset ?? 0;
  const targets = list
    .filter(({ target, offset }) => target >= 0 && target <= offset)
    .map(({ target }) => target - start);
  return [...new Set(targets)];
}

const copies = (texts: readonly string[]): string[] =>
  texts.filter((text) => /^(mov (r\w+|e\w+),(r\w+|e\w+)|movaps xmm\d+,xmm\d+|xchg r.*,r.*)$/.test(text));

describe('what a loop carries stays in its register', () => {
  it('although the first register that is free is claimed later in the loop', () => {
    // The division claims rax and rdx; the sum must not start in one of them and be moved back every round.
    const loop = innermostLoop(
      compileText(`(module (func (export "f") (param $n i32) (param $d i32) (result i32) (local $s i32)
        (loop $l
          (local.set $s (i32.add (i32.xor (local.get $s) (i32.const 5)) (i32.div_u (local.get $n) (local.get $d))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $s)))`),
      'f',
    );
    expect(copies(loop)).toEqual([expect.stringMatching(/^mov eax,/)]);
  });

  it('as the second operand of an addition, in all kinds of registers', () => {
    for (const [type, add, load] of [
      ['i32', 'i32.add', 'i32.mul (local.get $n) (local.get $n)'],
      ['f64', 'f64.add', 'f64.convert_i32_s (local.get $n)'],
      ['v128', 'f32x4.add', 'i32x4.splat (local.get $n)'],
    ] as const) {
      const loop = innermostLoop(
        compileText(
          `(module (func (export "f") (param $n i32) (result ${type}) (local $s ${type}) (local $t ${type})
            (loop $l
              (local.set $t (${load}))
              (local.set $s (${add} (local.get $t) (local.get $s)))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.get $s)))`,
          { vectors: 'sse4.1' },
        ),
        'f',
      );
      expect(copies(loop).filter((text) => !text.startsWith('mov e'))).toEqual([]);
      expect(loop.length, loop.join('; ')).toBeLessThan(8);
    }
  });

  it('although what is behind the loop reads it', () => {
    // The test is in front of each round: on the way out the phi is read, in the round it may be overwritten.
    const loop = innermostLoop(
      compileText(`(module (func (export "f") (param $n i32) (result i32) (local $s i32) (local $i i32)
        (block $out (loop $l
          (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
          (local.set $s (i32.add (i32.mul (local.get $i) (local.get $i)) (local.get $s)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $l)))
        (i32.add (local.get $s) (local.get $i))))`),
      'f',
    );
    expect(copies(loop).length, loop.join('; ')).toBe(1);
  });

  it('through a conditional sum and a chain of operations', () => {
    const loop = innermostLoop(
      compileText(`(module (memory 1) (func (export "f") (param $p i32) (param $n i32) (result i32) (local $s i32)
        (loop $l
          (local.set $s (i32.xor (i32.load (local.get $p)) (i32.rotl (local.get $s) (i32.const 5))))
          (if (i32.load8_u offset=8 (local.get $p)) (then (local.set $s (i32.add (local.get $n) (local.get $s)))))
          (local.set $p (i32.add (local.get $p) (i32.const 4)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $s)))`),
      'f',
    );
    expect(copies(loop)).toEqual([]);
  });
});

describe('where loops start', () => {
  const loop = (body: string): string => `(loop $l ${body}
    (local.set $p (i32.add (local.get $p) (i32.const 4)))
    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`;
  const text = (body: string): string =>
    `(module (memory 1) (func $g (param i32)) (func (export "f") (param $p i32) (param $n i32) (local $m i32) ${body}))`;
  const store = '(i32.store (local.get $p) (i32.const 1))';

  it('is at a multiple of 16 bytes', () => {
    expect(loopStarts(compileText(text(loop(store) + loop(store))), 'f').map((at) => at % 16)).toEqual([0, 0]);
  });

  it('is anywhere when they are long, call, or have others inside', () => {
    const long = loop(Array.from({ length: 60 }, () => store).join(' '));
    expect(loopStarts(compileText(text(store + long)), 'f').map((at) => at % 16)).not.toEqual([0]);
    expect(loopStarts(compileText(text(store + loop('(call $g (local.get $p))'))), 'f')[0]).not.toBe(16);
    const nested = loopStarts(
      compileText(
        text(`(loop $o ${store} (local.set $n (i32.const 9)) ${loop(store)} (br_if $o (i32.load (local.get $p))))`),
      ),
      'f',
    );
    expect(nested.map((at) => at % 16 === 0)).toEqual([true, false]);
  });
});

describe('what a loop does not use', () => {
  /** `around` values live across an inner loop that keeps `within` others busy; both in an outer loop that uses all. */
  const text = (around: number, within: number): string => {
    const names = (prefix: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `$${prefix}${i}`);
    const [outer, inner] = [names('o', around), names('i', within)];
    const step = (name: string, i: number): string =>
      `(local.set ${name} (i32.add (local.get ${name}) (i32.const ${i + 3})))`;
    const mixed = (name: string, i: number): string =>
      `(local.set ${name} (i32.xor (i32.rotl (local.get ${name}) (i32.const 3)) (i32.or
        (i32.shr_u (local.get ${name}) (i32.const 7)) (i32.and (local.get ${inner[(i + 1) % within] as string}) (local.get $m)))))`;
    return `(module (memory 1) (func (export "f") (param $n i32) (param $m i32)
      ${[...outer, ...inner].map((name) => `(local ${name} i32)`).join(' ')} (local $k i32)
      (loop $outer
        ${outer.map(step).join(' ')} ${inner.map(step).join(' ')}
        (local.set $k (local.get $m))
        (loop $inner ${inner.map(mixed).join(' ')}
          (br_if $inner (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
        (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      ${[...outer, ...inner].map((name, i) => `(i32.store offset=${i * 4} (i32.const 0) (local.get ${name}))`).join(' ')}))`;
  };

  it('leaves its register in front of it, not in every round', () => {
    for (const around of [2, 3, 4, 5, 6, 7, 8, 9]) {
      const loop = innermostLoop(compileText(text(around, 8)), 'f');
      expect(
        loop.filter((line) => line.includes('[rsp')),
        `${around} around`,
      ).toEqual([]);
    }
  });
});

describe('what a loop does not change', () => {
  const loop = (invariant: string, rest = ''): string[] =>
    innermostLoop(
      compileText(`(module (memory 1) (func $g (param i32)) (func (export "f") (param $p i32) (param $a i32) (param $n i32) (local $i i32)
        (loop $l
          (i32.store (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 2)))
            (i32.sub (local.get $i) ${invariant})) ${rest}
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))))`),
      'f',
    );
  const product = '(i32.mul (local.get $a) (i32.add (local.get $a) (i32.const 7)))';

  it('is computed in front of it', () => {
    expect(loop(product).filter((line) => /^(imul|lea)/.test(line))).toEqual([]);
    expect(loop('(i32.xor (local.get $a) (i32.const 12345))').filter((line) => line.startsWith('xor'))).toEqual([]);
  });

  it('and takes no register across calls unless it is worth it', () => {
    const call = '(call $g (local.get $i))';
    expect(loop('(i32.xor (local.get $a) (i32.const 12345))', call).some((line) => line.startsWith('xor'))).toBe(true);
    expect(loop(product, call).some((line) => line.startsWith('imul'))).toBe(false);
  });
});
