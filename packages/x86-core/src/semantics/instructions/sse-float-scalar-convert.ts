/** Scalar conversions of SSE and AVX: SDM 1 11.4.1.6. */
import {
  anyOf,
  type Format,
  isNearlyTiny,
  isNotFinite,
  isRight,
  isRightInMode,
  isSlow,
  isUnusual,
  numbers,
} from '../float/fast-path.ts';
import * as code from '../float/operation.ts';
import {
  lastSource,
  lowestOf,
  NO_VECTOR,
  raiseFloat,
  readScalar,
  resultHalves,
  withLowest,
  writeScalar,
} from '../float/operands.ts';
import { FLOAT_RESULT } from '../float/state.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

const TRUNCATE = 3;

/** Writes f32 or f64 as the lowest element; the rest comes from the first source. */
function writeNumber(m: MeaningBuilder, format: Format, first: Value, number: Value): void {
  m.writeVector(0, [m.let(withLowest(format, first, number))]);
}

/** Converts the lowest element by the runtime. */
function callConversion(m: MeaningBuilder, conversion: number, control: number, operand: Value): void {
  const numbers = [conversion, 1, control].map((each) => v.constant32(each));
  raiseFloat(m, m.call('sseConvert', m.core(), ...numbers, operand, NO_VECTOR));
}

/** CVTSI2SS, CVTSI2SD. */
function fromInteger(format: Format): Definition {
  return (m) => {
    const source = lastSource(m);
    const bits = m.bits(source) === 64 ? 64 : 32;
    const first = m.readVector(m.vex ? 1 : 0);
    const integer = m.let(v.signed(bits, m.read(source)));
    const result = m.let(v.operation(`f${format}.convert_i64_s`, integer));
    if (format === 64 && bits === 32) {
      writeNumber(m, 64, first, result);
      return;
    }
    m.ifLikely(
      v.operation('i32.eqz', isSlow(m)),
      () => writeNumber(m, format, first, result),
      () => {
        callConversion(
          m,
          format === 64 ? code.INT64_TO_FLOAT64 : code.INT64_TO_FLOAT32,
          code.ROUND_AS_MXCSR,
          v.operation('i64x2.splat', integer),
        );
        writeScalar(m, format, first, resultHalves(m, 1)[0]);
      },
    );
  };
}

/** CVTxx2SI, CVTTxx2SI. An exact result is right in any mode. */
function toInteger(format: Format, control: number): Definition {
  return (m) => {
    const bits = m.bits(0) === 64 ? 64 : 32;
    const operand = readScalar(m, 1, format);
    const number = m.let(lowestOf(format, operand));
    const whole = m.let(v.operation(`f${format}.${control === TRUNCATE ? 'trunc' : 'nearest'}`, number));
    const limit = v.operation(`f${format}.convert_i64_s`, v.constant(1n << (bits === 64 ? 62n : 31n)));
    const inside = v.operation(`f${format}.lt`, v.operation(`f${format}.abs`, whole), limit);
    const exact = v.operation(`f${format}.eq`, whole, number);
    const right = v.operation('i32.and', inside, v.operation('i32.or', v.operation('i32.eqz', isSlow(m)), exact));
    m.ifLikely(
      right,
      () => m.write(0, v.truncate(bits, v.operation(`i64.trunc_sat_f${format}_s`, whole))),
      () => {
        const [toNarrow, toWide] =
          format === 64
            ? [code.FLOAT64_TO_INT32, code.FLOAT64_TO_INT64]
            : [code.FLOAT32_TO_INT32, code.FLOAT32_TO_INT64];
        callConversion(m, bits === 64 ? toWide : toNarrow, control, operand);
        m.write(0, m.stateLoad(FLOAT_RESULT, bits));
      },
    );
  };
}

function singleToDouble(m: MeaningBuilder): void {
  const first = m.readVector(m.vex ? 1 : 0);
  const operand = readScalar(m, lastSource(m), 32);
  const one = m.let(v.operation('f32x4.splat', lowestOf(32, operand)));
  m.ifLikely(
    isRight(isUnusual(numbers(32, one)), 32),
    () => writeNumber(m, 64, first, v.operation('f64.promote_f32', lowestOf(32, operand))),
    () => {
      callConversion(m, code.FLOAT32_TO_FLOAT64, code.ROUND_AS_MXCSR, operand);
      writeScalar(m, 64, first, resultHalves(m, 1)[0]);
    },
  );
}

function doubleToSingle(m: MeaningBuilder): void {
  const first = m.readVector(m.vex ? 1 : 0);
  const operand = readScalar(m, lastSource(m), 64);
  const result = m.let(v.operation('f32.demote_f64', lowestOf(64, operand)));
  const one = numbers(32, m.let(v.operation('f32x4.splat', result)));
  m.ifLikely(
    isRightInMode(m, anyOf([isNearlyTiny(one), isNotFinite(one)])),
    () => writeNumber(m, 32, first, result),
    () => {
      callConversion(m, code.FLOAT64_TO_FLOAT32, code.ROUND_AS_MXCSR, operand);
      writeScalar(m, 32, first, resultHalves(m, 1)[0]);
    },
  );
}

const entries: [string, Definition][] = [
  ['cvtsi2ss', fromInteger(32)],
  ['cvtsi2sd', fromInteger(64)],
  ['cvtss2si', toInteger(32, code.ROUND_AS_MXCSR)],
  ['cvtsd2si', toInteger(64, code.ROUND_AS_MXCSR)],
  ['cvttss2si', toInteger(32, TRUNCATE)],
  ['cvttsd2si', toInteger(64, TRUNCATE)],
  ['cvtss2sd', singleToDouble],
  ['cvtsd2ss', doubleToSingle],
];

export const sseFloatScalarConvertDefinitions: ReadonlyMap<string, Definition> = new Map(
  entries.flatMap(([name, definition]) => [
    [name, definition],
    [`v${name}`, definition],
  ]),
);
