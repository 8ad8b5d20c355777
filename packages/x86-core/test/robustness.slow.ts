/** The same as robustness.test.ts with more machines. */
import { expect, test } from 'vitest';
import { findFailures } from './robustness/find-failures.ts';

test('random machines stay within their budget and their memory', () => {
  expect(findFailures({ first: 0, count: 300, turns: 12, budget: 200 })).toEqual([]);
});

// Among them those in which the delivery of an exception once raised exceptions for ever.
test('longer runs of random machines, too', () => {
  expect(findFailures({ first: 5064, count: 320, turns: 16, budget: 1500 })).toEqual([]);
});
