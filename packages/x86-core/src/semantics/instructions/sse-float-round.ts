/** ROUNDxx: to an integral value in the same format (SDM 2 ROUNDPD). */
import type { OperatorName } from '../../wasm/operators.ts';
import {
  anyOf,
  type Format,
  isRight,
  isSlow,
  isUnusual,
  lowestNumbers,
  numbers,
  operator,
} from '../float/fast-path.ts';
import * as code from '../float/operation.ts';
import {
  type Halves,
  high,
  lowestOf,
  raiseFloat,
  readHalves,
  readScalar,
  requireVectorAlignment,
  resultHalves,
  withLowest,
  writeScalar,
} from '../float/operands.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

/** Bits of the immediate: the mode, or MXCSR's own; inexact results are not reported. */
const MODE_IN_MXCSR = 4;
const QUIETLY = 8;

interface Control {
  readonly immediate: Value;
  /** i32: the host may round to this mode without a trace. */
  readonly allowed: Value;
}

function controlOf(m: MeaningBuilder): Control {
  const immediate = m.let(v.operation('i64.and', m.read(m.operandCount - 1), v.constant(15)));
  const own = v.operation('i64.and', immediate, v.constant(MODE_IN_MXCSR | QUIETLY));
  const quiet = v.operation('i64.eq', own, v.constant(QUIETLY));
  return { immediate, allowed: m.let(v.operation('i32.or', quiet, v.operation('i32.eqz', isSlow(m)))) };
}

const modes = ['nearest', 'floor', 'ceil', 'trunc'];

/** Calls `write` with the results of the mode in the immediate. */
function inMode(m: MeaningBuilder, { immediate }: Control, write: (name: string) => void): void {
  const is = (mask: number, value: number): Value =>
    v.operation('i64.eq', v.operation('i64.and', immediate, v.constant(mask)), v.constant(value));
  m.if(
    v.operation('i32.or', is(MODE_IN_MXCSR, MODE_IN_MXCSR), is(3, 0)),
    () => write(modes[0] as string),
    () =>
      m.if(
        is(3, 1),
        () => write(modes[1] as string),
        () =>
          m.if(
            is(3, 2),
            () => write(modes[2] as string),
            () => write(modes[3] as string),
          ),
      ),
  );
}

function callRound(m: MeaningBuilder, control: Control, format: Format, lanes: number, b: Halves): void {
  const conversion = v.constant32(format === 64 ? code.ROUND64 : code.ROUND32);
  const mode = v.operation('i32.wrap_i64', control.immediate);
  raiseFloat(m, m.call('sseConvert', m.core(), conversion, v.constant32(lanes), mode, b[0], high(b)));
}

function roundPacked(format: Format): Definition {
  return (m) => {
    requireVectorAlignment(m, 1);
    const count = m.halves(0);
    const b = readHalves(m, 1, count);
    const control = controlOf(m);
    const fault = anyOf(b.map((half) => isUnusual(numbers(format, half))));
    m.ifLikely(
      v.operation('i32.and', control.allowed, isRight(fault, format)),
      () =>
        inMode(m, control, (name) =>
          m.writeVector(
            0,
            b.map((half) => m.let(v.operation(operator(format, name), half))),
          ),
        ),
      () => {
        callRound(m, control, format, (count * 128) / format, b);
        m.writeVector(0, resultHalves(m, count));
      },
    );
  };
}

function roundScalar(format: Format): Definition {
  return (m) => {
    const first = m.readVector(m.vex ? 1 : 0);
    const b = readScalar(m, m.operandCount - 2, format);
    const control = controlOf(m);
    m.ifLikely(
      v.operation('i32.and', control.allowed, isRight(isUnusual(lowestNumbers(format, b, b)), format)),
      () =>
        inMode(m, control, (name) => {
          const rounded = v.operation(`f${format}.${name}` as OperatorName, lowestOf(format, b));
          m.writeVector(0, [m.let(withLowest(format, first, rounded))]);
        }),
      () => {
        callRound(m, control, format, 1, [b]);
        writeScalar(m, format, first, resultHalves(m, 1)[0]);
      },
    );
  };
}

const entries: [string, Definition][] = [
  ['roundps', roundPacked(32)],
  ['roundpd', roundPacked(64)],
  ['roundss', roundScalar(32)],
  ['roundsd', roundScalar(64)],
];

export const sseFloatRoundDefinitions: ReadonlyMap<string, Definition> = new Map(
  entries.flatMap(([name, definition]) => [
    [name, definition],
    [`v${name}`, definition],
  ]),
);
