/** FCOM to FUCOMPP, FCOMI, FTST, FXAM: SDM 1 8.3.6. */
import { INVALID, raise } from './environment';
import * as number from './number';
import { INFINITE, noteDenormal, QUIET, SIGNALING, UNSUPPORTED, ZERO } from './number';
import { keepFirst, takeMemory } from './x87-arithmetic';
import * as arithmetic from './x87-arithmetic';
import {
  addressOf,
  beginX87,
  C0,
  C1,
  C2,
  C3,
  finishKeepingC1,
  finishX87,
  isEmpty,
  isRefused,
  pop,
  setConditions,
  take,
  underflow,
} from './x87-stack';
import { X87_STATUS } from '../../src/semantics/state';

const UNORDERED: u32 = C0 | C2 | C3;

/** C0, C2 and C3 for the first operand against the number at hand. */
function conditions(quietly: bool): u32 {
  const aKind = arithmetic.aKind;
  const bKind = number.kind;
  if (aKind >= QUIET || bKind >= QUIET) {
    if (!quietly || aKind >= SIGNALING || bKind >= SIGNALING) raise(INVALID);
    return UNORDERED;
  }
  noteDenormal(arithmetic.aDenormal || number.denormal);
  const bSign = number.sign;
  const aZero = aKind == ZERO;
  const bZero = bKind == ZERO;
  if (aZero && bZero) return C3;
  if (aZero) return bSign ? 0 : C0;
  if (bZero || arithmetic.aSign != bSign) return arithmetic.aSign ? C0 : 0;
  if (aKind == INFINITE && bKind == INFINITE) return C3;
  let smaller: bool;
  if (aKind != bKind) smaller = bKind == INFINITE;
  else if (arithmetic.aExponent != number.exponent) smaller = arithmetic.aExponent < number.exponent;
  else if (arithmetic.aSignificand == number.significand) return C3;
  else smaller = arithmetic.aSignificand < number.significand;
  return smaller != bSign ? C0 : 0;
}

function compareWith(core: usize, index: i32, quietly: bool): u32 {
  if (isEmpty(core, 0) || isEmpty(core, index)) {
    underflow();
    return UNORDERED;
  }
  take(core, 0);
  keepFirst();
  take(core, index);
  return conditions(quietly);
}

/** ST(0) with ST(index). @param quietly 1: a quiet NaN is no invalid operand (FUCOM). */
export function x87Compare(core: usize, quietly: i32, index: i32, pops: i32): void {
  beginX87(core);
  const result = compareWith(core, index, quietly != 0);
  finishComparison(core, result, pops);
}

/** ST(0) with memory (see x87ArithmeticMemory), or with 0.0 as FTST does: an integer. */
export function x87CompareMemory(core: usize, format: i32, bits: u64, pops: i32): void {
  beginX87(core);
  let result = UNORDERED;
  if (isEmpty(core, 0)) underflow();
  else {
    take(core, 0);
    keepFirst();
    takeMemory(format, bits);
    result = conditions(false);
  }
  finishComparison(core, result, pops);
}

function finishComparison(core: usize, result: u32, pops: i32): void {
  setConditions(core, result);
  if (!isRefused()) {
    for (let left = pops; left > 0; left--) pop(core);
  }
  finishX87(core);
}

/** FCOMI: @returns ZF, PF and CF at their bits in RFLAGS. C1 stays, unless the stack was empty. */
export function x87CompareFlags(core: usize, quietly: i32, index: i32, pops: i32): i64 {
  beginX87(core);
  const result = compareWith(core, index, quietly != 0);
  if (!isRefused() && pops != 0) pop(core);
  finishKeepingC1(core);
  return ((result & C0) != 0 ? 1 : 0) | ((result & C2) != 0 ? 4 : 0) | ((result & C3) != 0 ? 0x40 : 0);
}

/** FXAM: SDM 2 table 3-52. */
export function x87Examine(core: usize): void {
  take(core, 0);
  let result: u32;
  if (isEmpty(core, 0)) result = C3 | C0;
  else if (number.kind == UNSUPPORTED) result = 0;
  else if (number.kind >= QUIET) result = C0;
  else if (number.kind == INFINITE) result = C2 | C0;
  else if (number.kind == ZERO) result = C3;
  else result = number.denormal ? C3 | C2 : C2;
  setConditions(core, result);
  const negative = (load<u16>(addressOf(core, 0), 8) & 0x8000) != 0;
  const status = load<u32>(core, X87_STATUS) & ~C1;
  store<u32>(core, negative ? status | C1 : status, X87_STATUS);
}
