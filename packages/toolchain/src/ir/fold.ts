/** Integer operations on constants, and identities that make an operation cheaper or go away. Used while the graph is built. */
import { I32, I64, type ValueType } from '../wasm/types.ts';
import { divideByConstant, type ValueMaker } from './divide.ts';
import type { Graph, Value } from './graph.ts';
import * as op from './op.ts';

function bitsOf(type: ValueType | 0): number {
  return type === I64 ? 64 : 32;
}

/** Value of `operation` on constants, or undefined where it traps. Arguments and result are signed. */
export function evaluate(operation: number, type: ValueType, a: bigint, b: bigint): bigint | undefined {
  const bits = bitsOf(type);
  const ua = BigInt.asUintN(bits, a);
  const ub = BigInt.asUintN(bits, b);
  const shift = ub & BigInt(bits - 1);
  const wrap = (value: bigint): bigint => BigInt.asIntN(bits, value);
  switch (operation) {
    case op.Add:
      return wrap(a + b);
    case op.Sub:
      return wrap(a - b);
    case op.Mul:
      return wrap(a * b);
    case op.DivS:
      return b === 0n || wrap(a / b) !== a / b ? undefined : a / b;
    case op.DivU:
      return b === 0n ? undefined : wrap(ua / ub);
    case op.RemS:
      return b === 0n ? undefined : a % b;
    case op.RemU:
      return b === 0n ? undefined : wrap(ua % ub);
    case op.And:
      return a & b;
    case op.Or:
      return a | b;
    case op.Xor:
      return a ^ b;
    case op.Shl:
      return wrap(a << shift);
    case op.ShrS:
      return a >> shift;
    case op.ShrU:
      return wrap(ua >> shift);
    case op.Rotl:
      return wrap((ua << shift) | (ua >> (BigInt(bits) - shift)));
    case op.Rotr:
      return wrap((ua >> shift) | (ua << (BigInt(bits) - shift)));
    default:
      return compare(operation, a, b, ua, ub);
  }
}

function compare(operation: number, a: bigint, b: bigint, ua: bigint, ub: bigint): bigint {
  const holds = [a === b, a !== b, a < b, ua < ub, a > b, ua > ub, a <= b, ua <= ub, a >= b, ua >= ub];
  return holds[operation - op.Eq] ? 1n : 0n;
}

/** Makes a binary integer operation, or finds a value that equals it. `make` appends a new value to the current block. */
export function foldBinary(
  graph: Graph,
  operation: number,
  type: ValueType,
  left: Value,
  right: Value,
  make: (operation: number, type: ValueType, args: Value[]) => Value,
): Value {
  const resultType = op.isCompare(operation) ? I32 : type;
  let a = left;
  let b = right;
  let kind = operation;
  if (a.isConstant && b.isConstant) {
    const value = evaluate(kind, type, a.constant, b.constant);
    return value === undefined ? make(kind, resultType, [a, b]) : graph.integer(resultType, value);
  }
  if (a.isConstant && (op.isCommutative(kind) || op.isCompare(kind))) {
    [a, b] = [b, a];
    if (op.isCompare(kind)) kind = op.swapCompare(kind);
  }
  if (a === b) {
    if (kind === op.Sub || kind === op.Xor) return graph.integer(type, 0n);
    if (kind === op.And || kind === op.Or) return a;
    if (op.isCompare(kind)) return graph.integer(I32, compare(kind, 0n, 0n, 0n, 0n));
  }
  if (b.isConstant) {
    const found = foldConstant(graph, kind, type, a, b, make);
    if (found !== undefined) return found;
  }
  return make(kind, resultType, [a, b]);
}

function foldConstant(
  graph: Graph,
  kind: number,
  type: ValueType,
  a: Value,
  b: Value,
  make: (operation: number, type: ValueType, args: Value[]) => Value,
): Value | undefined {
  const bits = bitsOf(type);
  const c = b.constant;
  const unsigned = BigInt.asUintN(bits, c);
  const power = unsigned !== 0n && (unsigned & (unsigned - 1n)) === 0n ? BigInt(unsigned.toString(2).length - 1) : -1n;
  const again = (operation: number, x: Value, y: bigint): Value =>
    foldBinary(graph, operation, type, x, graph.integer(type, BigInt.asIntN(bits, y)), make);
  const innerConstant = a.args[1]?.isConstant ? a.args[1].constant : undefined;
  switch (kind) {
    case op.Sub:
      return again(op.Add, a, -c);
    case op.Add:
      if (c === 0n) return a;
      if (a.op === op.Add && innerConstant !== undefined) return again(op.Add, a.args[0] as Value, innerConstant + c);
      return undefined;
    case op.Mul:
      if (c === 0n) return b;
      return power >= 0n ? again(op.Shl, a, power) : undefined;
    case op.RemU:
      if (power >= 0n) return again(op.And, a, unsigned - 1n);
      return divideByConstant(makerOf(graph, make), kind, type, a, c);
    case op.DivU:
    case op.DivS:
    case op.RemS:
      return divideByConstant(makerOf(graph, make), kind, type, a, c);
    case op.And:
      if (c === 0n) return b;
      if (c === -1n) return a;
      if (a.op === op.And && innerConstant !== undefined) return again(op.And, a.args[0] as Value, innerConstant & c);
      if (zeroAbove(a, BigInt.asUintN(bits, c))) return a;
      return undefined;
    case op.Or:
      return c === 0n ? a : c === -1n ? b : undefined;
    case op.Xor:
      return c === 0n ? a : undefined;
    case op.Shl:
    case op.ShrS:
    case op.ShrU:
    case op.Rotl:
    case op.Rotr:
      return foldShift(graph, kind, type, a, c, innerConstant, again);
    case op.Eq:
    case op.Ne:
      if (c === 0n && op.isCompare(a.op)) {
        if (kind === op.Ne) return a;
        return foldBinary(
          graph,
          op.negateCompare(a.op),
          a.args[0]?.type as ValueType,
          a.args[0] as Value,
          a.args[1] as Value,
          make,
        );
      }
      return undefined;
    case op.GtU:
      return c === 0n ? again(op.Ne, a, 0n) : c === -1n ? graph.integer(I32, 0n) : undefined;
    case op.GeU:
      return c === 0n ? graph.integer(I32, 1n) : c === 1n ? again(op.Ne, a, 0n) : undefined;
    case op.LtU:
      return c === 0n ? graph.integer(I32, 0n) : c === 1n ? again(op.Eq, a, 0n) : undefined;
    case op.LeU:
      return c === 0n ? again(op.Eq, a, 0n) : c === -1n ? graph.integer(I32, 1n) : undefined;
    default:
      return undefined;
  }
}

function makerOf(graph: Graph, make: (operation: number, type: ValueType, args: Value[]) => Value): ValueMaker {
  return {
    binary: (operation, type, a, b) => foldBinary(graph, operation, type, a, b, make),
    unary: (operation, type, a) => make(operation, type, [a]),
    integer: (type, value) => graph.integer(type, value),
  };
}

/** Whether `value` has no bits outside `mask`. */
function zeroAbove(value: Value, mask: bigint): boolean {
  const known = knownMask(value);
  return known !== undefined && (known & ~mask) === 0n;
}

/** Bits that may be set in `value`, where that is easy to tell. */
function knownMask(value: Value): bigint | undefined {
  if (op.isCompare(value.op)) return 1n;
  if ((value.op === op.Load || value.op === op.AtomicLoad) && !value.signed && value.bytes < 4)
    return (1n << BigInt(value.bytes * 8)) - 1n;
  if (value.op === op.And && value.args[1]?.isConstant && value.args[1].constant >= 0n) return value.args[1].constant;
  if (value.op === op.ShrU && value.args[1]?.isConstant && value.args[1].constant > 0n) {
    return (1n << (BigInt(bitsOf(value.type)) - value.args[1].constant)) - 1n;
  }
  return undefined;
}

function foldShift(
  graph: Graph,
  kind: number,
  type: ValueType,
  a: Value,
  count: bigint,
  innerCount: bigint | undefined,
  again: (operation: number, x: Value, y: bigint) => Value,
): Value | undefined {
  const bits = BigInt(bitsOf(type));
  const masked = count & (bits - 1n);
  if (masked === 0n) return a;
  if (masked !== count) return again(kind, a, masked);
  if (a.op !== kind || innerCount === undefined) return undefined;
  const sum = innerCount + masked;
  if (kind === op.Rotl || kind === op.Rotr) return again(kind, a.args[0] as Value, sum & (bits - 1n));
  if (sum < bits) return again(kind, a.args[0] as Value, sum);
  return kind === op.ShrS ? again(kind, a.args[0] as Value, bits - 1n) : graph.integer(type, 0n);
}

/** Unary integer operations and conversions of constants. */
export function evaluateUnary(operation: number, type: ValueType, from: ValueType, a: bigint): bigint {
  const bits = bitsOf(from);
  const unsigned = BigInt.asUintN(bits, a);
  switch (operation) {
    case op.Clz:
      return BigInt(unsigned === 0n ? bits : bits - unsigned.toString(2).length);
    case op.Ctz: {
      if (unsigned === 0n) return BigInt(bits);
      const text = unsigned.toString(2);
      return BigInt(text.length - 1 - text.lastIndexOf('1'));
    }
    case op.Popcnt:
      return BigInt(unsigned.toString(2).replaceAll('0', '').length);
    case op.Wrap:
      return BigInt.asIntN(32, a);
    case op.ExtendS:
      return a;
    case op.ExtendU:
      return unsigned;
    case op.Sign8:
      return BigInt.asIntN(8, a);
    case op.Sign16:
      return BigInt.asIntN(16, a);
    default:
      return BigInt.asIntN(bitsOf(type) === 32 ? 32 : operation === op.Sign32 ? 32 : 64, a);
  }
}
