/** Addition, subtraction, multiplication and division of any two numbers that are no NaNs, in the format that is set. */
import { ADD, DIVIDE, MULTIPLY, SUBTRACT } from '../../src/semantics/float/operation';
import { addWide, divide, multiply } from './arithmetic';
import { DOWN, raise, rounding, ZERO_DIVIDE } from './environment';
import { FINITE, INFINITE, indefinite, noteDenormal, setNumber, ZERO } from './number';
import { round } from './round';

/** The result is the number at hand. @param code ADD, SUBTRACT, MULTIPLY or DIVIDE. */
export function operate(
  code: i32,
  anyDenormal: bool,
  aKind: i32,
  aSign: bool,
  aExponent: i32,
  aSignificand: u64,
  bKind: i32,
  bSign: bool,
  bExponent: i32,
  bSignificand: u64,
): void {
  const isSum = code == ADD || code == SUBTRACT;
  if (code == SUBTRACT) bSign = !bSign;
  const sign = aSign != bSign;
  if (aKind == FINITE && bKind == FINITE) {
    noteDenormal(anyDenormal);
    if (isSum) addWide(aSign, aExponent, aSignificand, 0, bSign, bExponent, bSignificand, 0);
    else if (code == MULTIPLY) multiply(sign, aExponent, aSignificand, bExponent, bSignificand);
    else divide(sign, aExponent, aSignificand, bExponent, bSignificand);
  } else if (!isSum) productOf(code == DIVIDE, aKind, bKind, sign, anyDenormal);
  else if (aKind == INFINITE && bKind == INFINITE && sign) indefinite();
  else {
    noteDenormal(anyDenormal);
    if (aKind == INFINITE) setNumber(INFINITE, aSign, 0, 0);
    else if (bKind == INFINITE) setNumber(INFINITE, bSign, 0, 0);
    else if (aKind != ZERO) round(aSign, aExponent, aSignificand, 0);
    else if (bKind != ZERO) round(bSign, bExponent, bSignificand, 0);
    else setNumber(ZERO, sign ? rounding == DOWN : aSign, 0, 0);
  }
}

/** A product or quotient with a zero or infinity in it. */
function productOf(isQuotient: bool, aKind: i32, bKind: i32, sign: bool, anyDenormal: bool): void {
  const aZero = aKind == ZERO;
  const bZero = bKind == ZERO;
  const aInfinite = aKind == INFINITE;
  const bInfinite = bKind == INFINITE;
  if (isQuotient ? (aZero && bZero) || (aInfinite && bInfinite) : (aZero && bInfinite) || (aInfinite && bZero)) {
    indefinite();
  } else if (isQuotient && bZero && !aInfinite) {
    raise(ZERO_DIVIDE);
    setNumber(INFINITE, sign, 0, 0);
  } else {
    noteDenormal(anyDenormal);
    const isZero = isQuotient ? aZero || bInfinite : aZero || bZero;
    setNumber(isZero ? ZERO : INFINITE, sign, 0, 0);
  }
}
