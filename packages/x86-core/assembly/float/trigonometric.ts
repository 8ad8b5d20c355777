/**
 * Sine, cosine and tangent of finite numbers other than zero, |x| below 2^63. The argument is reduced exactly by a pi of 66 bits, as the x87 does
 * (SDM 1 8.3.8); sine and cosine of what is left are as good as 120 bits make them.
 */
import { sum, sumExponent, sumHigh, sumLow } from './arithmetic';
import { deliver, deliverOperand } from './deliver';
import * as series from './series';
import { timesOnePlus } from './transcendental';
import { divideNumbers, multiplyNumbers, normalizeWide, toFraction, wideExponent, wideHigh, wideLow } from './wide';

const TOP: u64 = 1 << 63;
/** Half of the 66-bit pi in units of 2^-65. */
const HALF_PI_HIGH: u64 = 3;
const HALF_PI_LOW: u64 = 0x243f6a8885a308d3;
/** Half of that again, rounded up: from there on the next multiple is nearer. */
const QUARTER_PI_HIGH: u64 = 1;
const QUARTER_PI_LOW: u64 = 0x921fb54442d1846a;

/** Exponents below which processors take x for its sine and tangent, and 1 for its cosine. */
const SMALLEST: i32 = -68;
/** Below this one they take the tangent for a trace smaller than x, which it is not; but not of powers of two. */
const TANGENT_BELOW: i32 = -33;

/** The multiple of pi/2 that was nearest, modulo 4, and the rest: its sign, and wide its size, 0 in both halves if there is none. */
let quadrant: i32 = 0;
let restSign: bool = false;
let restExponent: i32 = 0;
let restHigh: u64 = 0;
let restLow: u64 = 0;

/** |x| = significand / 2^63 * 2^exponent. */
function reduce(exponent: i32, significand: u64): void {
  quadrant = 0;
  restSign = false;
  restExponent = exponent;
  restHigh = significand;
  restLow = 0;
  if (exponent < -1) return;
  // In units of 2^-65, digit by digit from above.
  let high: u64 = 0;
  let low: u64 = 0;
  for (let digit = exponent + 65; digit >= 0; digit--) {
    const at = digit - 2 - exponent;
    high = (high << 1) | (low >> 63);
    low <<= 1;
    if (at >= 0) low |= (significand >> at) & 1;
    quadrant <<= 1;
    if (high > HALF_PI_HIGH || (high == HALF_PI_HIGH && low >= HALF_PI_LOW)) {
      high -= HALF_PI_HIGH + u64(low < HALF_PI_LOW);
      low -= HALF_PI_LOW;
      quadrant |= 1;
    }
  }
  if (high > QUARTER_PI_HIGH || (high == QUARTER_PI_HIGH && low >= QUARTER_PI_LOW)) {
    high = HALF_PI_HIGH - high - u64(HALF_PI_LOW < low);
    low = HALF_PI_LOW - low;
    restSign = true;
    quadrant++;
  }
  quadrant &= 3;
  if ((high | low) == 0) {
    restHigh = 0;
    return;
  }
  // Bit 63 of the upper word stands for 2^(127 - 65).
  normalizeWide(62, high, low);
  restExponent = wideExponent;
  restHigh = wideHigh;
  restLow = wideLow;
}

/** sin of the rest, in sumExponent, sumHigh, sumLow. */
function sineOfRest(): void {
  multiplyNumbers(restExponent, restHigh, restLow, restExponent, restHigh, restLow);
  toFraction();
  series.sine(wideHigh, wideLow);
  timesOnePlus(restExponent, restHigh, restLow, true);
}

/** cos of the rest, likewise. */
function cosineOfRest(): void {
  if (restHigh == 0) {
    sum(false, 0, TOP, 0, true, -200, TOP, 0);
    return;
  }
  multiplyNumbers(restExponent, restHigh, restLow, restExponent, restHigh, restLow);
  toFraction();
  series.cosine(wideHigh, wideLow);
  timesOnePlus(0, TOP, 0, true);
}

/** @param turn 0: sine. 1: cosine, which is the sine a quarter of a turn on. */
export function sineOrCosine(sign: bool, exponent: i32, significand: u64, turn: i32): void {
  if (exponent < SMALLEST) {
    if (turn == 0) deliverOperand(sign, exponent, significand);
    else deliverOperand(false, 0, TOP);
    return;
  }
  reduce(exponent, significand);
  const quarter = (quadrant + turn) & 3;
  let negative = (quarter & 2) != 0;
  if ((quarter & 1) == 0) {
    sineOfRest();
    negative = negative != restSign;
  } else cosineOfRest();
  // The sine changes its sign with x.
  if (turn == 0) negative = negative != sign;
  deliver(negative, sumExponent, sumHigh, sumLow, false);
}

export function tangent(sign: bool, exponent: i32, significand: u64): void {
  if (exponent < SMALLEST) {
    deliverOperand(sign, exponent, significand);
    return;
  }
  if (exponent < TANGENT_BELOW) {
    if (significand == TOP) deliverOperand(sign, exponent, significand);
    else {
      sum(false, exponent, significand, 0, true, exponent - 100, TOP, 0);
      deliver(sign, sumExponent, sumHigh, sumLow, false);
    }
    return;
  }
  reduce(exponent, significand);
  sineOfRest();
  const sineExponent = sumExponent;
  const sineHigh = sumHigh;
  const sineLow = sumLow;
  cosineOfRest();
  const inverse = (quadrant & 1) != 0;
  if (inverse) divideNumbers(sumExponent, sumHigh, sumLow, sineExponent, sineHigh, sineLow);
  else divideNumbers(sineExponent, sineHigh, sineLow, sumExponent, sumHigh, sumLow);
  deliver(sign != (restSign != inverse), wideExponent, wideHigh, wideLow, false);
}
