/** Whatever state a core is in and whatever it runs: no exception in the host, no endless loop, no write beside the guest's memory. */
import { expect, test } from 'vitest';
import { findFailures } from './robustness/find-failures.ts';

test('random machines stay within their budget and their memory', { timeout: 120_000 }, () => {
  expect(findFailures({ first: 0, count: 64, turns: 12, budget: 200 })).toEqual([]);
});
