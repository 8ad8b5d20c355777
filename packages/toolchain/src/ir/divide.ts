/**
 * Division and remainder by a constant as multiplication and shifts (Granlund and Montgomery, "Division by Invariant Integers using
 * Multiplication", 1994; Warren, "Hacker's Delight", chapter 10). A 32-bit dividend is multiplied in 64 bits, which leaves room
 * for a 32-bit multiplier; 64-bit dividends take the upper half of the product.
 */
import { I32, I64, type ValueType } from '../wasm/types.ts';
import type { Value } from './graph.ts';
import * as op from './op.ts';

/** Makes the values that an expansion consists of. */
export interface ValueMaker {
  binary(operation: number, type: ValueType, a: Value, b: Value): Value;
  unary(operation: number, type: ValueType, a: Value): Value;
  integer(type: ValueType, value: bigint): Value;
}

/** `dividend` over (or modulo) a constant; undefined where the division has to stay: by 0, and by -1, which may overflow. */
export function divideByConstant(
  maker: ValueMaker,
  operation: number,
  type: ValueType,
  dividend: Value,
  divisor: bigint,
): Value | undefined {
  if (divisor === 0n || (divisor === -1n && operation === op.DivS)) return undefined;
  const steps = new Steps(maker, type);
  const signed = operation === op.DivS || operation === op.RemS;
  if (operation === op.RemS && (divisor === 1n || divisor === -1n)) return steps.constant(0n);
  const wide = signed ? (divisor < 0n ? -divisor : divisor) : BigInt.asUintN(steps.bits, divisor);
  if (operation === op.DivS || operation === op.DivU) {
    const quotient = signed ? signedQuotient(steps, dividend, wide) : unsignedQuotient(steps, dividend, wide);
    return signed && divisor < 0n ? steps.subtract(steps.constant(0n), quotient) : quotient;
  }
  // The remainder has the dividend's sign, so the divisor's does not matter.
  const power = logarithm(wide);
  if (1n << power === wide)
    return steps.subtract(dividend, steps.and(steps.add(dividend, bias(steps, dividend, power)), -wide));
  const quotient = signed ? signedQuotient(steps, dividend, wide) : unsignedQuotient(steps, dividend, wide);
  return steps.subtract(dividend, steps.multiply(quotient, wide));
}

/** Arithmetic in the type of the division. */
class Steps {
  readonly bits: number;
  readonly #maker: ValueMaker;
  readonly #type: ValueType;

  constructor(maker: ValueMaker, type: ValueType) {
    this.#maker = maker;
    this.#type = type;
    this.bits = type === I64 ? 64 : 32;
  }

  constant(value: bigint): Value {
    return this.#maker.integer(this.#type, BigInt.asIntN(this.bits, value));
  }

  add(a: Value, b: Value): Value {
    return this.#maker.binary(op.Add, this.#type, a, b);
  }

  subtract(a: Value, b: Value): Value {
    return this.#maker.binary(op.Sub, this.#type, a, b);
  }

  multiply(a: Value, b: bigint): Value {
    return this.#maker.binary(op.Mul, this.#type, a, this.constant(b));
  }

  and(a: Value, mask: bigint): Value {
    return this.#maker.binary(op.And, this.#type, a, this.constant(mask));
  }

  shift(operation: number, a: Value, count: bigint): Value {
    return this.#maker.binary(operation, this.#type, a, this.constant(count));
  }

  /** Bits from `shift` on (at least the width) of the unsigned product; the multiplier has no more bits than the type. */
  scale(a: Value, multiplier: bigint, shift: bigint): Value {
    if (this.bits === 32) return this.#scale32(this.#maker.unary(op.ExtendU, I64, a), multiplier, shift, op.ShrU);
    const high = this.#maker.binary(op.MulHighU, I64, a, this.constant(multiplier));
    return this.shift(op.ShrU, high, shift - 64n);
  }

  /** As `scale`, of a signed dividend; the multiplier may have its highest bit set all the same. */
  scaleSigned(a: Value, multiplier: bigint, shift: bigint): Value {
    if (this.bits === 32) return this.#scale32(this.#maker.unary(op.ExtendS, I64, a), multiplier, shift, op.ShrS);
    // A negative dividend reads as 2^64 more than it is, which adds the multiplier to the upper half.
    const high = this.#maker.binary(op.MulHighU, I64, a, this.constant(multiplier));
    const excess = this.and(this.shift(op.ShrS, a, 63n), multiplier);
    return this.shift(op.ShrS, this.subtract(high, excess), shift - 64n);
  }

  #scale32(extended: Value, multiplier: bigint, shift: bigint, operation: number): Value {
    const product = this.#maker.binary(op.Mul, I64, extended, this.#maker.integer(I64, multiplier));
    const shifted = this.#maker.binary(operation, I64, product, this.#maker.integer(I64, shift));
    return this.#maker.unary(op.Wrap, I32, shifted);
  }
}

/** Floor of the logarithm to base 2. */
function logarithm(value: bigint): bigint {
  return BigInt(value.toString(2).length - 1);
}

/** Truncation rounds towards zero, shifts round down: what has to be added to a negative dividend first. */
function bias(steps: Steps, dividend: Value, power: bigint): Value {
  const sign = power === 1n ? dividend : steps.shift(op.ShrS, dividend, power - 1n);
  return steps.shift(op.ShrU, sign, BigInt(steps.bits) - power);
}

function unsignedQuotient(steps: Steps, dividend: Value, divisor: bigint): Value {
  const bits = BigInt(steps.bits);
  const power = logarithm(divisor);
  if (1n << power === divisor) return power === 0n ? dividend : steps.shift(op.ShrU, dividend, power);
  // The least multiplier that is exact for all dividends; it has a bit too many for some divisors.
  let shift = bits;
  while (1n << (shift - bits) < divisor - ((1n << shift) % divisor)) shift++;
  const multiplier = (1n << shift) / divisor + 1n;
  if (multiplier < 1n << bits) return steps.scale(dividend, multiplier, shift);
  const zeros = trailingZeros(divisor);
  if (zeros > 0n)
    return unsignedQuotientBelow(steps, steps.shift(op.ShrU, dividend, zeros), divisor >> zeros, bits - zeros);
  // dividend * (2^bits + m) >> shift, without the bit that does not fit: half of (dividend - high) plus high.
  const high = steps.scale(dividend, multiplier - (1n << bits), bits);
  const half = steps.shift(op.ShrU, steps.subtract(dividend, high), 1n);
  return steps.shift(op.ShrU, steps.add(half, high), shift - bits - 1n);
}

/** As `unsignedQuotient`, of a dividend below 2^limit. */
function unsignedQuotientBelow(steps: Steps, dividend: Value, divisor: bigint, limit: bigint): Value {
  let shift = BigInt(steps.bits);
  while (1n << (shift - limit) < divisor - ((1n << shift) % divisor)) shift++;
  return steps.scale(dividend, (1n << shift) / divisor + 1n, shift);
}

function trailingZeros(value: bigint): bigint {
  let count = 0n;
  while (((value >> count) & 1n) === 0n) count++;
  return count;
}

/** Of a positive divisor. */
function signedQuotient(steps: Steps, dividend: Value, divisor: bigint): Value {
  const bits = BigInt(steps.bits);
  const power = logarithm(divisor);
  if (power === 0n) return dividend;
  if (1n << power === divisor) return steps.shift(op.ShrS, steps.add(dividend, bias(steps, dividend, power)), power);
  const shift = bits + power;
  const multiplier = (1n << shift) / divisor + 1n;
  const floor = steps.scaleSigned(dividend, multiplier, shift);
  return steps.subtract(floor, steps.shift(op.ShrS, dividend, bits - 1n));
}
