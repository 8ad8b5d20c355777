/**
 * When the host's arithmetic gives what SSE's would, flags included.
 *
 * SSE_SLOW is 0 while MXCSR rounds to nearest, masks all exceptions and has the inexact flag set already, which any result may set. What remains is
 * that no other flag arises and no NaN is made or passed on, whose payload WebAssembly leaves open: no operand is denormal, and the result is
 * finite and not tiny. Everything else goes to the runtime. Flush-to-zero and denormals-are-zero need no test: what they change is excluded.
 * Comparisons, minimum and maximum do not round: they are right in any mode, unless an operand is denormal or a NaN.
 *
 * Arithmetic and comparisons ask by `unlessHosts`, which host-check.ts lowers. Regions know more than handlers:
 *
 *  - what was looked at once is not looked at again (ordered-facts.ts, fact-flow.ts);
 *  - zeros pass;
 *  - while invalid and overflow are set, NaNs and infinite results raise nothing new. They pass where the host makes x86's NaN (host-nan.ts), and no
 *    other NaN is there whose payload would count;
 *  - while inexact is clear, sums, products, quotients and roots are taken that were not rounded.
 *
 * Conversions and rounding ask by the faults below.
 *
 * ## Faults
 * A fault is a vector in which the sign of a lane is set where something is wrong; several are joined by OR and looked at once. They come from
 * the exponents alone, by additions and shifts that need no constants but all ones: V8 makes vector constants anew wherever they are used.
 */
import type { OperatorName } from '../../wasm/operators.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import { SSE_SLOW } from './state.ts';

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
