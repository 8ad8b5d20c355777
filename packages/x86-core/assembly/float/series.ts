/**
 * Power series, summed by Horner's rule in fractions of 2^128. Each leaves the part behind the leading 1 in wideHigh and wideLow, as a fraction.
 * What is cut off stays below 2^-120 of the whole.
 */
import { multiplyFractions, wideHigh, wideLow } from './wide';
import { FACTORIAL_RECIPROCALS, ODD_RECIPROCALS } from './wide-constants';

/** c[first] - x (c[first + step] - x (...)), or with all signs +; `terms` of them. */
function horner(table: usize, first: i32, step: i32, terms: i32, alternating: bool, xHigh: u64, xLow: u64): void {
  let index = first + step * (terms - 1);
  let high = load<u64>(table + 16 * index);
  let low = load<u64>(table + 16 * index, 8);
  for (let left = terms - 1; left > 0; left--) {
    index -= step;
    multiplyFractions(high, low, xHigh, xLow);
    const constantHigh = load<u64>(table + 16 * index);
    const constantLow = load<u64>(table + 16 * index, 8);
    if (alternating) {
      high = constantHigh - wideHigh - u64(constantLow < wideLow);
      low = constantLow - wideLow;
    } else {
      low = constantLow + wideLow;
      high = constantHigh + wideHigh + u64(low < constantLow);
    }
  }
  multiplyFractions(high, low, xHigh, xLow);
}

/** atanh(z) / z = 1 + this, of z squared, at most 0.03. */
export function hyperbolicArctangent(squareHigh: u64, squareLow: u64): void {
  horner(ODD_RECIPROCALS, 0, 1, 26, false, squareHigh, squareLow);
}

/** atan(z) / z = 1 - this, of z squared, at most 2^-8. */
export function arctangent(squareHigh: u64, squareLow: u64): void {
  horner(ODD_RECIPROCALS, 0, 1, 17, true, squareHigh, squareLow);
}

/** (e^y - 1) / y = 1 + this, or with -y in place of y 1 - this; y at most ln 2. */
export function exponential(negative: bool, high: u64, low: u64): void {
  horner(FACTORIAL_RECIPROCALS, 0, 1, 30, negative, high, low);
}

/** sin(x) / x = 1 - this, of x squared, at most 0.62. */
export function sine(squareHigh: u64, squareLow: u64): void {
  horner(FACTORIAL_RECIPROCALS, 1, 2, 15, true, squareHigh, squareLow);
}

/** cos(x) = 1 - this, of x squared. */
export function cosine(squareHigh: u64, squareLow: u64): void {
  horner(FACTORIAL_RECIPROCALS, 0, 2, 16, true, squareHigh, squareLow);
}
