/** How a function that is never exact hands over its result. */
import { INEXACT, raise, setRoundedUp, UNDERFLOW } from './environment';
import * as number from './number';
import { round } from './round';

/** 128 bits of a result, behind which more would follow, unless it is `exact`. Processors say of that too that it is not. */
export function deliver(sign: bool, exponent: i32, high: u64, low: u64, exact: bool): void {
  raise(INEXACT);
  round(sign, exponent, high, exact ? low : low | 1);
}

/** An operand so small that it is the result: inexact all the same. */
export function deliverOperand(sign: bool, exponent: i32, significand: u64): void {
  round(sign, exponent, significand, 0);
  raise(<i64>number.significand < 0 ? INEXACT : INEXACT | UNDERFLOW);
  setRoundedUp(false);
}
