/** The packed decimal format of FBLD and FBSTP: 18 digits in 9 bytes, then a byte whose top bit is the sign (SDM 1 4.7). */
import { INEXACT, INVALID, raise, setRoundedUp } from './environment';
import { lost, toInteger } from './integral';
import * as number from './number';
import { setNumber } from './number';

const LIMIT: u64 = 1000000000000000000;

/** Makes a packed decimal the number at hand: exact. Digits above 9 are not looked for. */
export function unpackDecimal(bits: u64, head: i32): void {
  let value: u64 = 0;
  for (let digit = 17; digit >= 0; digit--) {
    const nibble: u64 = digit >= 16 ? <u64>(head >> (4 * (digit - 16))) & 15 : (bits >> (4 * digit)) & 15;
    value = value * 10 + nibble;
  }
  const sign = (head & 0x8000) != 0;
  number.clearDenormal();
  if (value == 0) setNumber(number.ZERO, sign, 0, 0);
  else {
    const shift = <i32>clz(value);
    setNumber(number.FINITE, sign, 63 - shift, value << shift);
  }
}

/** Stores the number at hand, rounded, as ten bytes (and six of zero). */
export function packedDecimal(at: usize): void {
  const sign = number.sign;
  const kind = number.kind;
  // An integer that does not fit raises no more than INVALID.
  let size: u64 = 0;
  let outside = kind > number.FINITE;
  if (!outside && number.exponent >= 60 && kind == number.FINITE) outside = true;
  if (!outside) {
    const value = <i64>toInteger(64, true);
    size = value < 0 ? 0 - <u64>value : <u64>value;
    outside = size >= LIMIT;
  }
  if (outside) {
    setRoundedUp(false);
    raise(INVALID);
    store<u64>(at, 0xc000000000000000);
    store<u64>(at, 0xffff, 8);
    return;
  }
  if (lost) raise(INEXACT);
  let low: u64 = 0;
  let high: u64 = sign ? 0x8000 : 0;
  for (let digit = 0; digit < 18; digit++) {
    const nibble = size % 10;
    size /= 10;
    if (digit < 16) low |= nibble << (4 * digit);
    else high |= nibble << (4 * (digit - 16));
  }
  store<u64>(at, low);
  store<u64>(at, high, 8);
}
