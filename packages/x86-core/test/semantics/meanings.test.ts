/** Every row of the table has a meaning in every mode, shape of operands and kind of segments, and it keeps the builder's rules: changes come after faults. */
import { expect, test } from 'vitest';
import { prepareForm } from '../../src/encode/form.ts';
import { CodeBuffer, decode, EncodeError, emitForm, type Instruction, type Mode, rows } from '../../src/index.ts';
import { handlerSignature, lowerHandler } from '../../src/semantics/handler.ts';
import { meaningOf } from '../../src/semantics/instructions/index.ts';
import type { Statement } from '../../src/semantics/language.ts';
import { calledSignature } from '../../src/semantics/lowering.ts';
import {
  type CodeShape,
  handlerKeyOf,
  keyOf,
  longMode,
  type Shape,
  shapeOf,
} from '../../src/semantics/operand-shape.ts';
import type { FunctionBody } from '../../src/wasm/function-body.ts';
import { ModuleBuilder } from '../../src/wasm/module-builder.ts';
import { sampleOperands } from '../oracle/samples.ts';
import { unassignedReads } from './assigned.ts';

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
  for (const row of rows()) {
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
    for (const [number, code] of codes[mode].entries()) {
      for (const flagsDead of number === 0 ? [false, true] : [false]) {
        const shape = shapeOf(instruction, code, flagsDead);
        shapes.set(keyOf(shape), shape);
      }
    }
  }
  return shapes;
}

/** Of features that CPUID does not report: VMX, SVM, supervisor states of XSAVE. They are #UD. */
const withoutMeaning = new Set(['vmcall', 'vmmcall', 'xsaves', 'xsaves64', 'xrstors', 'xrstors64']);

/** One module for many handlers; those of equal code are one. */
function compile(bodies: readonly FunctionBody[]): WebAssembly.Module {
  const module = new ModuleBuilder();
  for (const name of new Set(bodies.flatMap((body) => [...body.calls]))) module.import(name, calledSignature(name));
  for (const [position, body] of bodies.entries()) module.function(String(position), handlerSignature, body);
  return new WebAssembly.Module(module.encode());
}

test.each([16, 32, 64] as const)(
  'every row has a meaning in %i-bit code, which is valid WebAssembly',
  { timeout: 120_000 },
  (mode) => {
    const problems = new Set<string>();
    const nothing = new Set<string>();
    const bodies = new Map<string, { body: FunctionBody; mnemonic: string }>();
    const byKey = new Map<string, string>();
    for (const shape of shapesOf(mode).values()) {
      try {
        const meaning = meaningOf(shape);
        if (meaning === undefined) {
          nothing.add(shape.mnemonic);
          continue;
        }
        const reads = unassignedReads(meaning);
        if (reads.size > 0)
          problems.add(`${shape.mnemonic}: reads what is not assigned on every way: ${[...reads].join()}`);
        const body = lowerHandler(meaning, shape);
        const key = handlerKeyOf(shape);
        const other = byKey.get(key);
        if (other !== undefined && other !== body.fingerprint) problems.add(`${key}: two handlers`);
        byKey.set(key, body.fingerprint);
        bodies.set(body.fingerprint, { body, mnemonic: shape.mnemonic });
      } catch (error) {
        problems.add(`${shape.mnemonic}: ${String(error)}`);
      }
    }
    for (const [mnemonic, group] of Map.groupBy(bodies.values(), (each) => each.mnemonic)) {
      try {
        compile(group.map(({ body }) => body));
      } catch (error) {
        problems.add(`${mnemonic}: ${String(error).replace(/function #.*/, '')}`);
      }
    }
    expect([...problems].slice(0, 20)).toEqual([]);
    expect([...nothing].filter((mnemonic) => !withoutMeaning.has(mnemonic))).toEqual([]);
  },
);

test('what some way does not assign is found', () => {
  const read = { kind: 'temporary', type: 'i64', number: 0 } as const;
  const set: Statement = { kind: 'let', temporary: 0, value: { kind: 'immediate' } };
  const use: Statement = { kind: 'let', temporary: 1, value: read };
  const under = (body: Statement[], otherwise: Statement[]): Statement => ({
    kind: 'if',
    condition: { kind: 'condition', code: 0 },
    body,
    otherwise,
    unlikely: false,
  });
  const unassigned = (...statements: Statement[]): number[] => [
    ...unassignedReads({ statements, temporaries: ['i64', 'i64'] }),
  ];
  expect(unassigned(set, use)).toEqual([]);
  expect(unassigned(use, set)).toEqual([0]);
  expect(unassigned(under([set], []), use)).toEqual([0]);
  expect(unassigned(under([set], [set]), use)).toEqual([]);
  expect(unassigned(under([set], [{ kind: 'leave', reason: 'assist', at: 'this' }]), use)).toEqual([]);
});
