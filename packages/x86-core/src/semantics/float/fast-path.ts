/**
 * When the host's arithmetic gives what SSE's would, flags included.
 *
 * SSE_FAST says that MXCSR rounds to nearest, masks all exceptions and has the inexact flag set already, which any result may set. What remains is
 * that no other flag arises and no NaN is made or passed on, whose payload WebAssembly leaves open: neither operand is denormal, and the result is
 * finite and not tiny. A few vector operators check that; everything else goes to the runtime. Flush-to-zero and denormals-are-zero need no test:
 * what they change is excluded. Comparisons, minimum and maximum do not round: they are right in any mode, unless an operand is denormal or a NaN.
 */
import type { OperatorName } from '../../wasm/operators.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import { SSE_FAST } from './state.ts';

export type Format = 32 | 64;

/** Of 128-bit vectors. */
export function operator(format: Format, name: string): OperatorName {
  return `${format === 64 ? 'f64x2' : 'f32x4'}.${name}` as OperatorName;
}

function integerOperator(format: Format, name: string): OperatorName {
  return `${format === 64 ? 'i64x2' : 'i32x4'}.${name}` as OperatorName;
}

/** A vector with the same value in all lanes, given by its bits. */
function everywhere(format: Format, bits: bigint): Value {
  const bytes = format / 8;
  return v.vector(Array.from({ length: 16 }, (_, at) => Number((bits >> BigInt(8 * (at % bytes))) & 0xffn)));
}

const smallest = { 32: 1n << 23n, 64: 1n << 52n };
const infinity = { 32: 0xffn << 23n, 64: 0x7ffn << 52n };
const magnitudeMask = { 32: (1n << 31n) - 1n, 64: (1n << 63n) - 1n };
const allOnes = { 32: (1n << 32n) - 1n, 64: (1n << 64n) - 1n };

function magnitude(m: MeaningBuilder, format: Format, value: Value): Value {
  return m.let(v.operation('v128.and', value, everywhere(format, magnitudeMask[format])));
}

/** i32: MXCSR allows the host's arithmetic. */
export function isFast(m: MeaningBuilder): Value {
  return v.operation('i32.wrap_i64', m.stateLoad(SSE_FAST, 32));
}

export function both(a: Value, b: Value): Value {
  return v.operation('i32.and', a, b);
}

function allTrue(format: Format, mask: Value): Value {
  return v.operation(integerOperator(format, 'all_true'), mask);
}

/** In each lane: not 0 unless the magnitude is denormal. The smallest normal number counts as denormal here, zero does not. */
function notDenormal(format: Format, size: Value): Value {
  const less = v.operation(integerOperator(format, 'add'), size, everywhere(format, allOnes[format]));
  return v.operation(integerOperator(format, 'shr_u'), less, v.constant32(format === 64 ? 52 : 23));
}

function below(format: Format, size: Value): Value {
  return v.operation(operator(format, 'lt'), size, everywhere(format, infinity[format]));
}

/** In both where neither is 0: lanes hold 16 bits at most. */
function lesser(a: Value, b: Value): Value {
  return v.operation('i16x8.min_u', a, b);
}

/** i32: no operand is denormal, a NaN or infinite. Vectors, of which every lane counts. */
export function areOrdinary(m: MeaningBuilder, format: Format, operands: readonly Value[]): Value {
  const sizes = operands.map((operand) => magnitude(m, format, operand));
  const masks = sizes.map((size) => v.operation('v128.and', notDenormal(format, size), below(format, size)));
  return allTrue(format, masks.reduce(lesser));
}

/** i32: the sum is right, and neither operand nor the sum is denormal. */
export function isPlainSum(m: MeaningBuilder, format: Format, operands: readonly Value[], result: Value): Value {
  const size = magnitude(m, format, result);
  const denormals = [...operands.map((operand) => magnitude(m, format, operand)), size].map((each) =>
    notDenormal(format, each),
  );
  return allTrue(format, v.operation('v128.and', denormals.reduce(lesser), below(format, size)));
}

/** i32: operands and result (product, quotient) are normal, none the smallest number. Zeros are not. */
export function isPlainProduct(m: MeaningBuilder, format: Format, operands: readonly Value[], result: Value): Value {
  const size = magnitude(m, format, result);
  const least = operands
    .map((operand) => magnitude(m, format, operand))
    .reduce((a, b) => v.operation(operator(format, 'pmin'), a, b), size);
  const normal = v.operation(operator(format, 'gt'), least, everywhere(format, smallest[format]));
  return allTrue(format, v.operation('v128.and', normal, below(format, size)));
}

/** i32: every operand is positive, normal and finite. */
export function arePositive(format: Format, operand: Value): Value {
  const normal = v.operation(operator(format, 'ge'), operand, everywhere(format, smallest[format]));
  return allTrue(format, v.operation('v128.and', normal, below(format, operand)));
}

/** i32: all values are normal and finite, none the smallest normal number. */
export function areNormal(m: MeaningBuilder, format: Format, values: readonly Value[]): Value {
  const masks = values.map((value) => {
    const size = magnitude(m, format, value);
    const normal = v.operation(operator(format, 'gt'), size, everywhere(format, smallest[format]));
    return v.operation('v128.and', normal, below(format, size));
  });
  return allTrue(
    format,
    masks.reduce((a, b) => v.operation('v128.and', a, b)),
  );
}

/** i32: the magnitude of every value is below a power of two. */
export function areWithin(m: MeaningBuilder, format: Format, values: readonly Value[], power: number): Value {
  const bias = format === 64 ? 1023 : 127;
  const limit = everywhere(format, BigInt(bias + power) << (format === 64 ? 52n : 23n));
  const masks = values.map((value) => v.operation(operator(format, 'lt'), magnitude(m, format, value), limit));
  return allTrue(
    format,
    masks.reduce((a, b) => v.operation('v128.and', a, b)),
  );
}

/** The lowest elements of vectors, so often that every lane of one vector holds one. At most two of 64 bits, four of 32. */
export function gather(format: Format, low: readonly Value[]): Value {
  const [a, b = a, c = a, d = b] = low as [Value, ...Value[]];
  const pair = (x: Value, y: Value): Value => v.shuffle(x, y, pairLanes[format]);
  if (low.length <= 2 || format === 64) return pair(a, b);
  return v.shuffle(pair(a, b), pair(c, d), [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
}

const pairLanes = {
  32: [0, 1, 2, 3, 16, 17, 18, 19, 0, 1, 2, 3, 16, 17, 18, 19],
  64: [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
};
