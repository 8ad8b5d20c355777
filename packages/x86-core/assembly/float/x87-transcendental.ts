/** F2XM1, FYL2X, FYL2XP1, FPATAN, FSIN, FCOS, FSINCOS, FPTAN: SDM 1 8.3.7, 8.3.8, with the tables of special operands in SDM 2. */
import * as operation from '../../src/semantics/float/operation';
import { X87_STATUS } from '../../src/semantics/state';
import { INEXACT, raise, ZERO_DIVIDE } from './environment';
import * as number from './number';
import { FINITE, indefinite, INFINITE, noteDenormal, QUIET, quiet, setNumber, UNSUPPORTED, ZERO } from './number';
import { round } from './round';
import { angle, twoToXMinus1, yLog2X, yLog2XPlus1 } from './transcendental';
import { sineOrCosine, tangent } from './trigonometric';
import { PI_EXPONENT, PI_HIGH, PI_LOW } from './wide-constants';
import * as first from './x87-arithmetic';
import { keepFirst, propagate } from './x87-arithmetic';
import { C2, give, isEmpty, isRefused, overflow, pop, setTop, take, underflow } from './x87-stack';

const TOP_BIT: u64 = 1 << 63;

/** F2XM1. */
export function exponentialOfTop(core: usize): void {
  if (isEmpty(core, 0)) {
    underflow();
    indefinite();
  } else {
    take(core, 0);
    if (number.kind == UNSUPPORTED) indefinite();
    else if (number.kind >= QUIET) quiet();
    else if (number.kind == INFINITE) {
      if (number.sign) setNumber(FINITE, true, 0, TOP_BIT);
    } else if (number.kind == FINITE) {
      noteDenormal(number.denormal);
      if (number.exponent < 0 || (number.exponent == 0 && number.significand == TOP_BIT)) {
        twoToXMinus1(number.sign, number.exponent, number.significand);
      } else raise(INEXACT);
    }
  }
  if (!isRefused()) give(core, 0);
}

/** FYL2X, FYL2XP1, FPATAN: of ST(1) and ST(0), which is popped. */
export function functionOfTwo(core: usize, which: i32): void {
  if (isEmpty(core, 0) || isEmpty(core, 1)) {
    underflow();
    indefinite();
  } else {
    // The first operand is y, ST(1).
    take(core, 1);
    keepFirst();
    take(core, 0);
    if (!propagate()) {
      if (which == operation.Y_LOG2_X) logarithm();
      else if (which == operation.Y_LOG2_X_PLUS_1) logarithmNearOne();
      else arctangent();
    }
  }
  if (isRefused()) return;
  give(core, 1);
  pop(core);
}

function anyDenormal(): bool {
  return (number.kind == FINITE && number.denormal) || (first.aKind == FINITE && first.aDenormal);
}

/** y log2(x), x the number at hand. */
function logarithm(): void {
  const yKind = first.aKind;
  const ySign = first.aSign;
  const xKind = number.kind;
  if (xKind == ZERO) {
    if (yKind == ZERO) indefinite();
    else {
      if (yKind == FINITE) raise(ZERO_DIVIDE);
      setNumber(INFINITE, !ySign, 0, 0);
    }
    return;
  }
  if (number.sign) {
    indefinite();
    return;
  }
  const isOne = xKind == FINITE && number.exponent == 0 && number.significand == TOP_BIT;
  if ((xKind == INFINITE && yKind == ZERO) || (isOne && yKind == INFINITE)) {
    indefinite();
    return;
  }
  noteDenormal(anyDenormal());
  const below = xKind == FINITE && number.exponent < 0;
  if (yKind == ZERO || isOne) setNumber(ZERO, ySign != below, 0, 0);
  else if (yKind == INFINITE || xKind == INFINITE) setNumber(INFINITE, ySign != below, 0, 0);
  else yLog2X(number.exponent, number.significand, 0, ySign, first.aExponent, first.aSignificand);
}

/** y log2(x + 1). */
function logarithmNearOne(): void {
  const yKind = first.aKind;
  const sign = first.aSign != number.sign;
  const xKind = number.kind;
  if ((xKind == ZERO && yKind == INFINITE) || (xKind == INFINITE && (number.sign || yKind == ZERO))) {
    indefinite();
    return;
  }
  noteDenormal(anyDenormal());
  if (xKind == ZERO || yKind == ZERO) setNumber(ZERO, sign, 0, 0);
  else if (xKind == INFINITE || yKind == INFINITE) setNumber(INFINITE, sign, 0, 0);
  else if (!number.sign || number.exponent < 0) {
    const exponent = number.exponent;
    yLog2XPlus1(number.sign, exponent, number.significand, first.aSign, first.aExponent, first.aSignificand);
  } else {
    // -1 and less: undefined; processors give x.
    raise(INEXACT);
  }
}

/** The angle of (x, y): SDM 2 table 3-30. */
function arctangent(): void {
  const yKind = first.aKind;
  const ySign = first.aSign;
  const xKind = number.kind;
  const xSign = number.sign;
  noteDenormal(anyDenormal());
  if (yKind == FINITE && xKind == FINITE) {
    angle(ySign, first.aExponent, first.aSignificand, xSign, number.exponent, number.significand);
  } else if (yKind == INFINITE && xKind == INFINITE) {
    // pi/4, or 3 pi/4, which is less than twice as much: 3 * PI / 4 is 3/2 of the half.
    if (xSign) round(ySign, 1, 0x96cbe3f9990e91a7, 0x9394c9e8a0a5159d | 1);
    else round(ySign, PI_EXPONENT - 2, PI_HIGH, PI_LOW | 1);
  } else if (yKind == INFINITE || xKind == ZERO) {
    if (yKind == ZERO) zeroOrPi(ySign, xSign);
    else round(ySign, PI_EXPONENT - 1, PI_HIGH, PI_LOW | 1);
  } else zeroOrPi(ySign, xSign);
}

function zeroOrPi(ySign: bool, xSign: bool): void {
  if (xSign) round(ySign, PI_EXPONENT, PI_HIGH, PI_LOW | 1);
  else setNumber(ZERO, ySign, 0, 0);
}

/** FSIN, FCOS, FSINCOS, FPTAN: of ST(0). C2 is set, and nothing else done, where its magnitude is 2^63 or more. */
export function functionOfAngle(core: usize, which: i32): void {
  const pushes = which == operation.SINE_AND_COSINE || which == operation.PARTIAL_TANGENT;
  const empty = isEmpty(core, 0);
  if (empty || (pushes && !isEmpty(core, -1))) {
    if (empty) underflow();
    else overflow();
    indefinite();
    clearC2(core);
    if (isRefused()) return;
    give(core, 0);
    if (pushes) push(core);
    return;
  }
  take(core, 0);
  if (number.kind == FINITE && number.exponent >= 63) {
    setC2(core);
    return;
  }
  clearC2(core);
  const kind = number.kind;
  const sign = number.sign;
  const exponent = number.exponent;
  const significand = number.significand;
  const isNumber = kind == FINITE;
  if (kind == UNSUPPORTED || kind == INFINITE) indefinite();
  else if (kind >= QUIET) quiet();
  else if (isNumber) noteDenormal(number.denormal);
  if (isRefused()) return;
  if (isNumber) {
    if (which == operation.PARTIAL_TANGENT) tangent(sign, exponent, significand);
    else sineOrCosine(sign, exponent, significand, which == operation.COSINE ? 1 : 0);
  } else if (kind == ZERO && which == operation.COSINE) setNumber(FINITE, false, 0, TOP_BIT);
  give(core, 0);
  if (!pushes) return;
  if (which == operation.SINE_AND_COSINE && isNumber) sineOrCosine(sign, exponent, significand, 1);
  else if (kind == ZERO || isNumber) setNumber(FINITE, false, 0, TOP_BIT);
  push(core);
}

function push(core: usize): void {
  setTop(core, -1);
  give(core, 0);
}

function clearC2(core: usize): void {
  store<u32>(core, load<u32>(core, X87_STATUS) & ~C2, X87_STATUS);
}

function setC2(core: usize): void {
  store<u32>(core, load<u32>(core, X87_STATUS) | C2, X87_STATUS);
}
