/** Constructors of integer values with operands that may be numbers: logic, shifts, comparisons. All others are value.ts's. */
import type { Value } from './language.ts';
import { constant, operation } from './value.ts';

export * from './value.ts';

/** What the constructors below take: numbers stand for i64 constants. */
export type Operand = Value | number | bigint;

function value(operand: Operand): Value {
  return typeof operand === 'object' ? operand : constant(operand);
}

export function and(a: Value, b: Operand): Value {
  return operation('i64.and', a, value(b));
}

export function or(a: Value, b: Operand): Value {
  return operation('i64.or', a, value(b));
}

export function xor(a: Value, b: Operand): Value {
  return operation('i64.xor', a, value(b));
}

/** Shifts take counts of 0 to 63; results are not truncated. */
export function shiftLeft(a: Value, count: Operand): Value {
  return operation('i64.shl', a, value(count));
}

export function shiftRight(a: Value, count: Operand): Value {
  return operation('i64.shr_u', a, value(count));
}

export function shiftRightSigned(a: Value, count: Operand): Value {
  return operation('i64.shr_s', a, value(count));
}

/** i32. */
export function equal(a: Value, b: Operand): Value {
  return operation('i64.eq', a, value(b));
}

/** i32. */
export function different(a: Value, b: Operand): Value {
  return operation('i64.ne', a, value(b));
}

/** i32. */
export function below(a: Value, b: Operand): Value {
  return operation('i64.lt_u', a, value(b));
}

/** i32: both of two truth values. */
export function both(a: Value, b: Value): Value {
  return operation('i32.and', a, b);
}

/** i32: one of two truth values, or both. */
export function either(a: Value, b: Value): Value {
  return operation('i32.or', a, b);
}

/** i32: whether a truth value is false. */
export function isFalse(condition: Value): Value {
  return operation('i32.eqz', condition);
}
