/** Forms are found by a number: instructions of different shapes never share one. */
import { expect, test } from 'vitest';
import { prepareForm } from '../../src/encode/form.ts';
import { CodeBuffer, decode, EncodeError, emitForm, type Mode, type Row, rows } from '../../src/index.ts';
import { formOf } from '../../src/semantics/form.ts';
import { lowerHandler } from '../../src/semantics/handler.ts';
import { meaningOf } from '../../src/semantics/instructions/index.ts';
import { type CodeShape, handlerKeyOf, keyOf, longMode, shapeOf } from '../../src/semantics/operand-shape.ts';
import { sampleOperands } from '../oracle/samples.ts';

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

test('rows with one operand and rows with two do not meet', () => {
  const code: CodeShape = { mode: 16, segmentation: 'segmented', stackBits: 16, linearBits: 32 };
  const wrong: string[] = [];
  const compare = (bytes: readonly number[]): void => {
    const instruction = decode(16, Uint8Array.from(bytes));
    const form = instruction.kind === 'failure' ? undefined : formOf(instruction, code);
    if (instruction.kind === 'failure' || form === undefined) return;
    if (keyOf(form.shape) !== keyOf(shapeOf(instruction, code, false))) wrong.push(instruction.row.text);
  };
  for (const row of rows()) for (const bytes of samplesOf(row, 16, Number.POSITIVE_INFINITY)) compare([...bytes]);
  // Prefixes that a row does not take count in the number of its form too.
  for (const row of rows()) {
    for (const bytes of samplesOf(row, 16, 1)) {
      for (const segment of [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]) {
        for (const repeat of [[], [0xf2], [0xf3]]) compare([...repeat, segment, ...bytes]);
      }
    }
  }
  expect(wrong.slice(0, 10)).toEqual([]);
});

/** The first operand forms of a row, as many as asked for, and the first with memory. */
function samplesOf(row: Row, mode: Mode, count: number): Uint8Array[] {
  const form = prepareForm(row, mode);
  if (form === undefined) return [];
  const all = sampleOperands(row, mode);
  const withMemory = all.find((operands) =>
    operands.some((each) => typeof each === 'object' && each.kind === 'memory'),
  );
  return [...all.slice(0, count), withMemory].flatMap((operands) => {
    if (operands === undefined) return [];
    const out = new CodeBuffer(32);
    try {
      emitForm(out, form, operands[0], operands[1], operands[2], operands[3]);
    } catch (error) {
      // `ah` beside REX.
      if (error instanceof EncodeError && error.code === 'REGISTER') return [];
      throw error;
    }
    return [out.toBytes()];
  });
}

test('with 5-level paging another handler is asked for where it is another', () => {
  const wide: CodeShape = { ...longMode, linearBits: 57 };
  let others = 0;
  for (const row of rows()) {
    for (const bytes of samplesOf(row, 64, 1)) {
      const instruction = decode(64, bytes);
      if (instruction.kind === 'failure') continue;
      const shapes = [longMode, wide].map((code) => shapeOf(instruction, code, false));
      const meanings = shapes.map(meaningOf);
      if (meanings.includes(undefined)) continue;
      const [four, five] = shapes.map((shape) => lowerHandler(meaningOf(shape) ?? expect.fail(), shape).fingerprint);
      const [keyOfFour, keyOfFive] = shapes.map(handlerKeyOf);
      expect(keyOfFour === keyOfFive, row.text).toBe(four === five);
      if (four !== five) others++;
    }
  }
  expect(others).toBeGreaterThan(3);
});
