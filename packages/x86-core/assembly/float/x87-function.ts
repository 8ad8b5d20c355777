/** Functions of ST(0). Here those that are exact or rounded once: FCHS, FABS, FSQRT, FRNDINT, FSCALE, FXTRACT. SDM 1 8.3.5. */
import * as operation from '../../src/semantics/float/operation';
import { squareRoot } from './arithmetic';
import { maskUnderflow, raise, setRoundedUp, ZERO_DIVIDE } from './environment';
import { toIntegral } from './integral';
import * as number from './number';
import { FINITE, indefinite, INFINITE, noteDenormal, QUIET, quiet, setNumber, UNSUPPORTED, ZERO } from './number';
import { format80, round } from './round';
import * as arithmetic from './x87-arithmetic';
import { keepFirst, propagate } from './x87-arithmetic';
import { partialRemainder } from './x87-remainder';
import { exponentialOfTop, functionOfAngle, functionOfTwo } from './x87-transcendental';
import {
  addressOf,
  beginX87,
  finishX87,
  give,
  isEmpty,
  isRefused,
  overflow,
  setTop,
  take,
  underflow,
} from './x87-stack';

/** A function by the low five bits of its opcode. */
export function x87Function(core: usize, which: i32): void {
  beginX87(core);
  if (which != operation.ROOT) format80(64);
  if (which <= operation.ABSOLUTE) changeSign(core, which);
  else if (which == operation.EXTRACT) extract(core);
  else if (which == operation.PARTIAL_REMAINDER || which == operation.PARTIAL_REMAINDER_1) {
    partialRemainder(core, which == operation.PARTIAL_REMAINDER_1);
  } else if (which == operation.TWO_TO_X_MINUS_1) exponentialOfTop(core);
  else if (which == operation.Y_LOG2_X || which == operation.Y_LOG2_X_PLUS_1 || which == operation.PARTIAL_ARCTANGENT) {
    functionOfTwo(core, which);
  } else if (
    which == operation.PARTIAL_TANGENT ||
    which == operation.SINE_AND_COSINE ||
    which == operation.SINE ||
    which == operation.COSINE
  ) {
    functionOfAngle(core, which);
  } else {
    if (isEmpty(core, 0) || (which == operation.SCALE && isEmpty(core, 1))) {
      underflow();
      indefinite();
    } else {
      take(core, 0);
      if (which == operation.SCALE) scale(core);
      else unary(which);
    }
    if (!isRefused()) give(core, 0);
  }
  finishX87(core);
}

function changeSign(core: usize, which: i32): void {
  if (isEmpty(core, 0)) {
    underflow();
    indefinite();
    if (!isRefused()) give(core, 0);
    return;
  }
  const at = addressOf(core, 0);
  const head = load<u16>(at, 8);
  store<u16>(at, which == operation.ABSOLUTE ? head & 0x7fff : head ^ 0x8000, 8);
}

function unary(which: i32): void {
  if (number.kind == UNSUPPORTED) indefinite();
  else if (number.kind >= QUIET) quiet();
  else if (which == operation.ROUND_TO_INTEGER) {
    if (number.kind == FINITE) noteDenormal(number.denormal);
    toIntegral(false);
  } else if (number.sign && number.kind != ZERO) indefinite();
  else if (number.kind == FINITE) {
    noteDenormal(number.denormal);
    squareRoot(number.exponent, number.significand);
  }
}

/** ST(0) * 2^ST(1), whose fraction is cut off. The number at hand is ST(0). */
function scale(core: usize): void {
  keepFirst();
  take(core, 1);
  if (propagate()) return;
  const kind = arithmetic.aKind;
  const sign = arithmetic.aSign;
  if (number.kind == INFINITE) {
    if (kind == (number.sign ? INFINITE : ZERO)) indefinite();
    else {
      noteDenormal(arithmetic.aDenormal);
      setNumber(number.sign ? ZERO : INFINITE, sign, 0, 0);
    }
    return;
  }
  noteDenormal(arithmetic.aDenormal || (number.kind == FINITE && number.denormal));
  if (kind != FINITE) {
    setNumber(kind, sign, 0, 0);
    return;
  }
  // A denormal that stays as it is is no tiny result.
  if (number.kind == ZERO) maskUnderflow();
  let by = 0;
  if (number.kind == FINITE && number.exponent >= 0) {
    by = number.exponent > 16 ? 0x20000 : <i32>(number.significand >> (63 - number.exponent));
    if (number.sign) by = -by;
  }
  round(sign, arithmetic.aExponent + by, arithmetic.aSignificand, 0);
}

/** ST(0) becomes the exponent, and the significand is pushed. */
function extract(core: usize): void {
  if (isEmpty(core, 0) || !isEmpty(core, -1)) {
    if (isEmpty(core, 0)) underflow();
    else overflow();
    indefinite();
    if (isRefused()) return;
    give(core, 0);
    setTop(core, -1);
    give(core, 0);
    return;
  }
  take(core, 0);
  const sign = number.sign;
  const significand = number.significand;
  if (number.kind == UNSUPPORTED) indefinite();
  else if (number.kind >= QUIET) quiet();
  else if (number.kind == ZERO) {
    raise(ZERO_DIVIDE);
    if (isRefused()) return;
    setNumber(INFINITE, true, 0, 0);
    give(core, 0);
    setNumber(ZERO, sign, 0, 0);
    setTop(core, -1);
    give(core, 0);
    return;
  } else if (number.kind == FINITE) {
    noteDenormal(number.denormal);
    if (isRefused()) return;
    giveInteger(number.exponent);
    give(core, 0);
    setNumber(FINITE, sign, 0, significand);
    setTop(core, -1);
    give(core, 0);
    return;
  }
  if (isRefused()) return;
  const infinite = number.kind == INFINITE;
  if (infinite) setNumber(INFINITE, false, 0, 0);
  give(core, 0);
  if (infinite) setNumber(INFINITE, sign, 0, 0);
  setTop(core, -1);
  give(core, 0);
}

function giveInteger(value: i32): void {
  if (value == 0) setNumber(ZERO, false, 0, 0);
  else {
    const size = <u64>abs(value);
    const shift = <i32>clz(size);
    setNumber(FINITE, value < 0, 63 - shift, size << shift);
  }
  setRoundedUp(false);
}
