/** The whole opcode space, and random bytes, against iced-x86. */
import { expect, test } from 'vitest';
import { compareSlots, compareSpace, emptyComparison, summary } from './oracle/opcode-space.ts';

const modRms = Array.from({ length: 256 }, (_, modRm) => modRm);

test.each([16, 32, 64] as const)('all opcodes and ModRM bytes in %i-bit code', (mode) => {
  const comparison = emptyComparison();
  compareSpace(mode, modRms, comparison);
  console.log(`${mode}-bit opcode space: ${summary(comparison)}`);
  expect(comparison.differences).toEqual([]);
});

/** Numerical Recipes' linear congruential generator: the same bytes in every run. */
function randomBytes(count: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

test.each([16, 32, 64] as const)('four million random byte strings in %i-bit code', (mode) => {
  const comparison = emptyComparison();
  for (let round = 0; round < 64; round++) {
    const bytes = randomBytes(16 * 65_536, round * 3 + mode);
    compareSlots(mode, bytes, comparison);
  }
  console.log(`${mode}-bit random bytes: ${summary(comparison)}`);
  expect(comparison.differences).toEqual([]);
});
