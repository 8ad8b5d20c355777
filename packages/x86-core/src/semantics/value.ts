/** Constructors of values. Integer arithmetic keeps its result zero-extended from the given width. */
import { type OperatorName, operators, type ValueType } from '../wasm/operators.ts';
import type { Bits, Value } from './language.ts';

export function constant(value: bigint | number): Value {
  return { kind: 'constant', type: 'i64', value: BigInt(value) };
}

export function operation(name: OperatorName, ...operands: Value[]): Value {
  return { kind: 'operation', type: operators[name][0], name, operands };
}

/** An operator with an immediate: a lane, or the 16 bytes of a shuffle. */
export function laneOperation(name: OperatorName, immediate: readonly number[], ...operands: Value[]): Value {
  return { kind: 'operation', type: operators[name][0], name, operands, immediate };
}

/** A vector of 128 bits. */
export function vectorConstant(value: bigint): Value {
  return { kind: 'constant', type: 'v128', value };
}

/** The low bits of a value. */
export function truncate(bits: Bits, value: Value): Value {
  return bits >= 64 ? value : operation('i64.and', value, constant((1n << BigInt(bits)) - 1n));
}

/** The value as a signed number of `bits`, in 64 bits. */
export function signed(bits: Bits, value: Value): Value {
  if (bits >= 64) return value;
  return operation(bits === 8 ? 'i64.extend8_s' : bits === 16 ? 'i64.extend16_s' : 'i64.extend32_s', value);
}

export function add(bits: Bits, a: Value, b: Value): Value {
  return truncate(bits, operation('i64.add', a, b));
}

export function sub(bits: Bits, a: Value, b: Value): Value {
  return truncate(bits, operation('i64.sub', a, b));
}

export function not(value: Value): Value {
  return operation('i64.xor', value, constant(-1));
}

export function isNegative(value: Value): Value {
  return operation('i64.lt_s', value, constant(0));
}

/** An i32 truth value as 0 or 1. */
export function bit(condition: Value): Value {
  return operation('i64.extend_i32_u', condition);
}

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

/** i32: whether bit number `position` is set. */
export function hasBit(a: Value, position: number): Value {
  return different(and(a, 1n << BigInt(position)), 0);
}

export function typeOf(value: Value): ValueType {
  if (value.kind === 'condition') return 'i32';
  return 'type' in value ? value.type : 'i64';
}
