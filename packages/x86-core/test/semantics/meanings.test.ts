/** Every row of the table has a meaning in every mode, shape of operands and kind of segments, and it keeps the builder's rules: changes come after faults. */
import { expect, test } from 'vitest';
import { prepareForm } from '../../src/encode/form.ts';
import { CodeBuffer, decode, EncodeError, emitForm, type Instruction, type Mode, rows } from '../../src/index.ts';
import { handlerSignature, lowerHandler } from '../../src/semantics/handler.ts';
import { meaningOf, mnemonics } from '../../src/semantics/instructions/index.ts';
import { calledSignature } from '../../src/semantics/lowering.ts';
import { type CodeShape, keyOf, longMode, type Shape, shapeOf } from '../../src/semantics/operand-shape.ts';
import { ModuleBuilder } from '../../src/wasm/module-builder.ts';
import { sampleOperands } from '../oracle/samples.ts';

const codes: Readonly<Record<Mode, readonly CodeShape[]>> = {
  16: [
    { mode: 16, segmentation: 'segmented', stackBits: 16, linearBits: 32 },
    { mode: 16, segmentation: 'segmented', stackBits: 32, linearBits: 32 },
  ],
  32: [
    { mode: 32, segmentation: 'flat', stackBits: 32, linearBits: 32 },
    { mode: 32, segmentation: 'segmented', stackBits: 32, linearBits: 32 },
    { mode: 32, segmentation: 'segmented', stackBits: 16, linearBits: 32 },
  ],
  64: [longMode],
};

/** One instruction for each shape that a row takes in a mode, plain, and with the prefixes that it takes. */
function instructionsOf(mode: Mode): Instruction[] {
  const instructions: Instruction[] = [];
  for (const row of rows) {
    const form = prepareForm(row, mode);
    if (form === undefined) continue;
    for (const operands of sampleOperands(row, mode)) {
      const out = new CodeBuffer(32);
      try {
        emitForm(out, form, operands[0], operands[1], operands[2], operands[3]);
      } catch (error) {
        if (error instanceof EncodeError && error.code === 'REGISTER') continue;
        throw error;
      }
      const prefixes = row.repeat === 'none' ? [[], ...(row.lock ? [[0xf0]] : [])] : [[], [0xf3], [0xf2]];
      for (const prefix of prefixes) {
        const decoded = decode(mode, Uint8Array.of(...prefix, ...out.toBytes()));
        if (decoded.kind === 'instruction') instructions.push(decoded);
      }
    }
  }
  return instructions;
}

function shapesOf(mode: Mode): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const instruction of instructionsOf(mode)) {
    for (const code of codes[mode]) {
      for (const flagsDead of [false, true]) {
        const shape = shapeOf(instruction, code, flagsDead);
        shapes.set(keyOf(shape), shape);
      }
    }
  }
  return shapes;
}

/** Handlers are valid WebAssembly, without which no operand would have the right type. */
function compile(shape: Shape): void {
  const meaning = meaningOf(shape);
  if (meaning === undefined) throw new Error(`nothing for ${keyOf(shape)}`);
  const body = lowerHandler(meaning, shape);
  const module = new ModuleBuilder();
  for (const name of body.calls) module.import(name, calledSignature(name));
  module.function('handler', handlerSignature, body);
  void new WebAssembly.Module(module.encode());
}

test.each([16, 32, 64] as const)('meanings of all shapes in %i-bit code', (mode) => {
  const problems = new Set<string>();
  for (const shape of shapesOf(mode).values()) {
    if (!mnemonics.includes(shape.mnemonic)) continue;
    try {
      compile(shape);
    } catch (error) {
      problems.add(`${shape.mnemonic}: ${String(error).replace(/function #.*/, "")}`);
    }
  }
  expect([...problems].slice(0, 20)).toEqual([]);
});
