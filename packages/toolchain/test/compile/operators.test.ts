/** Every numeric operator on its edge cases: compiled code against the engine of this process. */
import { describe, expect, it } from 'vitest';
import { nativeReason, runNatively } from './native.ts';
import { scalarCases, scalarOperators, vectorCases, vectorOperators } from './operator-cases.ts';
import { runInEngine } from './reference.ts';

describe.skipIf(nativeReason !== undefined)(
  `operators run natively${nativeReason === undefined ? '' : ` (skipped: ${nativeReason})`}`,
  () => {
    const variants = [
      { title: 'baseline', options: {} },
      { title: 'with POPCNT, LZCNT, BMI1', options: { features: ['popcnt', 'lzcnt', 'bmi1'] as const } },
    ];
    it.each(variants)(
      'scalar operators agree with the engine, $title',
      ({ options }) => {
        const { wasm, calls } = scalarCases(scalarOperators);
        expect(calls.length).toBeGreaterThan(10_000);
        const [actual] = runNatively([{ wasm, calls, options }]);
        compare(actual as string[], runInEngine(wasm, calls));
      },
      60_000,
    );

    it('vector operators agree with the engine', () => {
      const { wasm, calls } = vectorCases(vectorOperators);
      const [actual] = runNatively([{ wasm, calls }]);
      compare(actual as string[], runInEngine(wasm, calls));
    }, 60_000);
  },
);

function compare(actual: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((line, i) => line !== actual[i]);
  const before = expected[at - 1] ?? '';
  expect(at < 0 ? '' : `${before} / ${actual[at]}`).toBe(at < 0 ? '' : `${before} / ${expected[at]}`);
  expect(actual.length).toBe(expected.length);
}
