/**
 * Logarithms, exponentials and arctangents of finite numbers other than zero, as correctly rounded as 120 bits make them.
 * Arguments: exponent and significand of numbers as number.ts has them; the result is the number at hand, rounded to the format that is set.
 */
import { sum, sumExponent, sumHigh, sumLow, sumSign } from './arithmetic';
import { deliver } from './deliver';
import * as series from './series';
import {
  divideNumbers,
  multiplyNumbers,
  normalizeWide,
  setWide,
  toFraction,
  wideExponent,
  wideHigh,
  wideLow,
} from './wide';
import {
  ARCTANGENTS,
  LN_2_EXPONENT,
  LN_2_HIGH,
  LN_2_LOW,
  PI_EXPONENT,
  PI_HIGH,
  PI_LOW,
  TWO_BY_LN_2_EXPONENT,
  TWO_BY_LN_2_HIGH,
  TWO_BY_LN_2_LOW,
} from './wide-constants';

const TOP: u64 = 1 << 63;
/** As a significand. */
const SQUARE_ROOT_OF_2: u64 = 0xb504f333f9de6484;

/** The number at hand (wide) squared, as a fraction. */
function squareFraction(): void {
  multiplyNumbers(wideExponent, wideHigh, wideLow, wideExponent, wideHigh, wideLow);
  toFraction();
}

/** exponent, high, low times 1 + or - the fraction at hand: in sumExponent, sumHigh and sumLow. */
export function timesOnePlus(exponent: i32, high: u64, low: u64, negative: bool): void {
  if ((wideHigh | wideLow) == 0) {
    // Less than 2^-128 of it: no more than a trace, which must not be lost.
    sum(false, exponent, high, low, negative, exponent - 140, TOP, 0);
    return;
  }
  normalizeWide(-1, wideHigh, wideLow);
  multiplyNumbers(wideExponent, wideHigh, wideLow, exponent, high, low);
  sum(false, exponent, high, low, negative, wideExponent, wideHigh, wideLow);
}

/** 2^x - 1, x between -1 and 1. */
export function twoToXMinus1(sign: bool, exponent: i32, significand: u64): void {
  if (exponent == 0) {
    // x is 1 or -1.
    deliver(sign, sign ? -1 : 0, TOP, 0, true);
    return;
  }
  multiplyNumbers(exponent, significand, 0, LN_2_EXPONENT, LN_2_HIGH, LN_2_LOW);
  const yExponent = wideExponent;
  const yHigh = wideHigh;
  const yLow = wideLow;
  toFraction();
  series.exponential(sign, wideHigh, wideLow);
  timesOnePlus(yExponent, yHigh, yLow, sign);
  deliver(sign, sumExponent, sumHigh, sumLow, false);
}

/** 2 atanh(z) / ln 2, z wide at hand: in sumExponent, sumHigh, sumLow. */
function logarithmOf(): void {
  const exponent = wideExponent;
  const high = wideHigh;
  const low = wideLow;
  squareFraction();
  series.hyperbolicArctangent(wideHigh, wideLow);
  timesOnePlus(exponent, high, low, false);
  multiplyNumbers(sumExponent, sumHigh, sumLow, TWO_BY_LN_2_EXPONENT, TWO_BY_LN_2_HIGH, TWO_BY_LN_2_LOW);
}

/** y log2(x), x (128 bits) positive and not 1. */
export function yLog2X(exponent: i32, high: u64, low: u64, ySign: bool, yExponent: i32, y: u64): void {
  // x = m 2^whole, m between sqrt(1/2) and sqrt(2).
  const mExponent = high > SQUARE_ROOT_OF_2 ? -1 : 0;
  const whole = exponent - mExponent;
  let sign: bool = false;
  if (high == TOP && low == 0) {
    setInteger(whole);
    sign = whole < 0;
  } else {
    // z = (m - 1) / (m + 1)
    sum(false, mExponent, high, low, false, 0, TOP, 0);
    const bottomExponent = sumExponent;
    const bottomHigh = sumHigh;
    const bottomLow = sumLow;
    sum(false, mExponent, high, low, true, 0, TOP, 0);
    sign = sumSign;
    divideNumbers(sumExponent, sumHigh, sumLow, bottomExponent, bottomHigh, bottomLow);
    logarithmOf();
    if (whole != 0) {
      const partExponent = wideExponent;
      const partHigh = wideHigh;
      const partLow = wideLow;
      setInteger(whole);
      sum(whole < 0, wideExponent, wideHigh, wideLow, sign, partExponent, partHigh, partLow);
      sign = sumSign;
      setWide(sumExponent, sumHigh, sumLow);
    }
  }
  multiplyNumbers(wideExponent, wideHigh, wideLow, yExponent, y, 0);
  deliver(sign != ySign, wideExponent, wideHigh, wideLow, high == TOP && low == 0);
}

/** The magnitude of an integer other than zero, as the number at hand. */
function setInteger(value: i32): void {
  const size = <u64>abs(value);
  const shift = <i32>clz(size);
  setWide(63 - shift, size << shift, 0);
}

/** y log2(x + 1), x above -1. From 1/2 on that is no more than a logarithm. */
export function yLog2XPlus1(sign: bool, exponent: i32, x: u64, ySign: bool, yExponent: i32, y: u64): void {
  if (exponent >= -1) {
    sum(false, 0, TOP, 0, sign, exponent, x, 0);
    yLog2X(sumExponent, sumHigh, sumLow, ySign, yExponent, y);
    return;
  }
  sum(false, 1, TOP, 0, sign, exponent, x, 0);
  divideNumbers(exponent, x, 0, sumExponent, sumHigh, sumLow);
  logarithmOf();
  multiplyNumbers(wideExponent, wideHigh, wideLow, yExponent, y, 0);
  deliver(sign != ySign, wideExponent, wideHigh, wideLow, false);
}

/** The angle of (x, y), both positive, plus those of the signs: at most pi. */
export function angle(ySign: bool, yExponent: i32, y: u64, xSign: bool, xExponent: i32, x: u64): void {
  const steep = yExponent > xExponent || (yExponent == xExponent && y > x);
  if (steep) firstOctant(xExponent, x, yExponent, y);
  else firstOctant(yExponent, y, xExponent, x);
  // pi/2 - or pi - what is found.
  if (steep) sum(false, PI_EXPONENT - 1, PI_HIGH, PI_LOW, !xSign, sumExponent, sumHigh, sumLow);
  else if (xSign) sum(false, PI_EXPONENT, PI_HIGH, PI_LOW, true, sumExponent, sumHigh, sumLow);
  deliver(ySign, sumExponent, sumHigh, sumLow, false);
}

/** atan(y / x), y <= x: in sumExponent, sumHigh, sumLow. From the nearest eighth of the quotient on. */
function firstOctant(yExponent: i32, y: u64, xExponent: i32, x: u64): void {
  divideNumbers(yExponent, y, 0, xExponent, x, 0);
  const exponent = wideExponent;
  const high = wideHigh;
  const low = wideLow;
  let eighth = 0;
  if (exponent >= -4) eighth = <i32>((high >> (60 - exponent - 1)) + 1) >> 1;
  let negative: bool = false;
  if (eighth != 0) {
    // (t - c) / (1 + c t) with t the quotient and c the eighth.
    const size = <u64>eighth;
    const shift = <i32>clz(size);
    const cExponent = 60 - shift;
    const c = size << shift;
    multiplyNumbers(exponent, high, low, cExponent, c, 0);
    sum(false, 0, TOP, 0, false, wideExponent, wideHigh, wideLow);
    const bottomExponent = sumExponent;
    const bottomHigh = sumHigh;
    const bottomLow = sumLow;
    sum(false, exponent, high, low, true, cExponent, c, 0);
    negative = sumSign;
    if ((sumHigh | sumLow) == 0) {
      setEighth(eighth);
      return;
    }
    divideNumbers(sumExponent, sumHigh, sumLow, bottomExponent, bottomHigh, bottomLow);
  }
  const restExponent = wideExponent;
  const restHigh = wideHigh;
  const restLow = wideLow;
  squareFraction();
  series.arctangent(wideHigh, wideLow);
  timesOnePlus(restExponent, restHigh, restLow, true);
  if (eighth == 0) return;
  const partExponent = sumExponent;
  const partHigh = sumHigh;
  const partLow = sumLow;
  setEighth(eighth);
  sum(false, sumExponent, sumHigh, sumLow, negative, partExponent, partHigh, partLow);
}

function setEighth(eighth: i32): void {
  const at = ARCTANGENTS + 24 * (eighth - 1);
  sum(false, load<i32>(at), load<u64>(at, 8), load<u64>(at, 16), false, load<i32>(at) - 200, TOP, 0);
}
