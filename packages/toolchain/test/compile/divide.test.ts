/** Division by constants: no division is left, and the results are those of the engine, at the edges of every multiple. */
import { describe, expect, it } from 'vitest';
import { textOf } from './decode.ts';
import { type NativeCall, nativeReason, runNatively } from './native.ts';
import { runInEngine } from './reference.ts';
import { compileText } from './samples.ts';
import { assembleText } from './wat.ts';

const OPERATIONS = ['div_s', 'div_u', 'rem_s', 'rem_u'] as const;
/** Powers of two, divisors whose multiplier has a bit too many (7, 14, 28), and the extremes. */
const SMALL = [
  1n,
  2n,
  3n,
  5n,
  6n,
  7n,
  8n,
  10n,
  14n,
  28n,
  60n,
  100n,
  641n,
  1000n,
  1000000n,
  0x7fffffffn,
  -2n,
  -3n,
  -7n,
  -100n,
];
const DIVISORS = {
  i32: [...SMALL, 0x80000000n, 0xfffffffen],
  i64: [...SMALL, 0x80000000n, 0x100000001n, 0x7fffffffffffffffn, 0x8000000000000000n, -0x7fffffffffffffffn],
} as const;

function moduleText(type: 'i32' | 'i64'): string {
  const functions = DIVISORS[type].flatMap((divisor) =>
    OPERATIONS.map(
      (operation) =>
        `(func (export "${operation} ${divisor}") (param ${type}) (result ${type}) (${type}.${operation} (local.get 0) (${type}.const ${divisor})))`,
    ),
  );
  return `(module ${functions.join('\n')})`;
}

function callsOf(type: 'i32' | 'i64'): NativeCall[] {
  const bits = type === 'i32' ? 32 : 64;
  const edges = [0n, 1n, 2n, 9n, 0x12345678n, (1n << BigInt(bits - 1)) - 1n, 1n << BigInt(bits - 1), -1n, -2n, -10n];
  return DIVISORS[type].flatMap((divisor) => {
    const near = [divisor, divisor * 3n, (BigInt.asUintN(bits, -1n) / (divisor < 0n ? -divisor : divisor)) * divisor];
    const dividends = [...edges, ...near.flatMap((multiple) => [multiple - 1n, multiple, multiple + 1n])];
    return OPERATIONS.flatMap((operation) =>
      dividends.map((value) => ({ name: `${operation} ${divisor}`, arguments: [BigInt.asUintN(bits, value)] })),
    );
  });
}

describe('division by a constant', () => {
  it.each(['i32', 'i64'] as const)('of %s needs no division', (type) => {
    const object = compileText(moduleText(type));
    for (const { name } of object.functions)
      expect(
        textOf(object, name).filter((text) => /^i?div /.test(text)),
        name,
      ).toEqual([]);
  });

  it('stays where it traps', () => {
    const object = compileText(
      '(module (func (export "zero") (param i32) (result i32) (i32.rem_u (local.get 0) (i32.const 0)))' +
        '(func (export "overflow") (param i32) (result i32) (i32.div_s (local.get 0) (i32.const -1))))',
    );
    for (const name of ['zero', 'overflow'])
      expect(
        textOf(object, name).some((text) => /^i?div /.test(text)),
        name,
      ).toBe(true);
  });

  it.skipIf(nativeReason !== undefined)(
    `is exact (natively${nativeReason === undefined ? '' : `; skipped: ${nativeReason}`})`,
    () => {
      for (const type of ['i32', 'i64'] as const) {
        const wasm = assembleText(moduleText(type));
        const calls = callsOf(type);
        expect(runNatively([{ wasm, calls }])).toEqual([runInEngine(wasm, calls)]);
      }
    },
  );
});
