/** Scalar conversions of SSE and AVX: SDM 1 11.4.1.6. */
import { areNormal, areOrdinary, both, type Format, gather, isFast } from '../float/fast-path.ts';
import * as code from '../float/operation.ts';
import { lastSource, NO_VECTOR, raiseFloat, resultHalves, writeScalar } from '../float/operands.ts';
import { FLOAT_RESULT } from '../float/state.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

const TRUNCATE = 3;

function asNumber(format: Format, bits: Value): Value {
  if (format === 64) return v.operation('f64.reinterpret_i64', bits);
  return v.operation('f32.reinterpret_i32', v.operation('i32.wrap_i64', bits));
}

function splat(format: Format, number: Value): Value {
  return v.operation(format === 64 ? 'f64x2.splat' : 'f32x4.splat', number);
}

/** Converts the integer or number `bits` by the runtime. */
function callConversion(m: MeaningBuilder, conversion: number, control: number, bits: Value): void {
  const numbers = [conversion, 1, control].map((each) => v.constant32(each));
  const operand = v.operation('i64x2.splat', bits);
  raiseFloat(m, m.call('sseConvert', m.core(), ...numbers, operand, NO_VECTOR));
}

/** CVTSI2SS, CVTSI2SD. */
function fromInteger(format: Format): Definition {
  return (m) => {
    const source = lastSource(m);
    const bits = m.bits(source) === 64 ? 64 : 32;
    const first = m.readVector(m.vex ? 1 : 0);
    const integer = m.let(v.signed(bits, m.read(source)));
    const result = m.let(splat(format, v.operation(`f${format}.convert_i64_s`, integer)));
    if (format === 64 && bits === 32) {
      writeScalar(m, 64, first, result);
      return;
    }
    m.if(
      isFast(m),
      () => writeScalar(m, format, first, result),
      () => {
        callConversion(m, format === 64 ? code.INT64_TO_FLOAT64 : code.INT64_TO_FLOAT32, code.ROUND_AS_MXCSR, integer);
        writeScalar(m, format, first, resultHalves(m, 1)[0]);
      },
    );
  };
}

/** CVTxx2SI, CVTTxx2SI. An exact result is right in any mode. */
function toInteger(format: Format, control: number): Definition {
  return (m) => {
    const bits = m.bits(0) === 64 ? 64 : 32;
    const operand = m.readLow(1, format);
    const number = m.let(asNumber(format, operand));
    const whole = m.let(v.operation(`f${format}.${control === TRUNCATE ? 'trunc' : 'nearest'}`, number));
    const limit = v.operation(`f${format}.convert_i64_s`, v.constant(1n << (bits === 64 ? 62n : 31n)));
    const inside = v.operation(`f${format}.lt`, v.operation(`f${format}.abs`, whole), limit);
    const exact = v.operation(`f${format}.eq`, whole, number);
    const right = both(inside, v.operation('i32.or', isFast(m), exact));
    m.if(
      right,
      () => m.write(0, v.truncate(bits, v.operation(`i64.trunc_sat_f${format}_s`, whole))),
      () => {
        const [narrow, wide] =
          format === 64
            ? [code.FLOAT64_TO_INT32, code.FLOAT64_TO_INT64]
            : [code.FLOAT32_TO_INT32, code.FLOAT32_TO_INT64];
        callConversion(m, bits === 64 ? wide : narrow, control, operand);
        m.write(0, m.stateLoad(FLOAT_RESULT, bits));
      },
    );
  };
}

function singleToDouble(m: MeaningBuilder): void {
  const source = lastSource(m);
  const first = m.readVector(m.vex ? 1 : 0);
  const operand = m.readLow(source, 32);
  const number = m.let(asNumber(32, operand));
  const result = m.let(splat(64, v.operation('f64.promote_f32', number)));
  m.if(
    areOrdinary(m, 32, [m.let(splat(32, number))]),
    () => writeScalar(m, 64, first, result),
    () => {
      callConversion(m, code.FLOAT32_TO_FLOAT64, code.ROUND_AS_MXCSR, operand);
      writeScalar(m, 64, first, resultHalves(m, 1)[0]);
    },
  );
}

function doubleToSingle(m: MeaningBuilder): void {
  const source = lastSource(m);
  const first = m.readVector(m.vex ? 1 : 0);
  const operand = m.readLow(source, 64);
  const result = m.let(splat(32, v.operation('f32.demote_f64', asNumber(64, operand))));
  m.if(
    both(isFast(m), areNormal(m, 32, [m.let(gather(32, [result]))])),
    () => writeScalar(m, 32, first, result),
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
