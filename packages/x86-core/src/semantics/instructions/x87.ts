/** Arithmetic, comparison and functions of the x87: SDM 1 8.3.5 to 8.3.7. The runtime carries them out: assembly/float/x87-*.ts. */
import { rflagsWords } from '../flags.ts';
import * as code from '../float/operation.ts';
import { i32, noteInstruction, noteOperand, raisePending } from '../float/x87.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

/** Of an operand in memory, as the runtime names formats. */
export type MemoryFormat = 'float' | 'integer';

export function formatNumber(m: MeaningBuilder, format: MemoryFormat): number {
  return format === 'float' ? m.bits(0) : -m.bits(0);
}

/** A function of the state alone. */
function stateFunction(name: string, ...operands: number[]): Definition {
  return (m) => {
    raisePending(m);
    m.callChanging(name, m.core(), ...operands.map((operand) => i32(operand)));
    noteInstruction(m);
  };
}

const REVERSED = 16;
const arithmetic: Readonly<Record<string, number>> = {
  add: code.ADD,
  mul: code.MULTIPLY,
  sub: code.SUBTRACT,
  subr: code.SUBTRACT | REVERSED,
  div: code.DIVIDE,
  divr: code.DIVIDE | REVERSED,
};

function arithmeticWith(operation: number, format: MemoryFormat, pops: 0 | 1): Definition {
  return (m) => {
    raisePending(m);
    if (m.kind(0) === 'memory') {
      const value = m.read(0);
      const address = m.address();
      m.callChanging('x87ArithmeticMemory', m.core(), i32(operation), i32(formatNumber(m, format)), value);
      noteOperand(m, address);
      return;
    }
    const [to, from] = [m.registerNumber(0), m.registerNumber(1)];
    m.callChanging('x87Arithmetic', m.core(), i32(operation), i32(to), i32(from), i32(pops));
    noteInstruction(m);
  };
}

function compare(quietly: 0 | 1, format: MemoryFormat, pops: 0 | 1 | 2): Definition {
  return (m) => {
    raisePending(m);
    if (m.operandCount > 0 && m.kind(0) === 'memory') {
      const value = m.read(0);
      const address = m.address();
      m.callChanging('x87CompareMemory', m.core(), i32(formatNumber(m, format)), value, i32(pops));
      noteOperand(m, address);
      return;
    }
    const other = m.operandCount > 0 ? m.registerNumber(1) : 1;
    m.callChanging('x87Compare', m.core(), i32(quietly), i32(other), i32(pops));
    noteInstruction(m);
  };
}

/** FCOMI, FUCOMI. OF, SF and AF are cleared. */
function compareFlags(quietly: 0 | 1, pops: 0 | 1): Definition {
  return (m) => {
    raisePending(m);
    const other = i32(m.registerNumber(1));
    const flags = m.callChanging('x87CompareFlags', m.core(), i32(quietly), other, i32(pops));
    noteInstruction(m);
    const words = rflagsWords(flags);
    const [carry, aux, result] = [m.let(words.carry), m.let(words.aux), m.let(words.result)];
    m.flags('settled', 64, carry, aux, result);
  };
}

/** With an integer of 16 bits, 0. */
function compareWithZero(m: MeaningBuilder): void {
  raisePending(m);
  m.callChanging('x87CompareMemory', m.core(), i32(-16), v.constant(0), i32(0));
  noteInstruction(m);
}

const functions: Readonly<Record<string, number>> = {
  fchs: code.CHANGE_SIGN,
  fabs: code.ABSOLUTE,
  f2xm1: code.TWO_TO_X_MINUS_1,
  fyl2x: code.Y_LOG2_X,
  fptan: code.PARTIAL_TANGENT,
  fpatan: code.PARTIAL_ARCTANGENT,
  fxtract: code.EXTRACT,
  fprem1: code.PARTIAL_REMAINDER_1,
  fprem: code.PARTIAL_REMAINDER,
  fyl2xp1: code.Y_LOG2_X_PLUS_1,
  fsqrt: code.ROOT,
  fsincos: code.SINE_AND_COSINE,
  frndint: code.ROUND_TO_INTEGER,
  fscale: code.SCALE,
  fsin: code.SINE,
  fcos: code.COSINE,
};

export const x87Definitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...Object.entries(arithmetic).flatMap(([name, operation]): [string, Definition][] => [
    [`f${name}`, arithmeticWith(operation, 'float', 0)],
    [`f${name}p`, arithmeticWith(operation, 'float', 1)],
    [`fi${name}`, arithmeticWith(operation, 'integer', 0)],
  ]),
  ...Object.entries(functions).map(([name, which]): [string, Definition] => [
    name,
    stateFunction('x87Function', which),
  ]),
  ['fcom', compare(0, 'float', 0)],
  ['fcomp', compare(0, 'float', 1)],
  ['fcompp', compare(0, 'float', 2)],
  ['fucom', compare(1, 'float', 0)],
  ['fucomp', compare(1, 'float', 1)],
  ['fucompp', compare(1, 'float', 2)],
  ['ficom', compare(0, 'integer', 0)],
  ['ficomp', compare(0, 'integer', 1)],
  ['fcomi', compareFlags(0, 0)],
  ['fcomip', compareFlags(0, 1)],
  ['fucomi', compareFlags(1, 0)],
  ['fucomip', compareFlags(1, 1)],
  ['ftst', compareWithZero],
  ['fxam', stateFunction('x87Examine')],
]);
