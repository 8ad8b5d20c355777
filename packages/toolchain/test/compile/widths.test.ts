/** What is known of the width of values, as instructions that are not there. */
import { describe, expect, it } from 'vitest';
import { textOf } from './decode.ts';
import { compileText } from './samples.ts';

const bodyOf = (parameters: string, body: string): string[] =>
  textOf(compileText(`(module (memory 1) (func (export "f") ${parameters} ${body}))`), 'f');

describe('masks that change nothing', () => {
  it('go, round a loop as well', () => {
    const text = bodyOf(
      '(param $p i32) (result i32) (local $c i32) (local $s i32)',
      `(local.set $c (i32.load8_u (local.get $p)))
      (loop $l
        (local.set $s (i32.add (local.get $s) (i32.and (local.get $c) (i32.const 255))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if $l (local.tee $c (i32.load8_u (local.get $p)))))
      (local.get $s)`,
    );
    expect(text.filter((line) => line.startsWith('movzx') && !line.includes('['))).toEqual([]);
    expect(text.filter((line) => line.startsWith('and'))).toEqual([]);
  });

  it('stay where a loop may count past them', () => {
    const text = bodyOf(
      '(param $n i32) (result i32) (local $i i32)',
      `(loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (i32.and (local.get $i) (i32.const 255))`,
    );
    expect(text.some((line) => line.startsWith('movzx'))).toBe(true);
  });
});

it('extension by sign is free where there is no sign', () => {
  const extend = (load: string): string[] =>
    bodyOf('(param i32) (result i64)', `(i64.extend_i32_s (${load} (local.get 0)))`);
  expect(extend('i32.load16_u').filter((line) => line.startsWith('movsxd'))).toEqual([]);
  expect(extend('i32.load').some((line) => line.startsWith('movsxd'))).toBe(true);
});

it('extension of what turns out to be a constant is that constant', () => {
  // The local is 5 on both ways, which is seen only once the phi is gone.
  const text = bodyOf(
    '(param i32) (result i64) (local i32)',
    `(local.set 1 (i32.const 5))
    (loop $l (local.set 1 (local.get 1)) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i64.extend_i32_s (local.get 1))`,
  );
  expect(text).toContain('mov eax,5');
});

it('addresses that cannot wrap need no prefix', () => {
  const access = (index: string): string[] =>
    bodyOf('(param i32) (result i32)', `(i32.load8_u (i32.add (${index}) (i32.const 0x400000)))`);
  expect(access('i32.load16_u (local.get 0)').some((line) => /\[r\w+\+400000h\]/.test(line))).toBe(true);
  expect(access('i32.load (local.get 0)').some((line) => /\[e\w+\+400000h\]/.test(line))).toBe(true);
});
