/** FADD to FDIVR and what is like them: SDM 1 8.3.5. */

import { raise, INVALID } from './environment';
import * as number from './number';
import { indefinite, QUIET, setNumber, SIGNALING, unpack32, unpack64, UNSUPPORTED } from './number';
import { operate } from './operate';
import { beginX87, finishX87, give, isEmpty, isRefused, pop, take, underflow } from './x87-stack';

/** In `code`: the operands change places. */
const REVERSED: i32 = 16;

export let aKind: i32 = 0;
export let aSign: bool = false;
export let aExponent: i32 = 0;
export let aSignificand: u64 = 0;
export let aDenormal: bool = false;

/** The number at hand is the first operand of what follows. */
export function keepFirst(): void {
  aKind = number.kind;
  aSign = number.sign;
  aExponent = number.exponent;
  aSignificand = number.significand;
  aDenormal = number.denormal;
}

/** The rule of SDM 1 table 4-7 for the first operand and the number at hand. @returns false where neither is a NaN. */
export function propagate(): bool {
  const bKind = number.kind;
  if (aKind < QUIET && bKind < QUIET) return false;
  if (aKind == UNSUPPORTED || bKind == UNSUPPORTED) {
    indefinite();
    return true;
  }
  if (aKind == SIGNALING || bKind == SIGNALING) raise(INVALID);
  let first = bKind < QUIET;
  if (aKind >= QUIET && bKind >= QUIET) {
    if (aKind != bKind) first = aKind == QUIET;
    else if (aSignificand != number.significand) first = aSignificand > number.significand;
    else first = !aSign;
  }
  if (first) setNumber(QUIET, aSign, 0, aSignificand);
  else setNumber(QUIET, number.sign, 0, number.significand);
  return true;
}

/** The first operand and the number at hand, which becomes the result. */
function combine(code: i32): void {
  if (propagate()) return;
  const bKind = number.kind;
  const bSign = number.sign;
  const bExponent = number.exponent;
  const bSignificand = number.significand;
  const anyDenormal = aDenormal || number.denormal;
  if ((code & REVERSED) == 0) {
    operate(code, anyDenormal, aKind, aSign, aExponent, aSignificand, bKind, bSign, bExponent, bSignificand);
  } else {
    const plain = code & ~REVERSED;
    operate(plain, anyDenormal, bKind, bSign, bExponent, bSignificand, aKind, aSign, aExponent, aSignificand);
  }
}

/** ST(to) := ST(to) op ST(from). `pops` is how many registers are popped then. */
export function x87Arithmetic(core: usize, code: i32, to: i32, from: i32, pops: i32): void {
  beginX87(core);
  if (isEmpty(core, to) || isEmpty(core, from)) {
    underflow();
    indefinite();
  } else {
    take(core, to);
    keepFirst();
    take(core, from);
    combine(code);
  }
  if (!isRefused()) {
    give(core, to);
    if (pops != 0) pop(core);
  }
  finishX87(core);
}

/** ST(0) := ST(0) op memory. @param format 32 or 64: a number; -16 or -32: an integer. */
export function x87ArithmeticMemory(core: usize, code: i32, format: i32, bits: u64): void {
  beginX87(core);
  if (isEmpty(core, 0)) {
    underflow();
    indefinite();
  } else {
    take(core, 0);
    keepFirst();
    takeMemory(format, bits);
    combine(code);
  }
  if (!isRefused()) give(core, 0);
  finishX87(core);
}

/** Makes a memory operand the number at hand: exact. */
export function takeMemory(format: i32, bits: u64): void {
  if (format == 32) unpack32(bits);
  else if (format == 64) unpack64(bits);
  else takeInteger(format == -16 ? <i64>(<i16>bits) : format == -32 ? <i64>(<i32>bits) : <i64>bits);
}

function takeInteger(value: i64): void {
  const size: u64 = value < 0 ? 0 - <u64>value : <u64>value;
  number.clearDenormal();
  if (size == 0) setNumber(number.ZERO, false, 0, 0);
  else {
    const shift = <i32>clz(size);
    setNumber(number.FINITE, value < 0, 63 - shift, size << shift);
  }
}
