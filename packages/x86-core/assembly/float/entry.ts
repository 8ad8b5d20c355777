/** What instructions of SSE, AVX and FMA call, with operands as arguments. The result is at FLOAT_RESULT; see sse.ts for what is returned. */
import { FLOAT_A, FLOAT_B, FLOAT_C } from '../../src/semantics/float/state';
import { quickArithmetic, quickComparison } from './quick';
import { arithmetic } from './sse';
import { comparison } from './sse-compare';
import { conversions } from './sse-convert';
import { dotProduct } from './sse-dot-product';
import { reciprocals } from './sse-reciprocal';

function setA(core: usize, low: v128, high: v128): void {
  v128.store(core, low, FLOAT_A);
  v128.store(core, high, FLOAT_A + 16);
}

function setB(core: usize, low: v128, high: v128): void {
  v128.store(core, low, FLOAT_B);
  v128.store(core, high, FLOAT_B + 16);
}

export function sseArithmetic(
  core: usize,
  code: i32,
  bits: i32,
  lanes: i32,
  a: v128,
  aHigh: v128,
  b: v128,
  bHigh: v128,
): i32 {
  if (quickArithmetic(core, code, bits, lanes, a, aHigh, b, bHigh)) return 0;
  setA(core, a, aHigh);
  setB(core, b, bHigh);
  return arithmetic(core, code, bits, lanes);
}

export function sseFused(
  core: usize,
  code: i32,
  bits: i32,
  lanes: i32,
  a: v128,
  aHigh: v128,
  b: v128,
  bHigh: v128,
  c: v128,
  cHigh: v128,
): i32 {
  setA(core, a, aHigh);
  setB(core, b, bHigh);
  v128.store(core, c, FLOAT_C);
  v128.store(core, cHigh, FLOAT_C + 16);
  return arithmetic(core, code, bits, lanes);
}

export function sseCompare(
  core: usize,
  predicate: i32,
  bits: i32,
  lanes: i32,
  a: v128,
  aHigh: v128,
  b: v128,
  bHigh: v128,
): i32 {
  if (quickComparison(core, predicate & 31, bits, lanes, a, aHigh, b, bHigh)) return 0;
  setA(core, a, aHigh);
  setB(core, b, bHigh);
  return comparison(core, predicate, bits, lanes);
}

export function sseConvert(core: usize, code: i32, lanes: i32, control: i32, b: v128, bHigh: v128): i32 {
  setB(core, b, bHigh);
  return conversions(core, code, lanes, control);
}

export function sseDotProduct(
  core: usize,
  control: i32,
  bits: i32,
  halves: i32,
  a: v128,
  aHigh: v128,
  b: v128,
  bHigh: v128,
): i32 {
  setA(core, a, aHigh);
  setB(core, b, bHigh);
  return dotProduct(core, control, bits, halves);
}

/** @returns 0. */
export function sseReciprocal(core: usize, root: i32, lanes: i32, b: v128, bHigh: v128): i32 {
  setB(core, b, bHigh);
  reciprocals(core, root, lanes);
  return 0;
}
