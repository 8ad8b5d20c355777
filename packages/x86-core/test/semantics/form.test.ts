/** Forms are found by a number: instructions of different shapes never share one. */
import { expect, test } from 'vitest';
import { decode } from '../../src/index.ts';
import { formOf } from '../../src/semantics/form.ts';
import { keyOf, longMode, shapeOf } from '../../src/semantics/operand-shape.ts';

test('the form of every instruction in the opcode space has its shape', () => {
  const prefixes = [[], [0x66], [0x48], [0xf3], [0xf2], [0x64], [0xf0], [0x67]];
  const maps = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a], [0xc5, 0xf9], [0xc4, 0xe2, 0x7d]];
  const modRms = [0xc1, 0xd0, 0xf8, 0x01, 0x04, 0x45, 0x84, 0x2c];
  let compared = 0;
  for (const prefix of prefixes) {
    for (const map of maps) {
      for (let opcode = 0; opcode < 256; opcode++) {
        for (const modRm of modRms) {
          // SIB bytes with RSP and RBP as the base, with and without an index.
          for (const sib of [0x24, 0x6c]) {
            const bytes = Uint8Array.from([...prefix, ...map, opcode, modRm, sib, 0x10, 0, 0, 0, 0, 0, 0, 0]).slice(
              0,
              15,
            );
            const instruction = decode(64, bytes);
            if (instruction.kind === 'failure') continue;
            const form = formOf(instruction, longMode);
            if (form === undefined) continue;
            compared++;
            expect(keyOf(form.shape)).toBe(keyOf(shapeOf(instruction, longMode, false)));
          }
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(10_000);
});
