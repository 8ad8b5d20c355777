/** FPREM and FPREM1: SDM 2. Exact; a distance of 64 binary digits or more is shortened only, and C2 asks for another round. */
import { X87_STATUS } from '../../src/semantics/state';
import { maskUnderflow, setRoundedUp } from './environment';
import * as number from './number';
import { FINITE, indefinite, INFINITE, noteDenormal, setNumber, ZERO } from './number';
import { normalizeAndRound, round } from './round';
import * as arithmetic from './x87-arithmetic';
import { keepFirst, propagate } from './x87-arithmetic';
import { C0, C2, C3, give, isEmpty, isRefused, setConditions, take, underflow } from './x87-stack';

/** The low bits of the quotient, or -1: not complete. */
let quotient: i32 = 0;
/** There was a division; else C0 and C3 stay as they are. */
let isDone: bool = false;

/** @param nearest FPREM1: the quotient is rounded to nearest, not cut. */
export function partialRemainder(core: usize, nearest: bool): void {
  quotient = 0;
  isDone = false;
  if (isEmpty(core, 0) || isEmpty(core, 1)) {
    underflow();
    indefinite();
  } else {
    take(core, 0);
    keepFirst();
    take(core, 1);
    if (!propagate()) remainder(nearest);
  }
  const refused = isRefused();
  if (!refused) give(core, 0);
  if (!isDone || refused) store<u32>(core, load<u32>(core, X87_STATUS) & ~C2, X87_STATUS);
  else {
    const bits = ((quotient & 4) != 0 ? C0 : 0) | ((quotient & 2) != 0 ? C3 : 0);
    setConditions(core, quotient < 0 ? C2 : bits);
    // C1 is the quotient's lowest bit; `finishX87` takes it from here.
    setRoundedUp(quotient > 0 && (quotient & 1) != 0);
  }
}

function remainder(nearest: bool): void {
  const kind = arithmetic.aKind;
  const sign = arithmetic.aSign;
  if (kind == INFINITE || number.kind == ZERO) {
    indefinite();
    return;
  }
  isDone = true;
  noteDenormal((kind == FINITE && arithmetic.aDenormal) || (number.kind == FINITE && number.denormal));
  if (kind == ZERO) {
    setNumber(ZERO, sign, 0, 0);
    return;
  }
  const dividend = arithmetic.aSignificand;
  const exponent = arithmetic.aExponent;
  if (number.kind == INFINITE) {
    maskUnderflow();
    round(sign, exponent, dividend, 0);
    return;
  }
  const divisor = number.significand;
  const distance = exponent - number.exponent;
  const least = nearest ? -1 : 0;
  if (distance < least) {
    round(sign, exponent, dividend, 0);
    return;
  }
  if (distance >= 64) {
    // As many digits as leave the quotient's rest at a multiple of 2^(distance - n), n from 32 to 63.
    const digits = (distance & 31) | 32;
    let rest = dividend;
    reduce(rest, divisor, digits);
    rest = reduced;
    quotient = -1;
    normalizeAndRound(sign, exponent - digits, rest, 0);
    return;
  }
  complete(nearest, sign, dividend, divisor, distance, number.exponent);
}

/** What is left of dividend * 2^digits after division, and the quotient's last 64 bits. */
let reduced: u64 = 0;
let reducedQuotient: u64 = 0;

function reduce(dividend: u64, divisor: u64, digits: i32): void {
  let rest = dividend;
  let result: u64 = 0;
  if (rest >= divisor) {
    rest -= divisor;
    result = 1;
  }
  for (let digit = 0; digit < digits; digit++) {
    const carry = <i64>rest < 0;
    rest <<= 1;
    result <<= 1;
    if (carry || rest >= divisor) {
      rest -= divisor;
      result |= 1;
    }
  }
  reduced = rest;
  reducedQuotient = result;
}

function complete(nearest: bool, sign: bool, dividend: u64, divisor: u64, distance: i32, exponent: i32): void {
  let half = false;
  let tie = false;
  if (distance < 0) {
    // Less than the divisor, at least a quarter of it: the quotient is 0 or 1.
    half = dividend > divisor;
    reducedQuotient = 0;
    if (!half) {
      round(sign, exponent - 1, dividend, 0);
      return;
    }
    // divisor - dividend / 2
    const twice = (divisor << 1) - dividend;
    quotient = 1;
    normalizeAndRound(!sign, exponent - 1, twice, 0);
    return;
  }
  reduce(dividend, divisor, distance);
  const rest = reduced;
  let result = reducedQuotient;
  let flipped = false;
  let left = rest;
  if (nearest) {
    const other = divisor - rest;
    half = rest > other;
    tie = rest == other;
    if (half || (tie && (result & 1) != 0)) {
      left = other;
      flipped = true;
      result++;
    }
  }
  quotient = <i32>(result & 7);
  if (left == 0) setNumber(ZERO, sign, 0, 0);
  else normalizeAndRound(sign != flipped, exponent, left, 0);
}
