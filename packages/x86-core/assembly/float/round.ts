/** Rounding of exact results to a format: SDM 1 4.8.4, with overflow and underflow: 4.9.1.4, 4.9.1.5. */
import * as environment from './environment';
import { DOWN, INEXACT, NEAREST, OVERFLOW, UNDERFLOW, UP, raise, setRoundedUp } from './environment';
import { FINITE, INFINITE, ZERO, setNumber } from './number';

let precision: i32 = 53;
let minExponent: i32 = -1022;
let maxExponent: i32 = 1023;

/** @param bits of the significand; exponents are those of normal numbers. */
export function setFormat(bits: i32, smallest: i32, largest: i32): void {
  precision = bits;
  minExponent = smallest;
  maxExponent = largest;
}

export function format16(): void {
  setFormat(11, -14, 15);
}

export function format32(): void {
  setFormat(24, -126, 127);
}

export function format64(): void {
  setFormat(53, -1022, 1023);
}

/** The 80-bit format, with the precision that the control word asks for. */
export function format80(bits: i32): void {
  setFormat(bits, -16382, 16383);
}

const TOP: u64 = 1 << 63;
const EXPONENT_BIAS = 24576;

let kept: u64 = 0;
let carried: i32 = 0;
let inexact: bool = false;

/** Rounds to `precision` bits: `kept`, moved by one exponent if `carried`. */
function cut(sign: bool, high: u64, low: u64): void {
  const rounding = environment.rounding;
  const unused = 64 - precision;
  let tail = low;
  kept = high;
  if (unused > 0) {
    tail = (high << precision) | u64(low != 0);
    kept = (high >> unused) << unused;
  }
  carried = 0;
  inexact = tail != 0;
  let up: bool = false;
  if (inexact) {
    if (rounding == NEAREST) up = tail > TOP || (tail == TOP && ((kept >> unused) & 1) != 0);
    else up = (rounding == DOWN && sign) || (rounding == UP && !sign);
    if (up) {
      kept += (<u64>1) << unused;
      if (kept == 0) {
        kept = TOP;
        carried = 1;
      }
    }
  }
  setRoundedUp(up);
}

/** Rounds high:low / 2^127 * 2^exponent, whose first bit is bit 63 of high; low may end in a bit that stands for all that is lost. */
export function round(sign: bool, exponent: i32, high: u64, low: u64): void {
  cut(sign, high, low);
  const final = exponent + carried;
  if (final < minExponent) tiny(sign, exponent, high, low);
  else if (final > maxExponent) huge(sign, final);
  else {
    if (inexact) raise(INEXACT);
    // Rounded as if the exponent had no bounds it is not tiny; the number itself has a bit less and comes out the same.
    setNumber(FINITE, sign, final, kept);
  }
}

function huge(sign: bool, exponent: i32): void {
  raise(OVERFLOW);
  if ((environment.masks & OVERFLOW) == 0) {
    const moved = exponent - EXPONENT_BIAS;
    if (!environment.biased || moved <= maxExponent) {
      if (inexact) raise(INEXACT);
      setNumber(FINITE, sign, moved, kept);
      return;
    }
    // Only FSCALE gets that far.
    raise(INEXACT);
    setRoundedUp(true);
    setNumber(INFINITE, sign, 0, 0);
    return;
  }
  raise(INEXACT);
  const rounding = environment.rounding;
  const away = rounding == NEAREST || rounding == (sign ? DOWN : UP);
  setRoundedUp(away);
  if (away) setNumber(INFINITE, sign, 0, 0);
  else setNumber(FINITE, sign, maxExponent, ~(<u64>0) << (64 - precision));
}

/** Tiny after rounding. Unmasked the exception needs no loss (SDM 1 4.9.1.5). */
function tiny(sign: bool, exponent: i32, high: u64, low: u64): void {
  if ((environment.masks & UNDERFLOW) == 0) {
    raise(UNDERFLOW);
    const moved = exponent + carried + EXPONENT_BIAS;
    if (!environment.biased || moved >= minExponent) {
      if (inexact) raise(INEXACT);
      setNumber(FINITE, sign, moved, kept);
      return;
    }
    raise(INEXACT);
    setRoundedUp(false);
    setNumber(ZERO, sign, 0, 0);
    return;
  }
  if (environment.flushToZero) {
    raise(UNDERFLOW | INEXACT);
    setNumber(ZERO, sign, 0, 0);
    return;
  }
  const shift = minExponent - exponent;
  if (shift < 64) {
    low = (high << (64 - shift)) | (low >> shift) | u64(low << (64 - shift) != 0);
    high >>= shift;
  } else {
    low = shift == 64 ? high | u64(low != 0) : shift < 128 ? (high >> (shift - 64)) | 1 : 1;
    high = 0;
  }
  cut(sign, high, low);
  if (inexact) raise(UNDERFLOW | INEXACT);
  setNumber(kept == 0 ? ZERO : FINITE, sign, minExponent, kept);
}

/** high:low with the first bit anywhere, or zero: moved up and rounded. `exponent` is that of bit 63 of high. */
export function normalizeAndRound(sign: bool, exponent: i32, high: u64, low: u64): void {
  if (high == 0) {
    if (low == 0) {
      setNumber(ZERO, sign, 0, 0);
      return;
    }
    high = low;
    low = 0;
    exponent -= 64;
  }
  const shift = <i32>clz(high);
  if (shift != 0) {
    high = (high << shift) | (low >> (64 - shift));
    low <<= shift;
  }
  round(sign, exponent - shift, high, low);
}
