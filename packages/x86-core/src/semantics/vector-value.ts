/** Constructors of vector values: constants by lanes, logic, shuffles, conversion from and to integers. All others are value.ts's. */
import type { Value } from './language.ts';
import { constant32, lane, operation, vector } from './value.ts';

export * from './value.ts';

/** A constant of 16, 8, 4 or 2 lanes, by their number. */
export function lanes(...values: readonly number[]): Value {
  const bytes = 16 / values.length;
  return vector(
    values.flatMap((value) =>
      Array.from({ length: bytes }, (_, byte) =>
        Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * byte)) & 0xffn),
      ),
    ),
  );
}

export const ZERO: Value = lanes(0, 0);

/** 0 to 15, or 0 to 7: the numbers of the lanes. */
export const byteNumbers: Value = lanes(...Array.from({ length: 16 }, (_, number) => number));
export const wordNumbers: Value = lanes(0, 1, 2, 3, 4, 5, 6, 7);
export const doublewordNumbers: Value = lanes(0, 1, 2, 3);
export const quadwordNumbers: Value = lanes(0, 1);

/** An i64 as an i32. */
export function narrow(value: Value): Value {
  return operation('i32.wrap_i64', value);
}

/** An i64 in both lanes. */
export function splat64(value: Value): Value {
  return operation('i64x2.splat', value);
}

/** The low byte, word, doubleword of an i64 in all lanes. */
export function splat8(value: Value): Value {
  return operation('i8x16.splat', narrow(value));
}

export function splat16(value: Value): Value {
  return operation('i16x8.splat', narrow(value));
}

export function splat32(value: Value): Value {
  return operation('i32x4.splat', narrow(value));
}

/** An i64 in the low lane, 0 above. */
export function low64(value: Value): Value {
  return lane('i64x2.replace_lane', 0, ZERO, value);
}

/** Two i64. */
export function pair64(low: Value, high: Value): Value {
  return lane('i64x2.replace_lane', 1, splat64(low), high);
}

/** A lane of 64 bits. */
export function quadword(of: Value, number: 0 | 1): Value {
  return lane('i64x2.extract_lane', number, of);
}

/** An i32 lane. */
export function doubleword(of: Value, number: number): Value {
  return lane('i32x4.extract_lane', number, of);
}

export function vectorAnd(a: Value, b: Value): Value {
  return operation('v128.and', a, b);
}

export function vectorOr(a: Value, b: Value): Value {
  return operation('v128.or', a, b);
}

export function vectorXor(a: Value, b: Value): Value {
  return operation('v128.xor', a, b);
}

/** a where the mask has ones, b elsewhere. */
export function blend(mask: Value, a: Value, b: Value): Value {
  return operation('v128.bitselect', a, b, mask);
}

/** Bytes of `a` by number; 0 for numbers from 16 on. */
export function swizzle(a: Value, numbers: Value): Value {
  return operation('i8x16.swizzle', a, numbers);
}

/** Shifts of all lanes by a constant. */
export function shiftLanes(
  name:
    | 'i8x16.shl'
    | 'i8x16.shr_s'
    | 'i8x16.shr_u'
    | 'i16x8.shl'
    | 'i16x8.shr_s'
    | 'i16x8.shr_u'
    | 'i32x4.shl'
    | 'i32x4.shr_s'
    | 'i32x4.shr_u'
    | 'i64x2.shl'
    | 'i64x2.shr_s'
    | 'i64x2.shr_u',
  a: Value,
  count: number,
): Value {
  return operation(name, a, constant32(count));
}
