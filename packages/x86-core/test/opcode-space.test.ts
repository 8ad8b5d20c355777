/** The opcode space against iced-x86, with the ModRM bytes that tell rows apart; opcode-space.slow.ts takes all of them. */
import { expect, test } from 'vitest';
import { compareSpace, emptyComparison, summary } from './oracle/opcode-space.ts';

/** Memory without and with displacement, SIB, absolute; registers; each value of reg in both. */
const modRms = [0x00, 0x0c, 0x15, 0x1e, 0x26, 0x40, 0x6c, 0x71, 0xb9, 0xc0, 0xc9, 0xd1, 0xda, 0xe3, 0xee, 0xf5, 0xff];

test.each([16, 32, 64] as const)('all opcodes in %i-bit code', (mode) => {
  const comparison = emptyComparison();
  compareSpace(mode, modRms, comparison);
  console.log(`${mode}-bit opcode space: ${summary(comparison)}`);
  expect(comparison.differences).toEqual([]);
  expect(comparison.valid).toBeGreaterThan(100_000);
});
