/**
 * When the host's arithmetic gives what SSE's would, flags included.
 *
 * SSE_SLOW is 0 while MXCSR rounds to nearest, masks all exceptions and has the inexact flag set already, which any result may set. What remains is
 * that no other flag arises and no NaN is made or passed on, whose payload WebAssembly leaves open: no operand is denormal, and the result is
 * finite and not tiny. Everything else goes to the runtime. Flush-to-zero and denormals-are-zero need no test: what they change is excluded.
 * Arithmetic looks at the exponents of operands and results in one comparison (range.ts), to which zero is no better than a denormal.
 * Comparisons, minimum and maximum do not round: they are right in any mode, unless an operand is denormal or a NaN.
 *
 * ## Faults
 * A fault is a vector in which the sign of a lane is set where something is wrong; several are joined by OR and looked at once. They come from
 * the exponents alone, by additions and shifts that need no constants but all ones: V8 makes vector constants anew wherever they are used.
 */
import type { OperatorName } from '../../wasm/operators.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import { SSE_RANGE32, SSE_RANGE64, SSE_SLOW } from './state.ts';

export type Format = 32 | 64;

/** Operators on 128-bit vectors of numbers. */
export function operator(format: Format, name: string): OperatorName {
  return `${format === 64 ? 'f64x2' : 'f32x4'}.${name}` as OperatorName;
}

/** Lanes in which exponents stand: whole numbers, or the upper halves of 64-bit ones. */
export interface Exponents {
  /** Of a lane. */
  readonly bits: 32 | 64;
  /** Where the exponent begins in a lane. */
  readonly position: number;
  readonly lanes: Value;
}

/** Of all lanes of a vector. */
export function numbers(format: Format, lanes: Value): Exponents {
  return { bits: format, position: format === 64 ? 52 : 23, lanes };
}

/** Lanes of 32 bits from two vectors: 0 to 3 and 4 to 7. */
function pick(a: Value, b: Value, lanes: readonly number[]): Value {
  return v.shuffle(
    a,
    b,
    lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  );
}

/** Whole scalars: the lowest elements of two vectors. */
export function lowestNumbers(format: Format, a: Value, b: Value): Exponents {
  return numbers(format, pick(a, b, format === 64 ? [0, 1, 4, 5] : [0, 4, 0, 4]));
}

const ALL_ONES = v.vector(new Array<number>(16).fill(0xff));

function lanewise({ bits }: Exponents, name: string, a: Value, b: Value): Value {
  return v.operation(`${bits === 64 ? 'i64x2' : 'i32x4'}.${name}` as OperatorName, a, b);
}

function minusOne(of: Exponents, value: Value): Value {
  return lanewise(of, 'add', value, ALL_ONES);
}

/** Without the sign, the exponent at the top. */
function withoutSign(of: Exponents): Value {
  return lanewise(of, 'add', of.lanes, of.lanes);
}

/** The exponent as a number. */
function exponent(of: Exponents, doubled: Value): Value {
  return lanewise(of, 'shr_u', doubled, v.constant32(of.position + 1));
}

/** Fault: below twice the smallest normal number, to which a tiny result may have been rounded. */
export function isNearlyTiny(of: Exponents): Value {
  return minusOne(of, minusOne(of, exponent(of, withoutSign(of))));
}

/** Fault: denormal; zero is none. Of whole numbers. */
function isDenormal(of: Exponents): Value {
  return minusOne(of, exponent(of, minusOne(of, withoutSign(of))));
}

/** Fault: a NaN or infinite. */
export function isNotFinite(of: Exponents): Value {
  const next = lanewise(of, 'sub', exponent(of, withoutSign(of)), ALL_ONES);
  return lanewise(of, 'shl', next, v.constant32(of.position));
}

/** Fault: what comparisons, minimum and maximum have to look at: denormal or a NaN. Of whole numbers. */
export function isUnordered(of: Exponents): Value {
  const nan = v.operation(operator(of.bits, 'ne'), of.lanes, of.lanes);
  return anyOf([isDenormal(of), nan]);
}

/** Fault: what conversions have to look at: denormal, a NaN or infinite. Of whole numbers. */
export function isUnusual(of: Exponents): Value {
  return anyOf([isDenormal(of), isNotFinite(of)]);
}

export function anyOf(faults: readonly Value[]): Value {
  return faults.reduce((a, b) => v.operation('v128.or', a, b));
}

/** i32: no lane has a fault. Of faults in lanes of 32 bits, or of 64. */
export function isRight(fault: Value, bits: 32 | 64): Value {
  return v.operation('i32.eqz', signs(fault, bits));
}

/** i32: no lane has a fault, and MXCSR allows the host's arithmetic. */
export function isRightInMode(m: MeaningBuilder, fault: Value, bits: 32 | 64 = 32): Value {
  return v.operation('i32.eqz', v.operation('i32.or', signs(fault, bits), isSlow(m)));
}

function signs(fault: Value, bits: 32 | 64): Value {
  return v.operation(bits === 64 ? 'i64x2.bitmask' : 'i32x4.bitmask', fault);
}

/** i32: MXCSR does not allow the host's arithmetic. */
export function isSlow(m: MeaningBuilder): Value {
  return v.operation('i32.wrap_i64', m.stateLoad(SSE_SLOW, 32));
}

/** i32: the magnitude of every lane is below a power of two. */
export function areWithin(format: Format, values: readonly Value[], power: number): Value {
  const bytes = format / 8;
  const number = BigInt((format === 64 ? 1023 : 127) + power) << (format === 64 ? 52n : 23n);
  const limit = v.vector(Array.from({ length: 16 }, (_, at) => Number((number >> BigInt(8 * (at % bytes))) & 0xffn)));
  const masks = values.map((value) =>
    v.operation(operator(format, 'lt'), v.operation(operator(format, 'abs'), value), limit),
  );
  const all = masks.reduce((a, b) => v.operation('v128.and', a, b));
  return v.operation(format === 64 ? 'i64x2.all_true' : 'i32x4.all_true', all);
}

/** Computed once. */
export function once(m: MeaningBuilder, exponents: Exponents): Exponents {
  return { ...exponents, lanes: m.let(exponents.lanes) };
}

/**
 * i32: no operand and no result of a vector operation is one that the host's arithmetic may not take or give, and MXCSR allows that arithmetic.
 * Infinite operands and NaNs show in the results.
 */
export function isInRange(
  m: MeaningBuilder,
  format: Format,
  operands: readonly Value[],
  results: readonly Value[],
): Value {
  const outside = outOfRange(m, format, operands, results);
  return v.operation('i32.eqz', v.operation(format === 64 ? 'i64x2.bitmask' : 'i32x4.bitmask', outside));
}

/** The same of the lowest elements, of two operands and the result, or of three operands and the result. */
export function areLowestInRange(
  m: MeaningBuilder,
  format: Format,
  numbers: readonly [Value, Value, Value, Value?],
): Value {
  const at = format === 64 ? 1 : 0;
  const [a, b, c, d = c] = numbers;
  const two = pick(a, b, [at, at, 4 + at, 4 + at]);
  const all = pick(two, pick(c, d, [at, at, 4 + at, 4 + at]), [0, 2, 4, 6]);
  const three = pick(two, c, [0, 2, 4 + at, 4 + at]);
  const outside = outOfRange(m, format, [], [numbers[3] === undefined ? three : all]);
  return v.operation('i32.eqz', v.operation('i32x4.bitmask', outside));
}

/** Lanes of all ones, of which upper halves count in lanes of 64 bits: see range.ts. */
function outOfRange(m: MeaningBuilder, format: Format, operands: readonly Value[], results: readonly Value[]): Value {
  const at = format === 64 ? SSE_RANGE64 : SSE_RANGE32;
  const [bias, limit] = [m.stateLoad(at, 128), m.stateLoad(at + 16, 128)];
  const doubled = (value: Value): Value => v.operation('i32x4.add', value, value);
  // Of operands only the smallest exponent matters.
  const least = operands
    .map(doubled)
    .reduce<Value | undefined>((a, b) => (a === undefined ? b : v.operation('i32x4.min_u', a, b)), undefined);
  const biased = [...(least === undefined ? [] : [least]), ...results.map(doubled)].map((each) =>
    v.operation('i32x4.add', each, bias),
  );
  const lowest = biased.reduce((a, b) => v.operation('i32x4.min_s', a, b));
  return v.operation('i32x4.gt_s', limit, lowest);
}
