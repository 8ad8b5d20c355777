/**
 * Floating point of SSE, AVX and FMA in software: what the host's own arithmetic cannot do, for it knows no flags and one rounding.
 *
 * Operands and results lie in the state at FLOAT_A, _B, _C and FLOAT_RESULT, up to 32 bytes each. Every function returns 0, or the vector of the
 * exception to raise. MXCSR then has its flags and the results count for nothing. Flags of all lanes come together; what is found before computing
 * in one lane goes before what is found after it in another (SDM 1 11.5.2, 11.5.3).
 */
import * as operation from '../../src/semantics/float/operation';
import { BIAS32, BIAS64, LIMIT32, LIMIT64, NO_LIMIT } from '../../src/semantics/float/range';
import {
  FLOAT_A,
  FLOAT_B,
  FLOAT_C,
  FLOAT_RESULT,
  SSE_RANGE32,
  SSE_RANGE64,
  SSE_SLOW,
} from '../../src/semantics/float/state';
import { CR4, MXCSR } from '../../src/semantics/state';
import { multiply, multiplyAdd, squareRoot } from './arithmetic';
import { compare, EQUAL, LESS, UNORDERED } from './compare';
import * as environment from './environment';
import { BEFORE, DOWN, INVALID, raise, rounding } from './environment';
import * as number from './number';
import { INFINITE, QUIET, SIGNALING, ZERO, indefinite, noteDenormal, pack32, pack64, quiet, setNumber } from './number';
import { unpack32, unpack64 } from './number';
import { exactBits, isExact } from './exact';
import { operate } from './operate';
import { format32, format64, round } from './round';

const OSXMMEXCPT: u32 = 1 << 10;

/** Arithmetic runs on the host while this holds: nearest, all masked, inexact reported already. See src/semantics/float/mode.ts, fast-path.ts. */
export function setMxcsr(core: usize, value: u32): void {
  store<u32>(core, value, MXCSR);
  const slow = (value & 0x7fa0) != 0x1fa0;
  store<u32>(core, u32(slow), SSE_SLOW);
  v128.store(core, i32x4.splat(BIAS32), SSE_RANGE32);
  v128.store(core, i32x4.splat(slow ? NO_LIMIT : LIMIT32), SSE_RANGE32 + 16);
  v128.store(core, i32x4.splat(BIAS64), SSE_RANGE64);
  v128.store(core, i32x4.splat(slow ? NO_LIMIT : LIMIT64), SSE_RANGE64 + 16);
}

/** Adds the exceptions found to MXCSR. @returns 0 or the vector to raise. */
export function finishSse(core: usize): i32 {
  const mxcsr = load<u32>(core, MXCSR);
  const unmasked = environment.flags & ~environment.masks;
  const reported = (unmasked & BEFORE) != 0 ? environment.flags & BEFORE : environment.flags;
  if ((reported & ~mxcsr) != 0) setMxcsr(core, mxcsr | reported);
  if (unmasked == 0) return 0;
  return (load<u32>(core, CR4) & OSXMMEXCPT) != 0 ? 19 : 6;
}

/** An operation of `operation.ts` on `lanes` of 32 or 64 bits. */
export function arithmetic(core: usize, code: i32, bits: i32, lanes: i32): i32 {
  environment.beginSse(load<u32>(core, MXCSR));
  const bytes = bits >> 3;
  for (let lane = 0; lane < lanes; lane++) {
    const at = core + lane * bytes;
    if (bits == 64) {
      const result = laneOperation(
        code,
        64,
        lane,
        load<u64>(at, FLOAT_A),
        load<u64>(at, FLOAT_B),
        load<u64>(at, FLOAT_C),
      );
      store<u64>(at, result, FLOAT_RESULT);
    } else {
      const result = laneOperation(
        code,
        32,
        lane,
        load<u32>(at, FLOAT_A),
        load<u32>(at, FLOAT_B),
        load<u32>(at, FLOAT_C),
      );
      store<u32>(at, <u32>result, FLOAT_RESULT);
    }
  }
  return finishSse(core);
}

function laneOperation(code: i32, bits: i32, lane: i32, a: u64, b: u64, c: u64): u64 {
  if (code == operation.ADD_SUBTRACT) code = (lane & 1) == 0 ? operation.SUBTRACT : operation.ADD;
  if ((code & operation.MULTIPLY_ADD) != 0) return fused(code, bits, lane, a, b, c);
  if (code == operation.SQUARE_ROOT) return root(bits, b);
  if (code == operation.MINIMUM || code == operation.MAXIMUM) return extremum(code, bits, a, b);
  return binary(code, bits, a, b);
}

export function take(bits: i32, value: u64): void {
  if (bits == 64) unpack64(value);
  else unpack32(value);
}

export function give(bits: i32): u64 {
  return bits == 64 ? pack64() : pack32();
}

export function setFormatOf(bits: i32): void {
  if (bits == 64) format64();
  else format32();
}

/** Whether an operand is a NaN, which then is the number at hand; the first one is taken. */
function propagate(bits: i32, a: u64, aKind: i32, b: u64, bKind: i32): bool {
  if (aKind < QUIET && bKind < QUIET) return false;
  if (aKind == SIGNALING || bKind == SIGNALING) raise(INVALID);
  take(bits, aKind >= QUIET ? a : b);
  quiet();
  return true;
}

/** ADD to DIVIDE. */
export function binary(code: i32, bits: i32, a: u64, b: u64): u64 {
  if (isExact(code, bits, a, b)) return exactBits;
  take(bits, a);
  const aKind = number.kind;
  const aSign = number.sign;
  const aExponent = number.exponent;
  const aSignificand = number.significand;
  const aDenormal = number.denormal;
  take(bits, b);
  const bKind = number.kind;
  if (!propagate(bits, a, aKind, b, bKind)) {
    setFormatOf(bits);
    operate(
      code,
      aDenormal || number.denormal,
      aKind,
      aSign,
      aExponent,
      aSignificand,
      bKind,
      number.sign,
      number.exponent,
      number.significand,
    );
  }
  return give(bits);
}

function root(bits: i32, b: u64): u64 {
  take(bits, b);
  if (number.kind >= QUIET) quiet();
  else if (number.sign && number.kind != ZERO) indefinite();
  else if (number.kind == number.FINITE) {
    noteDenormal(number.denormal);
    setFormatOf(bits);
    squareRoot(number.exponent, number.significand);
  }
  return give(bits);
}

/** "If only one value is a NaN, the second operand is returned"; so it is for two zeros (SDM 2 MINPD). */
function extremum(code: i32, bits: i32, a: u64, b: u64): u64 {
  const order = compare(bits, a, b);
  if (order == UNORDERED) {
    raise(INVALID);
    return settled(bits, b);
  }
  if (order == EQUAL) return settled(bits, b);
  return settled(bits, (order == LESS) == (code == operation.MINIMUM) ? a : b);
}

/** An operand as a result: a denormal that counts as zero comes out as one. */
function settled(bits: i32, value: u64): u64 {
  take(bits, value);
  return number.kind == ZERO ? give(bits) : value;
}

function fused(code: i32, bits: i32, lane: i32, a: u64, b: u64, c: u64): u64 {
  take(bits, a);
  const aKind = number.kind;
  const aExponent = number.exponent;
  const aSignificand = number.significand;
  let sign = number.sign != ((code & operation.NEGATE_PRODUCT) != 0);
  let anyDenormal = number.denormal;
  take(bits, b);
  const bKind = number.kind;
  const bExponent = number.exponent;
  const bSignificand = number.significand;
  sign = sign != number.sign;
  anyDenormal = anyDenormal || number.denormal;
  take(bits, c);
  const cKind = number.kind;
  anyDenormal = anyDenormal || number.denormal;
  const negated = (code & operation.NEGATE_ADDEND) != 0;
  const cSign = number.sign != (negated != ((code & operation.ALTERNATE) != 0 && (lane & 1) != 0));
  const noProduct = (aKind == ZERO && bKind == INFINITE) || (aKind == INFINITE && bKind == ZERO);
  if (aKind >= QUIET || bKind >= QUIET || cKind >= QUIET) {
    if (aKind == SIGNALING || bKind == SIGNALING || cKind == SIGNALING) raise(INVALID);
    take(bits, aKind >= QUIET ? a : bKind >= QUIET ? b : c);
    quiet();
    return give(bits);
  }
  const infiniteProduct = aKind == INFINITE || bKind == INFINITE;
  if (noProduct || (infiniteProduct && cKind == INFINITE && sign != cSign)) {
    indefinite();
    return give(bits);
  }
  noteDenormal(anyDenormal);
  setFormatOf(bits);
  const noAddend = cKind == ZERO;
  if (infiniteProduct) setNumber(INFINITE, sign, 0, 0);
  else if (cKind == INFINITE) setNumber(INFINITE, cSign, 0, 0);
  else if (aKind == ZERO || bKind == ZERO) {
    if (noAddend) setNumber(ZERO, sign == cSign ? sign : rounding == DOWN, 0, 0);
    else round(cSign, number.exponent, number.significand, 0);
  } else if (noAddend) multiply(sign, aExponent, aSignificand, bExponent, bSignificand);
  else {
    multiplyAdd(sign, aExponent, aSignificand, bExponent, bSignificand, cSign, number.exponent, number.significand);
  }
  return give(bits);
}
