/**
 * A floating-point number taken apart, whatever its format, and put together again.
 *
 * The value of a finite number is significand / 2^63 * 2^exponent, bit 63 of the significand set. There is one at a time: `unpack` leaves it
 * in the variables below, from where callers take it; rounding leaves its result there, and `pack` reads it. In a result bit 63 is clear when
 * it is denormal.
 */
import { DENORMAL, INVALID, denormalsAreZero, raise } from './environment';

export const ZERO: i32 = 0;
export const FINITE: i32 = 1;
export const INFINITE: i32 = 2;
/** NaNs are >= QUIET. */
export const QUIET: i32 = 3;
export const SIGNALING: i32 = 4;
/** Encodings of the 80-bit format that the 8087 and 80287 knew: SDM 1 8.2.2. */
export const UNSUPPORTED: i32 = 5;

/** ZERO to UNSUPPORTED. */
export let kind: i32 = 0;
export let sign: bool = false;
export let exponent: i32 = 0;
/** Of a NaN: as the 80-bit format has it, bit 63 set, bit 62 the quiet one. */
export let significand: u64 = 0;
/** It was a denormal (or pseudo-denormal), and counts as one. */
export let denormal: bool = false;

const TOP: u64 = 1 << 63;
const QUIET_BIT: u64 = 1 << 62;

export function setNumber(newKind: i32, newSign: bool, newExponent: i32, newSignificand: u64): void {
  kind = newKind;
  sign = newSign;
  exponent = newExponent;
  significand = newSignificand;
}

/** @param precision of the significand with its first bit: 11, 24, 53; the biased exponent has `exponentBits`. */
function unpack(bits: u64, precision: i32, exponentBits: i32): void {
  const biased = <i32>(bits >> (precision - 1)) & ((1 << exponentBits) - 1);
  const bias = (1 << (exponentBits - 1)) - 1;
  sign = ((bits >> (precision - 1 + exponentBits)) & 1) != 0;
  denormal = false;
  const fraction = bits << (65 - precision);
  if (biased == 0) {
    if (fraction == 0 || denormalsAreZero) {
      kind = ZERO;
      return;
    }
    const shift = <i32>clz(fraction);
    kind = FINITE;
    denormal = true;
    significand = fraction << shift;
    exponent = -bias - shift;
  } else if (biased == (1 << exponentBits) - 1) {
    significand = TOP | (fraction >> 1);
    kind = fraction == 0 ? INFINITE : (fraction & TOP) != 0 ? QUIET : SIGNALING;
  } else {
    kind = FINITE;
    significand = TOP | (fraction >> 1);
    exponent = biased - bias;
  }
}

export function unpack64(bits: u64): void {
  unpack(bits, 53, 11);
}

export function unpack32(bits: u64): void {
  unpack(bits & 0xffffffff, 24, 8);
}

/** Half precision, whose denormals never count as zero (SDM 2 VCVTPH2PS). */
export function unpack16(bits: u64): void {
  const fraction = bits << 54;
  if ((bits & 0x7c00) == 0 && fraction != 0) {
    const shift = <i32>clz(fraction);
    sign = (bits & 0x8000) != 0;
    kind = FINITE;
    denormal = true;
    significand = fraction << shift;
    exponent = -15 - shift;
  } else unpack(bits & 0xffff, 11, 5);
}

/** @param head sign and biased exponent. */
export function unpack80(bits: u64, head: i32): void {
  const biased = head & 0x7fff;
  sign = (head & 0x8000) != 0;
  significand = bits;
  denormal = false;
  if (biased == 0) {
    if (bits == 0) {
      kind = ZERO;
      return;
    }
    const shift = <i32>clz(bits);
    kind = FINITE;
    denormal = true;
    significand = bits << shift;
    exponent = -16382 - shift;
  } else if ((bits & TOP) == 0) kind = UNSUPPORTED;
  else if (biased == 0x7fff) kind = bits == TOP ? INFINITE : (bits & QUIET_BIT) != 0 ? QUIET : SIGNALING;
  else {
    kind = FINITE;
    exponent = biased - 16383;
  }
}

function pack(precision: i32, exponentBits: i32): u64 {
  const head = (sign ? <u64>1 : 0) << (precision - 1 + exponentBits);
  const special = (((<u64>1) << exponentBits) - 1) << (precision - 1);
  if (kind == ZERO) return head;
  if (kind == INFINITE) return head | special;
  const fraction = (significand << 1) >> (65 - precision);
  if (kind >= QUIET) return head | special | fraction | ((<u64>1) << (precision - 2));
  const bias = (1 << (exponentBits - 1)) - 1;
  return head | ((significand & TOP) == 0 ? 0 : (<u64>(exponent + bias)) << (precision - 1)) | fraction;
}

export function pack64(): u64 {
  return pack(53, 11);
}

export function pack32(): u64 {
  return pack(24, 8);
}

export function pack16(): u64 {
  return pack(11, 5);
}

/** The upper 16 bits of the 80-bit format; the lower 64 are `pack80`. */
export function pack80Head(): i32 {
  const head = sign ? 0x8000 : 0;
  if (kind == ZERO) return head;
  if (kind >= INFINITE) return head | 0x7fff;
  return head | ((significand & TOP) == 0 ? 0 : exponent + 16383);
}

export function pack80(): u64 {
  if (kind == ZERO) return 0;
  return kind == INFINITE ? TOP : kind >= QUIET ? significand | QUIET_BIT : significand;
}

/** The NaN that stands for "no answer": SDM 1 4.8.3.7. */
export function indefinite(): void {
  raise(INVALID);
  setNumber(QUIET, true, 0, TOP | QUIET_BIT);
}

/** The number at hand, a NaN, as a result: quiet. */
export function quiet(): void {
  if (kind == SIGNALING) raise(INVALID);
  kind = QUIET;
  significand |= QUIET_BIT;
}

/** A denormal operand counts unless something of higher priority was found (SDM 1 4.9.2). */
export function noteDenormal(is: bool): void {
  if (is) raise(DENORMAL);
}

export function setKind(newKind: i32): void {
  kind = newKind;
}

export function clearDenormal(): void {
  denormal = false;
}
