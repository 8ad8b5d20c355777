/**
 * Forms of instructions: what two instructions with the same row, sizes and kinds of operands have in common. Made once for each and found again by a
 * number, because every instruction that is decoded asks for its own.
 */
import type { Instruction } from '../decode/instruction.ts';
import { meaningOf } from './instructions/index.ts';
import type { Meaning, Statement } from './language.ts';
import { type CodeShape, type Shape, shapeOf } from './operand-shape.ts';

export interface Form {
  readonly shape: Shape;
  /** The same where nobody reads the flags that it writes. */
  readonly flagsDead: Shape;
  /** Nothing that follows is ever reached. */
  readonly ends: boolean;
  readonly branches: boolean;
  /** It may end before its end, and then everything is seen. */
  readonly mayLeave: boolean;
  /** It may leave for TypeScript to carry it out. */
  readonly assists: boolean;
}

const forms = new WeakMap<CodeShape, Map<number, Form | undefined>>();

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
  for (const operand of operands) {
    if (typeof operand !== 'object') continue;
    if (operand.kind === 'memory') {
      const { base, index } = operand;
      const stack = typeof base === 'object' ? (base.number === 4 ? 2 : base.number === 5 ? 1 : 0) : 0;
      number = number * 8 + 4 + (index?.class === 'gpr' ? 1 : 0);
      number = number * 3 + stack;
    } else if (operand.kind === 'register') {
      const numbered =
        operand.class !== 'gpr' && operand.class !== 'gprHigh' && operand.bits !== 128 && operand.bits !== 256;
      number = number * 17 + (numbered ? operand.number + 1 : 0);
    }
  }
  return number;
}

function makeForm(instruction: Instruction, code: CodeShape): Form | undefined {
  const shape = shapeOf(instruction, code, false);
  const meaning = meaningOf(shape);
  if (meaning === undefined) return undefined;
  return { shape, flagsDead: shapeOf(instruction, code, true), ...effectOf(meaning) };
}

function effectOf({ statements }: Meaning): Pick<Form, 'ends' | 'branches' | 'mayLeave' | 'assists'> {
  return {
    ends: statements.some(
      (each) =>
        each.kind === 'leave' || ((each.kind === 'jump' || each.kind === 'raise') && each.condition === undefined),
    ),
    branches: statements.some(({ kind }) => kind === 'jump'),
    mayLeave: statements.some(mayLeave),
    assists: statements.some(assists),
  };
}

function mayLeave(statement: Statement): boolean {
  switch (statement.kind) {
    case 'translate':
    case 'raise':
    case 'checkTarget':
    case 'jump':
    case 'leave':
    case 'loop':
      return true;
    case 'if':
      return statement.body.some(mayLeave) || statement.otherwise.some(mayLeave);
    default:
      return false;
  }
}

function assists(statement: Statement): boolean {
  if (statement.kind === 'if') return statement.body.some(assists) || statement.otherwise.some(assists);
  return statement.kind === 'leave' && statement.reason === 'assist';
}
