/**
 * 64-bit arithmetic of which 32 bits count, as 32-bit arithmetic: it needs no masks, and its instructions are shorter.
 *
 * The low half of a sum, a product or a logical operation depends on the low halves of the operands alone.
 */
import type { OperatorName } from '../wasm/operators.ts';
import type { Value } from './language.ts';
import { constant32, operation } from './value.ts';

/** What is known of the values of an instruction. */
export interface Narrowing {
  /** The value, where it is a constant. */
  evaluate(value: Value): bigint | undefined;
  /** Whether the upper half of an i64 temporary is 0. */
  isLow(temporary: number): boolean;
}

const LOW = 0xffff_ffffn;
const sameLowHalf: Partial<Record<OperatorName, OperatorName>> = {
  'i64.add': 'i32.add',
  'i64.sub': 'i32.sub',
  'i64.mul': 'i32.mul',
  'i64.and': 'i32.and',
  'i64.or': 'i32.or',
  'i64.xor': 'i32.xor',
};
const unsignedComparisons: Partial<Record<OperatorName, OperatorName>> = {
  'i64.eq': 'i32.eq',
  'i64.ne': 'i32.ne',
  'i64.lt_u': 'i32.lt_u',
  'i64.le_u': 'i32.le_u',
  'i64.gt_u': 'i32.gt_u',
  'i64.ge_u': 'i32.ge_u',
};
const signedComparisons: Partial<Record<OperatorName, OperatorName>> = {
  'i64.lt_s': 'i32.lt_s',
  'i64.le_s': 'i32.le_s',
  'i64.gt_s': 'i32.gt_s',
  'i64.ge_s': 'i32.ge_s',
};

/** The same value by narrower operators; undefined where none do. */
export function narrowed(value: Value & { kind: 'operation' }, known: Narrowing): Value | undefined {
  const { name, operands } = value;
  const [a, b] = operands;
  if (a === undefined) return undefined;
  if (name === 'i32.wrap_i64') return lowHalf(a, known, false);
  if (name === 'i64.eqz') return isLow(a, known) ? operation('i32.eqz', lowHalf(a, known)) : undefined;
  if (b === undefined) return undefined;
  if (name === 'i64.and' && known.evaluate(b) === LOW) {
    const low = lowHalf(a, known, false);
    return low === undefined ? undefined : operation('i64.extend_i32_u', low);
  }
  const unsigned = unsignedComparisons[name];
  if (unsigned !== undefined && isLow(a, known) && isLow(b, known)) {
    return operation(unsigned, lowHalf(a, known), lowHalf(b, known));
  }
  const signed = signedComparisons[name];
  const [left, right] = signed === undefined ? [] : [signedHalf(a, known), signedHalf(b, known)];
  return left === undefined || right === undefined ? undefined : operation(signed as OperatorName, left, right);
}

/** Whether the upper half of a value is 0. */
export function isLow(value: Value, known: Narrowing): boolean {
  const constant = known.evaluate(value);
  if (constant !== undefined) return constant <= LOW;
  if (value.kind === 'temporary') return known.isLow(value.number);
  if (value.kind === 'register') return value.location.file === 'gpr' && value.location.bits <= 32;
  if (value.kind !== 'operation') return false;
  const { name, operands } = value;
  const [a, b] = operands;
  if (name === 'i64.extend_i32_u') return true;
  if (a === undefined || b === undefined) return false;
  if (name === 'i64.and') return isLow(a, known) || isLow(b, known);
  if (name === 'i64.or' || name === 'i64.xor') return isLow(a, known) && isLow(b, known);
  return name === 'i64.shr_u' && isLow(a, known);
}

/** i32: the low half of an i64. */
function lowHalf(value: Value, known: Narrowing): Value;
function lowHalf(value: Value, known: Narrowing, always: false): Value | undefined;
function lowHalf(value: Value, known: Narrowing, always = true): Value | undefined {
  const constant = known.evaluate(value);
  if (constant !== undefined) return constant32(Number(BigInt.asIntN(32, constant)));
  const narrow = narrowHalf(value, known);
  return narrow ?? (always ? operation('i32.wrap_i64', value) : undefined);
}

function narrowHalf(value: Value, known: Narrowing): Value | undefined {
  if (value.kind === 'register') {
    const { location } = value;
    if (location.file !== 'gpr' || location.bits !== 32) return undefined;
    return operation('i32.wrap_i64', { ...value, location: { ...location, bits: 64 } });
  }
  if (value.kind !== 'operation') return undefined;
  const { name, operands } = value;
  const [a, b] = operands;
  if (a === undefined) return undefined;
  if (name === 'i64.extend_i32_u') return a;
  if (name === 'i64.extend32_s') return lowHalf(a, known);
  if (b === undefined) return undefined;
  if (name === 'i64.and' && known.evaluate(b) === LOW) return lowHalf(a, known);
  const same = sameLowHalf[name];
  if (same !== undefined) return operation(same, lowHalf(a, known), lowHalf(b, known));
  const isRight = name === 'i64.shr_u';
  if (name !== 'i64.shl' && !(isRight && isLow(a, known))) return undefined;
  const count = known.evaluate(b);
  if (count === undefined || count >= 32n) return undefined;
  return operation(isRight ? 'i32.shr_u' : 'i32.shl', lowHalf(a, known), constant32(Number(count)));
}

/** i32: of a value that is its own low half, sign-extended. */
function signedHalf(value: Value, known: Narrowing): Value | undefined {
  if (value.kind === 'operation' && value.name === 'i64.extend32_s') return lowHalf(value, known);
  const constant = known.evaluate(value);
  if (constant === undefined || BigInt.asIntN(32, constant) !== BigInt.asIntN(64, constant)) return undefined;
  return constant32(Number(BigInt.asIntN(32, constant)));
}
