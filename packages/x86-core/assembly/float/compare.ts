/** Comparison of two numbers of 32 or 64 bits. */
import { INVALID, raise } from './environment';
import * as number from './number';
import { QUIET, SIGNALING, ZERO, noteDenormal, unpack32, unpack64 } from './number';

export const LESS: i32 = 0;
export const EQUAL: i32 = 1;
export const GREATER: i32 = 2;
export const UNORDERED: i32 = 3;

/** How a stands to b. Signaling NaNs and denormals are reported; for quiet NaNs that is the caller's decision. */
export function compare(bits: i32, a: u64, b: u64): i32 {
  takeOf(bits, a);
  const aKind = number.kind;
  const aSign = number.sign;
  const aDenormal = number.denormal;
  takeOf(bits, b);
  if (aKind >= QUIET || number.kind >= QUIET) {
    if (aKind == SIGNALING || number.kind == SIGNALING) raise(INVALID);
    return UNORDERED;
  }
  noteDenormal(aDenormal || number.denormal);
  const aZero = aKind == ZERO;
  const bZero = number.kind == ZERO;
  if (aZero && bZero) return EQUAL;
  if (aZero) return number.sign ? GREATER : LESS;
  if (bZero) return aSign ? LESS : GREATER;
  if (a == b) return EQUAL;
  if (aSign != number.sign) return aSign ? LESS : GREATER;
  return a < b != aSign ? LESS : GREATER;
}

function takeOf(bits: i32, value: u64): void {
  if (bits == 64) unpack64(value);
  else unpack32(value);
}
