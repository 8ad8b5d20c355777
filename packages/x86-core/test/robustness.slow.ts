/** The same as robustness.test.ts with more machines. */
import { expect, test } from 'vitest';
import { findFailures } from './robustness/find-failures.ts';

test('random machines stay within their budget and their memory', () => {
  expect(findFailures({ first: 0, count: 300, turns: 12, budget: 200 })).toEqual([]);
});
