/** Packed conversions of SSE, AVX and F16C: SDM 1 11.4.1.6. Scalar ones are in sse-float-scalar-convert.ts. */
import {
  anyOf,
  areWithin,
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
  type Halves,
  high,
  lastSource,
  raiseFloat,
  readHalves,
  requireVectorAlignment,
  resultHalves,
} from '../float/operands.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { OperatorName } from '../../wasm/operators.ts';
import type { Definition } from './definition.ts';

const LOW_HALF = [0, 1, 2, 3, 4, 5, 6, 7];
const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15];

/** The low 64 bits of two vectors. */
function lowHalves(a: Value, b: Value): Value {
  return v.shuffle(a, b, [...LOW_HALF, ...LOW_HALF.map((lane) => lane + 16)]);
}

/** i32: MXCSR allows the host's arithmetic. */
function isFast(m: MeaningBuilder): Value {
  return v.operation('i32.eqz', isSlow(m));
}

interface Conversion {
  readonly code: number;
  readonly control: number;
  /** How the results' width stands to the operands'. */
  readonly ratio: 'same' | 'wider' | 'narrower';
  /** Of one vector; narrower results are in the low half, wider ones come from it. */
  readonly compute: (b: Value) => Value;
  /** i32, of all operands and results; undefined: the host's result is always right. */
  readonly check?: (m: MeaningBuilder, operands: readonly Value[], results: readonly Value[]) => Value;
}

function plain(name: OperatorName, ...before: OperatorName[]): (b: Value) => Value {
  return (b) => [...before, name].reduce((value, each) => v.operation(each, value), b);
}

const TRUNCATE = 3;
const inMode = code.ROUND_AS_MXCSR;
const conversions: Readonly<Record<string, Conversion>> = {
  cvtdq2ps: {
    code: code.INT32_TO_FLOAT32,
    control: inMode,
    ratio: 'same',
    compute: plain('f32x4.convert_i32x4_s'),
    check: isFast,
  },
  cvtdq2pd: {
    code: code.INT32_TO_FLOAT64,
    control: inMode,
    ratio: 'wider',
    compute: plain('f64x2.convert_low_i32x4_s'),
  },
  cvtps2pd: {
    code: code.FLOAT32_TO_FLOAT64,
    control: inMode,
    ratio: 'wider',
    compute: plain('f64x2.promote_low_f32x4'),
    check: (_, operands) => {
      const faults = operands.map((operand) => isUnusual(numbers(32, operand)));
      return isRight(anyOf(faults), 32);
    },
  },
  cvtpd2ps: {
    code: code.FLOAT64_TO_FLOAT32,
    control: inMode,
    ratio: 'narrower',
    compute: plain('f32x4.demote_f64x2_zero'),
    check: (m, operands, [result]) => isRightInMode(m, isNoNormalSingle(result as Value, operands.length === 1)),
  },
  cvtps2dq: toInteger(32, inMode),
  cvttps2dq: toInteger(32, TRUNCATE),
  cvtpd2dq: toInteger(64, inMode),
  cvttpd2dq: toInteger(64, TRUNCATE),
};

/** Fault: tiny or not finite; of a whole vector, or of its lower half. */
function isNoNormalSingle(result: Value, isHalf: boolean): Value {
  const single = numbers(32, isHalf ? lowHalves(result, result) : result);
  return anyOf([isNearlyTiny(single), isNotFinite(single)]);
}

function toInteger(format: 32 | 64, control: number): Conversion {
  const round: OperatorName = `${format === 64 ? 'f64x2' : 'f32x4'}.${control === TRUNCATE ? 'trunc' : 'nearest'}`;
  const convert = format === 64 ? 'i32x4.trunc_sat_f64x2_s_zero' : 'i32x4.trunc_sat_f32x4_s';
  return {
    code: format === 64 ? code.FLOAT64_TO_INT32 : code.FLOAT32_TO_INT32,
    control,
    ratio: format === 64 ? 'narrower' : 'same',
    compute: plain(convert, round),
    check: (m, operands) => {
      const rounded = operands.map((operand) => v.operation(round, operand));
      return v.operation('i32.and', isFast(m), areWithin(format, rounded, 31));
    },
  };
}

function convert(conversion: Conversion): Definition {
  return (m) => {
    const source = lastSource(m);
    const operands = operandsOf(m, conversion, source);
    const results = resultsOf(m, conversion, operands);
    if (conversion.check === undefined) {
      m.writeVector(0, results);
      return;
    }
    m.ifLikely(
      conversion.check(m, operands, results),
      () => m.writeVector(0, results),
      () => {
        callConversion(m, conversion, source, runtimeOperand(conversion, operands));
        const result = resultHalves(m, m.halves(0));
        if (conversion.ratio === 'narrower' && m.halves(source) === 1) writeLowHalf(m, result[0]);
        else m.writeVector(0, result);
      },
    );
  };
}

/** As many vectors as `compute` is called for. */
function operandsOf(m: MeaningBuilder, { ratio }: Conversion, source: number): readonly Value[] {
  if (ratio !== 'wider') {
    requireVectorAlignment(m, source);
    return readHalves(m, source, m.halves(source));
  }
  if (m.halves(0) === 1) return [m.let(v.operation('i64x2.splat', m.readLow(source, 64)))];
  const whole = m.readVector(source);
  return [whole, m.let(v.shuffle(whole, whole, [...HIGH_HALF, ...HIGH_HALF]))];
}

function resultsOf(m: MeaningBuilder, { ratio, compute }: Conversion, operands: readonly Value[]): Value[] {
  const results = operands.map((operand) => m.let(compute(operand)));
  const [low, upper] = results as [Value, Value?];
  return ratio === 'narrower' && upper !== undefined ? [m.let(lowHalves(low, upper))] : results;
}

/** The operand as it stands in memory. */
function runtimeOperand({ ratio }: Conversion, operands: readonly Value[]): Halves {
  const [low, upper] = operands as [Value, Value?];
  return ratio === 'wider' || upper === undefined ? [low] : [low, upper];
}

function callConversion(
  m: MeaningBuilder,
  { code: number, control, ratio }: Conversion,
  source: number,
  b: Halves,
): void {
  const bits = ratio === 'narrower' ? 64 : 32;
  const lanes = ratio === 'wider' ? 2 * m.halves(0) : (128 / bits) * m.halves(source);
  const numbers = [number, lanes, control].map((each) => v.constant32(each));
  raiseFloat(m, m.call('sseConvert', m.core(), ...numbers, b[0], high(b)));
}

/** VCVTPH2PS and VCVTPS2PH: by the runtime alone. */
function halfToSingle(m: MeaningBuilder): void {
  const count = m.halves(0);
  const b = count === 2 ? m.readVector(1) : m.let(v.operation('i64x2.splat', m.readLow(1, 64)));
  const numbers = [code.FLOAT16_TO_FLOAT32, 4 * count, inMode].map((each) => v.constant32(each));
  raiseFloat(m, m.call('sseConvert', m.core(), ...numbers, b, b));
  m.writeVector(0, resultHalves(m, count));
}

function singleToHalf(m: MeaningBuilder): void {
  const count = m.halves(1);
  const b = readHalves(m, 1, count);
  const control = v.operation('i32.and', v.operation('i32.wrap_i64', m.read(2)), v.constant32(7));
  const numbers = [v.constant32(code.FLOAT32_TO_FLOAT16), v.constant32(4 * count), control];
  raiseFloat(m, m.call('sseConvert', m.core(), ...numbers, b[0], high(b)));
  const [result] = resultHalves(m, 1);
  if (count === 2) m.writeVector(0, [result]);
  else writeLowHalf(m, result);
}

/** The upper half of the 128 bits becomes zero. */
function writeLowHalf(m: MeaningBuilder, result: Value): void {
  m.writeLow(0, 64, v.lane('i64x2.extract_lane', 0, result), false);
}

export const sseFloatConvertDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...Object.entries(conversions).flatMap(([name, conversion]): [string, Definition][] => [
    [name, convert(conversion)],
    [`v${name}`, convert(conversion)],
  ]),
  ['vcvtph2ps', halfToSingle],
  ['vcvtps2ph', singleToHalf],
]);
