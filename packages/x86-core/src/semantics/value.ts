/** Constructors of values. Integer arithmetic keeps its result zero-extended from the given width. */
import { type OperatorName, operators, type ValueType } from '../wasm/operators.ts';
import type { Bits, Value } from './language.ts';

export function constant(value: bigint | number): Value {
  return { kind: 'constant', type: 'i64', value: BigInt(value) };
}

/** An i32. */
export function constant32(value: number): Value {
  return { kind: 'constant', type: 'i32', value: BigInt(value) };
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

/** A vector of 16 bytes. */
export function vector(bytes: readonly number[]): Value {
  return vectorConstant(bytes.reduce((sum, byte, position) => sum | (BigInt(byte) << BigInt(8 * position)), 0n));
}

/** extract_lane (one operand), replace_lane (two). */
export function lane(name: OperatorName, number: number, ...operands: Value[]): Value {
  return laneOperation(name, [number], ...operands);
}

/** Bytes of a (0 to 15) and b (16 to 31), sixteen of them. */
export function shuffle(a: Value, b: Value, lanes: readonly number[]): Value {
  return laneOperation('i8x16.shuffle', lanes, a, b);
}

/** a where the condition (i32) is not 0, else b. Both are computed. */
export function select(condition: Value, a: Value, b: Value): Value {
  return { kind: 'select', type: typeOf(a), condition, a, b };
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

export function typeOf(value: Value): ValueType {
  if (value.kind === 'condition' || value.kind === 'core' || value.kind === 'isHosts') return 'i32';
  return 'type' in value ? value.type : 'i64';
}
