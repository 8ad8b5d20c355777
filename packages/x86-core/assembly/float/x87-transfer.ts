/** Loads, stores and constants: SDM 1 8.3.3, 8.3.4. */
import { FLOAT_RESULT } from '../../src/semantics/float/state';
import { packedDecimal, unpackDecimal } from './decimal';
import * as environment from './environment';
import { BEFORE, DOWN, INEXACT, INVALID, OVERFLOW, UNDERFLOW, UP } from './environment';
import { toInteger } from './integral';
import * as number from './number';
import {
  FINITE,
  indefinite,
  noteDenormal,
  pack32,
  pack64,
  pack80,
  pack80Head,
  QUIET,
  quiet,
  UNSUPPORTED,
} from './number';
import { format32, format64, round } from './round';
import { takeMemory } from './x87-arithmetic';
import {
  addressOf,
  beginX87,
  finishKeepingC1,
  finishX87,
  give,
  giveBits,
  isEmpty,
  isRefused,
  overflow,
  pop,
  setEmpty,
  setTop,
  take,
  underflow,
} from './x87-stack';

/** Of numbers in memory: 32, 64; -16, -32, -64 are integers. */
const FORMAT80 = 80;
const DECIMAL = 18;

/** Pushes the number at hand, if nothing speaks against it. */
function push(core: usize): void {
  if (!isEmpty(core, -1)) {
    overflow();
    indefinite();
  }
  // A denormal is pushed even where that is not masked.
  if ((environment.flags & INVALID & ~environment.masks) == 0) {
    setTop(core, -1);
    give(core, 0);
  }
  finishX87(core);
}

/** FLD, FILD, FBLD. @param head the upper 16 bits of what is 80 bits wide. */
export function x87Load(core: usize, format: i32, bits: u64, head: i32): void {
  beginX87(core);
  if (format == FORMAT80) {
    if (!isEmpty(core, -1)) push(core);
    else {
      setTop(core, -1);
      giveBits(core, 0, bits, head);
      finishX87(core);
    }
    return;
  }
  if (format == DECIMAL) unpackDecimal(bits, head);
  else if (isEmpty(core, -1)) {
    takeMemory(format, bits);
    if (number.kind >= QUIET) quiet();
    else if (number.kind == FINITE) noteDenormal(number.denormal);
  }
  push(core);
}

/** FLD ST(i). */
export function x87LoadRegister(core: usize, index: i32): void {
  const from = addressOf(core, index);
  const bits = load<u64>(from);
  const head = <i32>load<u16>(from, 8);
  beginX87(core);
  if (isEmpty(core, index)) {
    underflow();
    indefinite();
    if (!isRefused()) {
      setTop(core, -1);
      give(core, 0);
    }
    finishX87(core);
  } else x87Load(core, FORMAT80, bits, head);
}

/** FLD1 to FLDZ. The constants are rounded from 66 bits: SDM 1 8.3.4. @param which the low three bits of the opcode. */
export function x87LoadConstant(core: usize, which: i32): void {
  beginX87(core);
  const mode = environment.rounding;
  const down = mode == DOWN || mode == environment.TOWARD_ZERO;
  switch (which) {
    case 0:
      number.setNumber(FINITE, false, 0, 0x8000000000000000);
      break;
    case 1:
      number.setNumber(FINITE, false, 1, mode == UP ? 0xd49a784bcd1b8aff : 0xd49a784bcd1b8afe);
      break;
    case 2:
      number.setNumber(FINITE, false, 0, down ? 0xb8aa3b295c17f0bb : 0xb8aa3b295c17f0bc);
      break;
    case 3:
      number.setNumber(FINITE, false, 1, down ? 0xc90fdaa22168c234 : 0xc90fdaa22168c235);
      break;
    case 4:
      number.setNumber(FINITE, false, -2, down ? 0x9a209a84fbcff798 : 0x9a209a84fbcff799);
      break;
    case 5:
      number.setNumber(FINITE, false, -1, down ? 0xb17217f7d1cf79ab : 0xb17217f7d1cf79ac);
      break;
    default:
      number.setNumber(number.ZERO, false, 0, 0);
  }
  push(core);
}

/**
 * FST, FIST, FISTTP, FBSTP, first part: the value goes to FLOAT_RESULT (and 8 bytes on), the flags wait in the environment.
 * @param mode a rounding mode, or -1: that of the control word. @returns 1: the value is to be stored.
 */
export function x87Convert(core: usize, format: i32, mode: i32): i32 {
  beginX87(core);
  if (mode >= 0) environment.setRounding(mode);
  if (isEmpty(core, 0)) {
    underflow();
    number.setKind(UNSUPPORTED);
  } else take(core, 0);
  if (format == FORMAT80) {
    if (environment.flags != 0) indefinite();
    else {
      const from = addressOf(core, 0);
      store<u64>(core, load<u64>(from), FLOAT_RESULT);
      store<u64>(core, load<u16>(from, 8), FLOAT_RESULT + 8);
      return 1;
    }
    store<u64>(core, pack80(), FLOAT_RESULT);
    store<u64>(core, pack80Head(), FLOAT_RESULT + 8);
  } else if (format == DECIMAL) packedDecimal(core + FLOAT_RESULT);
  else if (format < 0) store<u64>(core, toInteger(-format, false), FLOAT_RESULT);
  else narrow(core, format);
  const flags = environment.flags;
  if ((flags & (BEFORE | UNDERFLOW | OVERFLOW) & ~environment.masks) == 0) return 1;
  if (!isRefused()) {
    environment.setFlags(flags & ~INEXACT);
    environment.setRoundedUp(false);
  }
  return 0;
}

function narrow(core: usize, format: i32): void {
  environment.noBias();
  if (number.kind == UNSUPPORTED) indefinite();
  else if (number.kind >= QUIET) quiet();
  else if (number.kind == FINITE) {
    if (format == 32) format32();
    else format64();
    round(number.sign, number.exponent, number.significand, 0);
  }
  store<u64>(core, format == 32 ? pack32() : pack64(), FLOAT_RESULT);
}

/** The second part, once the value is stored, or is not to be. */
export function x87Stored(core: usize, stored: i32, pops: i32): void {
  if (stored != 0 && pops != 0) pop(core);
  finishX87(core);
}

/** FST ST(i), FSTP ST(i). */
export function x87StoreRegister(core: usize, index: i32, pops: i32): void {
  const from = addressOf(core, 0);
  const bits = load<u64>(from);
  const head = <i32>load<u16>(from, 8);
  beginX87(core);
  if (isEmpty(core, 0)) {
    underflow();
    indefinite();
    if (!isRefused()) give(core, index);
  } else giveBits(core, index, bits, head);
  if (pops != 0 && !isRefused()) pop(core);
  finishX87(core);
}

/** FSTPNCE: an empty ST(0) is popped without a word. */
export function x87StoreUnchecked(core: usize, index: i32): void {
  const from = addressOf(core, 0);
  beginX87(core);
  if (!isEmpty(core, 0)) giveBits(core, index, load<u64>(from), load<u16>(from, 8));
  pop(core);
  finishX87(core);
}

/** FXCH: empty registers become the indefinite NaN first. */
export function x87Exchange(core: usize, index: i32): void {
  beginX87(core);
  const top = isEmpty(core, 0);
  const other = isEmpty(core, index);
  if (top || other) underflow();
  if (isRefused()) {
    finishX87(core);
    return;
  }
  if (top || other) indefinite();
  if (top) give(core, 0);
  if (other) give(core, index);
  const a = addressOf(core, 0);
  const b = addressOf(core, index);
  const bits = load<u64>(a);
  const head = load<u16>(a, 8);
  store<u64>(a, load<u64>(b));
  store<u16>(a, load<u16>(b, 8), 8);
  store<u64>(b, bits);
  store<u16>(b, head, 8);
  finishX87(core);
}

/** FCMOVcc: @param moves 0: the condition fails; an empty register is reported all the same. */
export function x87Move(core: usize, moves: i32, index: i32): void {
  beginX87(core);
  if (isEmpty(core, 0) || isEmpty(core, index)) {
    underflow();
    indefinite();
    if (!isRefused()) give(core, 0);
  } else if (moves != 0) {
    const from = addressOf(core, index);
    giveBits(core, 0, load<u64>(from), load<u16>(from, 8));
  }
  finishKeepingC1(core);
}

/** FFREE, FFREEP. */
export function x87Free(core: usize, index: i32, pops: i32): void {
  setEmpty(core, index);
  if (pops != 0) pop(core);
}
