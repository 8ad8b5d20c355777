/** Sums and products whose results are exact, on the host: what a program does that has never rounded yet, with whole numbers mostly. */
import { MULTIPLY, SUBTRACT } from '../../src/semantics/float/operation';
import { NEAREST, rounding } from './environment';

/** What `isExact` found. */
export let exactBits: u64 = 0;

/** Whether ADD, SUBTRACT or MULTIPLY of two numbers raises nothing, in the mode in which the host rounds. */
export function isExact(code: i32, bits: i32, a: u64, b: u64): bool {
  if (rounding != NEAREST || code > MULTIPLY) return false;
  return bits == 64 ? isExact64(code, a, b) : isExact32(code, <u32>a, <u32>b);
}

/** Zero, or normal and finite. */
function isOrdinary64(x: u64): bool {
  const size = x << 1;
  return size == 0 || size - 0x20000000000000 < 0xffc0000000000000;
}

function isExact64(code: i32, a: u64, b: u64): bool {
  if (!isOrdinary64(a) || !isOrdinary64(b)) return false;
  const x = reinterpret<f64>(a);
  const y = code == SUBTRACT ? -reinterpret<f64>(b) : reinterpret<f64>(b);
  if (code == MULTIPLY) {
    const result = reinterpret<u64>(x * y);
    exactBits = result;
    if (a << 1 == 0 || b << 1 == 0) return true;
    if (result << 1 == 0 || !isOrdinary64(result)) return false;
    // Digits of both together that fit into one significand.
    return ctz(a | ((<u64>1) << 52)) + ctz(b | ((<u64>1) << 52)) >= 53;
  }
  const sum = x + y;
  exactBits = reinterpret<u64>(sum);
  // Two-sum: what the rounding lost.
  const part = sum - x;
  return isOrdinary64(exactBits) && x - (sum - part) + (y - part) == 0;
}

function isOrdinary32(x: u32): bool {
  const size = x << 1;
  return size == 0 || size - 0x1000000 < 0xfe000000;
}

/** In 64 bits the product is exact; the sum is, if it comes back to both operands. */
function isExact32(code: i32, a: u32, b: u32): bool {
  if (!isOrdinary32(a) || !isOrdinary32(b)) return false;
  const x = <f64>reinterpret<f32>(a);
  const y = code == SUBTRACT ? -(<f64>reinterpret<f32>(b)) : <f64>reinterpret<f32>(b);
  const whole = code == MULTIPLY ? x * y : x + y;
  const result = <f32>whole;
  exactBits = reinterpret<u32>(result);
  if (<f64>result != whole || !isOrdinary32(<u32>exactBits)) return false;
  return code == MULTIPLY || (whole - x == y && whole - y == x);
}
