/**
 * Numbers with 128 bits of significand, for functions whose results are rounded to 64: high:low / 2^127 * 2^exponent, bit 63 of high set. They carry
 * no sign. There is one result at a time, in the variables below. Products and quotients are cut off, a unit or two of the last place too small.
 */
import { multiplyWide, productHigh } from './arithmetic';

export let wideExponent: i32 = 0;
export let wideHigh: u64 = 0;
export let wideLow: u64 = 0;

export function setWide(exponent: i32, high: u64, low: u64): void {
  wideExponent = exponent;
  wideHigh = high;
  wideLow = low;
}

/** The upper 128 bits of the product of two fractions of 2^128, in wideHigh and wideLow. */
export function multiplyFractions(aHigh: u64, aLow: u64, bHigh: u64, bLow: u64): void {
  multiplyWide(aLow, bLow);
  const lowest = productHigh;
  const crossLow = multiplyWide(aHigh, bLow);
  const crossHigh = productHigh;
  const otherLow = multiplyWide(aLow, bHigh);
  const otherHigh = productHigh;
  const topLow = multiplyWide(aHigh, bHigh);
  const topHigh = productHigh;
  const first = crossLow + otherLow;
  const second = first + lowest;
  const carried = u64(first < crossLow) + u64(second < first) + crossHigh;
  let carry = u64(carried < crossHigh);
  const third = carried + otherHigh;
  carry += u64(third < carried);
  const low = topLow + third;
  wideHigh = topHigh + carry + u64(low < topLow);
  wideLow = low;
}

export function multiplyNumbers(aExponent: i32, aHigh: u64, aLow: u64, bExponent: i32, bHigh: u64, bLow: u64): void {
  multiplyFractions(aHigh, aLow, bHigh, bLow);
  wideExponent = aExponent + bExponent + 1;
  if (<i64>wideHigh >= 0) {
    wideHigh = (wideHigh << 1) | (wideLow >> 63);
    wideLow <<= 1;
    wideExponent--;
  }
}

/** a / b, digit by digit; both normalized. The last bit stands for the rest. */
export function divideNumbers(aExponent: i32, aHigh: u64, aLow: u64, bExponent: i32, bHigh: u64, bLow: u64): void {
  let exponent = aExponent - bExponent;
  let restHigh = aHigh;
  let restLow = aLow;
  let carry = false;
  if (aHigh < bHigh || (aHigh == bHigh && aLow < bLow)) {
    exponent--;
    carry = true;
    restHigh = (aHigh << 1) | (aLow >> 63);
    restLow = aLow << 1;
  }
  let high: u64 = 0;
  let low: u64 = 0;
  for (let digit = 0; digit < 128; digit++) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    if (carry || restHigh > bHigh || (restHigh == bHigh && restLow >= bLow)) {
      const less = u64(restLow < bLow);
      restLow -= bLow;
      restHigh -= bHigh + less;
      low |= 1;
    }
    carry = <i64>restHigh < 0;
    restHigh = (restHigh << 1) | (restLow >> 63);
    restLow <<= 1;
  }
  wideExponent = exponent;
  wideHigh = high;
  wideLow = low | u64((restHigh | restLow) != 0 || carry);
}

/** high:low, not normalized and not zero, as the number at hand. `exponent` is that of bit 63 of high. */
export function normalizeWide(exponent: i32, high: u64, low: u64): void {
  if (high == 0) {
    high = low;
    low = 0;
    exponent -= 64;
  }
  const shift = <i32>clz(high);
  if (shift != 0) {
    high = (high << shift) | (low >> (64 - shift));
    low <<= shift;
  }
  setWide(exponent - shift, high, low);
}

/** The number at hand, below 1, as a fraction of 2^128 in wideHigh and wideLow. */
export function toFraction(): void {
  const shift = -1 - wideExponent;
  if (shift == 0) return;
  if (shift >= 128) {
    wideHigh = 0;
    wideLow = 0;
  } else if (shift >= 64) {
    wideLow = wideHigh >> (shift - 64);
    wideHigh = 0;
  } else {
    wideLow = (wideLow >> shift) | (wideHigh << (64 - shift));
    wideHigh >>= shift;
  }
}
