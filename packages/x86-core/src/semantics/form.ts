/**
 * Forms of instructions: what two instructions with the same row, sizes and kinds of operands have in common. Made once for each and found again by a
 * number, because every instruction that is decoded asks for its own.
 */
import type { Instruction } from '../decode/instruction.ts';
import type { Operand, RegisterClass } from '../operand.ts';
import { type Effect, effectOf } from './effect.ts';
import { meaningOf } from './instructions/index.ts';
import { type CodeShape, keyOf, type Shape, shapeOf } from './operand-shape.ts';
import { preparedEffect } from './prepared-handlers.ts';

export interface Form extends Effect {
  readonly shape: Shape;
  /** The same where nobody reads the flags that it writes. */
  readonly flagsDead: Shape;
}

const forms = new WeakMap<CodeShape, Map<number, Form | undefined>>();
/** By the key of the shape: instructions that differ in their encoding only share it, and what is known of the shape as an object. */
const formsByKey = new Map<string, Form>();

/** @returns undefined where the instruction has no meaning. */
export function formOf(instruction: Instruction, code: CodeShape): Form | undefined {
  let known = forms.get(code);
  if (known === undefined) {
    known = new Map();
    forms.set(code, known);
  }
  const number = numberOf(instruction);
  let form = known.get(number);
  if (form === undefined && !known.has(number)) {
    form = makeForm(instruction, code);
    known.set(number, form);
  }
  return form;
}

/** Everything that shapeOf looks at, beside the code's own shape. Below 2^53. */
function numberOf(instruction: Instruction): number {
  const { row, operandSize, addressSize, segment, repeat, lock, operands } = instruction;
  let number = row.index * 3 + (operandSize >> 5);
  number = number * 3 + (addressSize >> 5);
  number = number * 7 + (segment === undefined ? 6 : segment.number);
  number = number * 3 + (repeat === 0 ? 0 : repeat - 0xf1);
  number = number * 2 + (lock ? 1 : 0);
  // A digit for each operand that there may be: rows of different lengths must not meet.
  for (let position = 0; position < MAX_OPERANDS; position++) {
    const operand = operands[position];
    number = number * 32 + (operand === undefined ? 0 : operandNumber(operand));
  }
  return number;
}

const MAX_OPERANDS = 4;

/** 0 to 31: a digit of the form's number. */
function operandNumber(operand: Operand): number {
  if (typeof operand !== 'object') return 0;
  if (operand.kind === 'memory') {
    const { base, index } = operand;
    const stack = typeof base !== 'object' ? 0 : base.number === 4 ? 2 : base.number === 5 ? 1 : 0;
    return 1 + stack + (index?.class === 'gpr' ? 3 : 0);
  }
  if (operand.kind !== 'register') return 7;
  return shapeDependsOn.has(operand.class) ? 8 + operand.number : 7;
}

/** Registers whose number is part of the shape. */
const shapeDependsOn: ReadonlySet<RegisterClass> = new Set(['x87', 'segment', 'control', 'debug']);

function makeForm(instruction: Instruction, code: CodeShape): Form | undefined {
  const shape = shapeOf(instruction, code, false);
  const key = keyOf(shape);
  let form = formsByKey.get(key);
  if (form === undefined) {
    const effect = preparedEffect(shape) ?? effectOfMeaning(shape);
    if (effect === undefined) return undefined;
    form = { shape, flagsDead: { ...shape, flagsDead: true }, ...effect };
    formsByKey.set(key, form);
  }
  return form;
}

function effectOfMeaning(shape: Shape): Effect | undefined {
  const meaning = meaningOf(shape);
  return meaning && effectOf(meaning);
}
