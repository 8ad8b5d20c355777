/** The operations on finite numbers other than zero: exact to 128 bits with a sticky one, then rounded once. */
import { DOWN, rounding } from './environment';
import { ZERO, setNumber } from './number';
import { round } from './round';

/** The upper half of the last 128-bit product, or the remainder of the last division. */
export let productHigh: u64 = 0;
export let remainder: u64 = 0;

/** @returns the lower half; the upper one is `productHigh`. */
export function multiplyWide(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  productHigh = aHigh * bHigh + (middle >> 32) + (other >> 32);
  return (other << 32) | (low & 0xffffffff);
}

/** high:low / divisor, which has bit 63 set and is greater than high. The remainder is in `remainder`. */
export function divideWide(high: u64, low: u64, divisor: u64): u64 {
  const divisorHigh = divisor >> 32;
  const divisorLow = divisor & 0xffffffff;
  const first = quotientDigit(high, low >> 32, divisorHigh, divisorLow);
  const rest = ((high << 32) | (low >> 32)) - first * divisor;
  const second = quotientDigit(rest, low & 0xffffffff, divisorHigh, divisorLow);
  remainder = ((rest << 32) | (low & 0xffffffff)) - second * divisor;
  return (first << 32) | second;
}

/** One 32-bit digit of a long division: an estimate from the divisor's upper half, which is at most two too large. */
function quotientDigit(rest: u64, next: u64, divisorHigh: u64, divisorLow: u64): u64 {
  let digit = rest / divisorHigh;
  let over = rest - digit * divisorHigh;
  while (digit > 0xffffffff || digit * divisorLow > ((over << 32) | next)) {
    digit--;
    over += divisorHigh;
    if (over > 0xffffffff) break;
  }
  return digit;
}

/** What `sum` left: normalized, or 0 in both halves. */
export let sumSign: bool = false;
export let sumExponent: i32 = 0;
export let sumHigh: u64 = 0;
export let sumLow: u64 = 0;

/** The sum of two numbers of 128 bits, rounded; zero if it is zero. */
export function addWide(
  aSign: bool,
  aExponent: i32,
  aHigh: u64,
  aLow: u64,
  bSign: bool,
  bExponent: i32,
  bHigh: u64,
  bLow: u64,
): void {
  sum(aSign, aExponent, aHigh, aLow, bSign, bExponent, bHigh, bLow);
  if ((sumHigh | sumLow) == 0) setNumber(ZERO, rounding == DOWN, 0, 0);
  else round(sumSign, sumExponent, sumHigh, sumLow);
}

/** The sum of two numbers of 128 bits. What is lost leaves a bit. */
export function sum(
  aSign: bool,
  aExponent: i32,
  aHigh: u64,
  aLow: u64,
  bSign: bool,
  bExponent: i32,
  bHigh: u64,
  bLow: u64,
): void {
  if (aExponent < bExponent || (aExponent == bExponent && (aHigh < bHigh || (aHigh == bHigh && aLow < bLow)))) {
    sumOrdered(bSign, bExponent, bHigh, bLow, aSign, aExponent, aHigh, aLow);
  } else sumOrdered(aSign, aExponent, aHigh, aLow, bSign, bExponent, bHigh, bLow);
}

/** |a| >= |b|. */
function sumOrdered(
  aSign: bool,
  aExponent: i32,
  aHigh: u64,
  aLow: u64,
  bSign: bool,
  bExponent: i32,
  bHigh: u64,
  bLow: u64,
): void {
  const distance = aExponent - bExponent;
  if (distance >= 128) {
    bHigh = 0;
    bLow = 1;
  } else if (distance >= 64) {
    const lost = bLow | (distance == 64 ? 0 : bHigh << (128 - distance));
    bLow = (bHigh >> (distance - 64)) | u64(lost != 0);
    bHigh = 0;
  } else if (distance > 0) {
    const lost = bLow << (64 - distance);
    bLow = (bHigh << (64 - distance)) | (bLow >> distance) | u64(lost != 0);
    bHigh >>= distance;
  }
  sumSign = aSign;
  sumExponent = aExponent;
  if (aSign == bSign) {
    const low = aLow + bLow;
    const carry = u64(low < aLow);
    const high = aHigh + bHigh + carry;
    if (high < aHigh || (carry != 0 && high == aHigh)) {
      sumExponent++;
      sumHigh = (high >> 1) | ((<u64>1) << 63);
      sumLow = (high << 63) | (low >> 1) | (low & 1);
    } else {
      sumHigh = high;
      sumLow = low;
    }
    return;
  }
  sumLow = aLow - bLow;
  sumHigh = aHigh - bHigh - u64(aLow < bLow);
  if (sumHigh == 0) {
    sumHigh = sumLow;
    sumLow = 0;
    sumExponent -= 64;
  }
  if (sumHigh == 0) return;
  const shift = <i32>clz(sumHigh);
  if (shift != 0) {
    sumHigh = (sumHigh << shift) | (sumLow >> (64 - shift));
    sumLow <<= shift;
    sumExponent -= shift;
  }
}

export function multiply(sign: bool, aExponent: i32, a: u64, bExponent: i32, b: u64): void {
  const low = multiplyWide(a, b);
  const high = productHigh;
  if (<i64>high < 0) round(sign, aExponent + bExponent + 1, high, low);
  else round(sign, aExponent + bExponent, (high << 1) | (low >> 63), low << 1);
}

export function divide(sign: bool, aExponent: i32, a: u64, bExponent: i32, b: u64): void {
  let exponent = aExponent - bExponent;
  let quotient: u64;
  if (a >= b) quotient = divideWide(a >> 1, a << 63, b);
  else {
    quotient = divideWide(a, 0, b);
    exponent--;
  }
  round(sign, exponent, quotient, tailOf(remainder, b));
}

/** What comes behind a quotient: below, at or above one half. */
function tailOf(rest: u64, divisor: u64): u64 {
  if (rest == 0) return 0;
  const other = divisor - rest;
  return rest > other ? ((<u64>1) << 63) | 1 : rest == other ? (<u64>1) << 63 : 1;
}

export function squareRoot(exponent: i32, a: u64): void {
  const odd = (exponent & 1) != 0;
  const high = odd ? a : a >> 1;
  const low = odd ? 0 : a << 63;
  let root = integerSquareRoot(high, low);
  // high:low - root^2, at most 2 root.
  let squareLow = multiplyWide(root, root);
  let squareHigh = productHigh;
  while (squareHigh > high || (squareHigh == high && squareLow > low)) {
    root--;
    squareLow = multiplyWide(root, root);
    squareHigh = productHigh;
  }
  let restLow = low - squareLow;
  let restHigh = high - squareHigh - u64(low < squareLow);
  while (restHigh > 1 || (restHigh == 1 && restLow > root << 1)) {
    const step = (root << 1) + 1;
    restHigh -= (root >> 63) + u64(restLow < step);
    restLow -= step;
    root++;
  }
  const tail: u64 = (restHigh | restLow) == 0 ? 0 : restHigh != 0 || restLow > root ? ((<u64>1) << 63) | 1 : 1;
  round(false, odd ? (exponent - 1) >> 1 : exponent >> 1, root, tail);
}

/** About the root of a 128-bit number whose upper half is at least 2^62: off by a few units. */
function integerSquareRoot(high: u64, low: u64): u64 {
  const estimate = Math.sqrt(<f64>high) * 4294967296.0;
  const guess: u64 = estimate >= 18446744073709551615.0 ? ~(<u64>0) : <u64>estimate;
  // One step of Newton's: (guess + number / guess) / 2.
  if (high >= guess) return ~(<u64>0);
  const quotient = divideWide(high, low, guess);
  return (guess >> 1) + (quotient >> 1) + (guess & quotient & 1);
}

/** a * b + c, rounded once; significands of at most 53 bits. */
export function multiplyAdd(
  productSign: bool,
  aExponent: i32,
  a: u64,
  bExponent: i32,
  b: u64,
  cSign: bool,
  cExponent: i32,
  c: u64,
): void {
  let low = multiplyWide(a, b);
  let high = productHigh;
  let exponent = aExponent + bExponent + 1;
  if (<i64>high >= 0) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    exponent--;
  }
  addWide(productSign, exponent, high, low, cSign, cExponent, c, 0);
}
