/** What an operation works under and what it reports: rounding, masks, exception flags. Set by the instruction, for one instruction. */

/** Exception flags and masks, at their bits in MXCSR and in the status and control words of the x87. */
export const INVALID: i32 = 1;
export const DENORMAL: i32 = 2;
export const ZERO_DIVIDE: i32 = 4;
export const OVERFLOW: i32 = 8;
export const UNDERFLOW: i32 = 16;
export const INEXACT: i32 = 32;
/** The x87's stack was empty or full: with INVALID. */
export const STACK_FAULT: i32 = 64;
/** Found before the operation; the others after it. */
export const BEFORE: i32 = INVALID | DENORMAL | ZERO_DIVIDE;

/** Rounding modes as MXCSR.RC and the control word's RC number them. */
export const NEAREST: i32 = 0;
export const DOWN: i32 = 1;
export const UP: i32 = 2;
export const TOWARD_ZERO: i32 = 3;

/** NEAREST to TOWARD_ZERO. */
export let rounding: i32 = 0;
/** Set bits: masked exceptions. */
export let masks: i32 = 63;
export let flushToZero: bool = false;
export let denormalsAreZero: bool = false;
/** The x87 delivers a result whose exponent is moved by 24576 when overflow or underflow is not masked (SDM 1 8.5.4, 8.5.5). */
export let biased: bool = false;

/** Exceptions found so far. */
export let flags: i32 = 0;
/** The last rounding made the magnitude larger: C1. */
export let roundedUp: bool = false;

export function setRounding(mode: i32): void {
  rounding = mode;
}

/** MXCSR: SDM 1 10.2.3. */
export function beginSse(mxcsr: i32): void {
  rounding = (mxcsr >> 13) & 3;
  masks = (mxcsr >> 7) & 63;
  flushToZero = (mxcsr & 0x8000) != 0;
  denormalsAreZero = (mxcsr & 0x40) != 0;
  biased = false;
  flags = 0;
}

/** A result for memory has no place for a moved exponent. */
export function noBias(): void {
  biased = false;
}

export function maskUnderflow(): void {
  masks |= UNDERFLOW;
}

/** Half precision keeps its denormals (SDM 2 VCVTPS2PH). */
export function ignoreFlushToZero(): void {
  flushToZero = false;
}

/** The control word: SDM 1 8.1.5. */
export function beginX87(control: i32): void {
  rounding = (control >> 10) & 3;
  masks = control & 63;
  flushToZero = false;
  denormalsAreZero = false;
  biased = true;
  flags = 0;
  roundedUp = false;
}

export function raise(exceptions: i32): void {
  flags |= exceptions;
}

export function setFlags(exceptions: i32): void {
  flags = exceptions;
}

export function setRoundedUp(value: bool): void {
  roundedUp = value;
}
