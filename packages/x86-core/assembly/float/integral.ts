/** Between floating-point numbers and integers. */
import * as environment from './environment';
import { DOWN, INEXACT, INVALID, NEAREST, UP, raise, setRoundedUp } from './environment';
import * as number from './number';
import { FINITE, QUIET, UNSUPPORTED, ZERO, setNumber } from './number';
import { round } from './round';

/** The number at hand, finite, as a whole magnitude rounded as the environment says; `outside`: 2^64 or more. */
let outside: bool = false;
export let lost: bool = false;

function magnitude(): u64 {
  outside = false;
  lost = false;
  setRoundedUp(false);
  if (number.kind == ZERO) return 0;
  const exponent = number.exponent;
  if (exponent > 63) {
    outside = true;
    return 0;
  }
  let whole: u64 = 0;
  let tail: u64 = 0;
  if (exponent >= 0) {
    whole = number.significand >> (63 - exponent);
    tail = exponent == 63 ? 0 : number.significand << (exponent + 1);
  } else tail = exponent == -1 ? number.significand : 1;
  if (tail == 0) return whole;
  lost = true;
  const half: u64 = 1 << 63;
  const mode = environment.rounding;
  const up = mode == NEAREST ? tail > half || (tail == half && (whole & 1) != 0) : mode == (number.sign ? DOWN : UP);
  if (!up) return whole;
  setRoundedUp(true);
  if (whole == <u64>-1) outside = true;
  return whole + 1;
}

/** The number at hand as a signed integer of so many bits; the most negative one where it is none (SDM 1 table 4-... "integer indefinite"). */
export function toInteger(bits: i32, quietly: bool): u64 {
  const limit = (<u64>1) << (bits - 1);
  if (number.kind <= FINITE) {
    const whole = magnitude();
    if (!outside && (whole < limit || (whole == limit && number.sign))) {
      if (lost && !quietly) raise(INEXACT);
      return number.sign ? 0 - whole : whole;
    }
  }
  setRoundedUp(false);
  raise(INVALID);
  return limit;
}

/** Makes a signed integer the number at hand, rounded to the format. */
export function fromInteger(value: i64): void {
  if (value == 0) {
    setNumber(ZERO, false, 0, 0);
    return;
  }
  const size: u64 = value < 0 ? 0 - <u64>value : <u64>value;
  const shift = <i32>clz(size);
  round(value < 0, 63 - shift, size << shift, 0);
}

/** The number at hand to an integral value. NaNs become quiet; the caller has seen to encodings without meaning. */
export function toIntegral(quietly: bool): void {
  if (number.kind >= QUIET && number.kind < UNSUPPORTED) number.quiet();
  else if (number.kind == FINITE && number.exponent < 63) {
    const sign = number.sign;
    const whole = magnitude();
    if (lost && !quietly) raise(INEXACT);
    if (whole == 0) setNumber(ZERO, sign, 0, 0);
    else {
      const shift = <i32>clz(whole);
      setNumber(FINITE, sign, 63 - shift, whole << shift);
    }
  }
}
