/**
 * Arithmetic and comparisons of SSE by the host's vectors where inlined code does not dare (src/semantics/float/fast-path.ts), and flags still need no
 * thought: zeros, infinities and quiet NaNs that pass through, among ordinary numbers. Arithmetic only while SSE_SLOW is 0.
 */
import * as operation from '../../src/semantics/float/operation';
import { FLOAT_RESULT, SSE_SLOW } from '../../src/semantics/float/state';
import { MXCSR } from '../../src/semantics/state';

/** Invalid is set, and masked. */
const INVALID_DONE: u32 = 0x81;
/** Bit n: predicate n (and n + 16) holds. As in src/semantics/instructions/sse-float-compare.ts, and for unordered operands. */
const WHERE_LESS: i32 = 0x9696;
const WHERE_EQUAL: i32 = 0xa5a5;
const WHERE_GREATER: i32 = 0xf0f0;
const WHERE_UNORDERED: i32 = 0x8778;

let result: v128 = i64x2.splat(0);

/** What `arithmetic` of sse.ts does, if it can be had quickly. @returns whether it was */
export function quickArithmetic(
  core: usize,
  code: i32,
  bits: i32,
  lanes: i32,
  a: v128,
  aHigh: v128,
  b: v128,
  bHigh: v128,
): bool {
  if (load<u32>(core, SSE_SLOW) != 0) return false;
  if (
    !(bits == 64
      ? computes<f64, i64>(code, only<f64>(lanes, a), only<f64>(lanes, b))
      : computes<f32, i32>(code, only<f32>(lanes, a), only<f32>(lanes, b)))
  )
    return false;
  v128.store(core, result, FLOAT_RESULT);
  if (lanes * bits <= 128) return true;
  if (!(bits == 64 ? computes<f64, i64>(code, aHigh, bHigh) : computes<f32, i32>(code, aHigh, bHigh))) return false;
  v128.store(core, result, FLOAT_RESULT + 16);
  return true;
}

/** Where one lane counts, the others are 1. */
function only<F extends number>(lanes: i32, value: v128): v128 {
  if (lanes != 1) return value;
  if (sizeof<F>() == 8) return f64x2.replace_lane(f64x2.splat(1), 0, f64x2.extract_lane(value, 0));
  return v128.shuffle<i32>(value, f32x4.splat(1), 0, 5, 6, 7);
}

function magnitude<I extends number>(value: v128): v128 {
  return v128.andnot(value, sizeof<I>() == 8 ? i64x2.splat(1 << 63) : i32x4.splat(1 << 31));
}

/** A number with this exponent field, as all lanes of an integer vector. */
function exponent<I extends number>(field: i32): v128 {
  return sizeof<I>() == 8 ? i64x2.splat((<i64>field) << 52) : i32x4.splat(field << 23);
}

function infinity<I extends number>(): v128 {
  return exponent<I>(sizeof<I>() == 8 ? 0x7ff : 0xff);
}

/** Lanes that are NaNs without the quiet bit. `nans`: those that are NaNs. */
function signaling<I extends number>(value: v128, nans: v128): v128 {
  const quiet = sizeof<I>() == 8 ? i64x2.splat(1 << 51) : i32x4.splat(1 << 22);
  return v128.andnot(nans, v128.eq<I>(v128.and(value, quiet), quiet));
}

/** Lanes that are denormal, by magnitude. */
function denormal<I extends number>(size: v128): v128 {
  return v128.andnot(v128.lt<I>(size, exponent<I>(1)), v128.eq<I>(size, i64x2.splat(0)));
}

/** Sets `result`, unless a flag besides inexact may arise in some lane. */
function computes<F extends number, I extends number>(code: i32, a: v128, b: v128): bool {
  const sizeA = magnitude<I>(a);
  const sizeB = magnitude<I>(b);
  const endless = v128.or(v128.eq<I>(sizeA, infinity<I>()), v128.eq<I>(sizeB, infinity<I>()));
  const nanA = v128.gt<I>(sizeA, infinity<I>());
  const nanB = v128.gt<I>(sizeB, infinity<I>());
  let computed: v128;
  // Where a result of zero is exact.
  let exactZero = i64x2.splat(-1);
  // Products next to the tiny ones may have been rounded up from them. Sums are exact there.
  let least = exponent<I>(2);
  switch (code) {
    case operation.ADD:
      computed = v128.add<F>(a, b);
      least = exponent<I>(1);
      break;
    case operation.SUBTRACT:
      computed = v128.sub<F>(a, b);
      least = exponent<I>(1);
      break;
    case operation.MULTIPLY:
      computed = v128.mul<F>(a, b);
      exactZero = v128.or(v128.eq<I>(sizeA, i64x2.splat(0)), v128.eq<I>(sizeB, i64x2.splat(0)));
      break;
    case operation.DIVIDE:
      computed = v128.div<F>(a, b);
      exactZero = v128.or(v128.eq<I>(sizeA, i64x2.splat(0)), v128.eq<I>(sizeB, infinity<I>()));
      break;
    case operation.SQUARE_ROOT:
      computed = v128.sqrt<F>(b);
      break;
    default:
      return false;
  }
  const size = magnitude<I>(computed);
  const right = v128.or(
    v128.or(v128.and(v128.eq<I>(size, i64x2.splat(0)), exactZero), v128.and(v128.eq<I>(size, infinity<I>()), endless)),
    v128.andnot(v128.lt<I>(size, infinity<I>()), v128.lt<I>(size, least)),
  );
  const noisy = v128.or(signaling<I>(a, nanA), signaling<I>(b, nanB));
  const wrong = v128.or(v128.or(denormal<I>(sizeA), denormal<I>(sizeB)), noisy);
  if (v128.any_true(v128.or(wrong, v128.not(v128.or(right, v128.or(nanA, nanB)))))) return false;
  // Of two NaNs the first operand (SDM 1 table 4-7).
  result = v128.bitselect(a, v128.bitselect(b, computed, nanB), nanA);
  return true;
}

/** What `comparison` of sse-compare.ts does, if it can be had quickly. @returns whether it was */
export function quickComparison(
  core: usize,
  predicate: i32,
  bits: i32,
  lanes: i32,
  a: v128,
  aHigh: v128,
  b: v128,
  bHigh: v128,
): bool {
  const mayBeInvalid = (load<u32>(core, MXCSR) & INVALID_DONE) == INVALID_DONE;
  if (
    !(bits == 64
      ? compares<f64, i64>(mayBeInvalid, predicate, only<f64>(lanes, a), only<f64>(lanes, b))
      : compares<f32, i32>(mayBeInvalid, predicate, only<f32>(lanes, a), only<f32>(lanes, b)))
  )
    return false;
  v128.store(core, result, FLOAT_RESULT);
  if (lanes * bits <= 128) return true;
  if (
    !(bits == 64
      ? compares<f64, i64>(mayBeInvalid, predicate, aHigh, bHigh)
      : compares<f32, i32>(mayBeInvalid, predicate, aHigh, bHigh))
  )
    return false;
  v128.store(core, result, FLOAT_RESULT + 16);
  return true;
}

function compares<F extends number, I extends number>(mayBeInvalid: bool, predicate: i32, a: v128, b: v128): bool {
  const sizeA = magnitude<I>(a);
  const sizeB = magnitude<I>(b);
  if (v128.any_true(v128.or(denormal<I>(sizeA), denormal<I>(sizeB)))) return false;
  const nanA = v128.gt<I>(sizeA, infinity<I>());
  const nanB = v128.gt<I>(sizeB, infinity<I>());
  const unordered = v128.or(nanA, nanB);
  if (!mayBeInvalid) {
    const signals = ((predicate & 3) == 1 || (predicate & 3) == 2) != predicate >= 16;
    const noisy = signals ? unordered : v128.or(signaling<I>(a, nanA), signaling<I>(b, nanB));
    if (v128.any_true(noisy)) return false;
  }
  result = v128.or(
    v128.or(where(WHERE_LESS, predicate, v128.lt<F>(a, b)), where(WHERE_EQUAL, predicate, v128.eq<F>(a, b))),
    v128.or(where(WHERE_GREATER, predicate, v128.gt<F>(a, b)), where(WHERE_UNORDERED, predicate, unordered)),
  );
  return true;
}

function where(predicates: i32, predicate: i32, lanes: v128): v128 {
  return ((predicates >> (predicate & 15)) & 1) != 0 ? lanes : i64x2.splat(0);
}
