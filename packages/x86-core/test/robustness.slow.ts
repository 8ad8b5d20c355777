/** The same as robustness.test.ts with many more machines and longer runs. */
import { expect, test } from 'vitest';
import { findFailures } from './robustness/find-failures.ts';

test('random machines stay within their budget and their memory', () => {
  expect(findFailures({ first: 1_000_000, count: 10_000, turns: 20, budget: 2000 })).toEqual([]);
});
