/** MUL, IMUL, DIV, IDIV, MULX: SDM 1 7.3.2. */
import { carryWord } from '../flags.ts';
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import { type Definition, RAX, RDX } from './definition.ts';
import { setResultFlags } from './status-flags.ts';

const DIVIDE_ERROR = 0;

interface Product {
  /** Both zero-extended from the width of the factors. */
  readonly low: Value;
  readonly high: Value;
}

/** CF and OF say that the upper half is not zero. */
function mul(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const b = m.read(0);
  const { low, high } = unsignedProduct(m, bits, m.gpr(RAX, bits), b);
  setPair(m, bits, low, high);
  setProductFlags(m, bits, low, v.different(high, 0));
}

/** CF and OF say that the product is not the sign-extended lower half. */
function imul(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const widening = m.operandCount === 1;
  const a = widening ? m.gpr(RAX, bits) : m.read(m.operandCount - 2);
  const b = m.read(m.operandCount - 1);
  const { low, high } = signedProduct(m, bits, a, b);
  if (widening) setPair(m, bits, low, high);
  else m.write(0, low);
  const extension = v.truncate(bits, v.shiftRightSigned(v.signed(bits, low), 63));
  setProductFlags(m, bits, low, v.different(high, extension));
}

/** Of the undefined flags processors set SF and PF by the lower half, and clear AF and ZF. */
function setProductFlags(m: MeaningBuilder, bits: Bits, low: Value, isLonger: Value): void {
  if (m.shape.flagsDead) return;
  const excess = m.let(v.bit(isLonger));
  const carry = m.let(carryWord(excess, excess));
  // A bit that neither SF nor PF depends on, so that it is never zero.
  m.flags('settled', bits, carry, v.constant(0), m.let(v.or(v.signed(bits, low), 0x100)));
}

function mulx(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const { low, high } = unsignedProduct(m, bits, m.gpr(RDX, bits), m.read(2));
  m.write(1, low);
  m.write(0, high);
}

function unsignedProduct(m: MeaningBuilder, bits: Bits, a: Value, b: Value): Product {
  const product = m.let(v.operation('i64.mul', a, b));
  if (bits === 64) return { low: product, high: m.let(upperHalf(m, a, b)) };
  return { low: m.let(v.truncate(bits, product)), high: m.let(v.shiftRight(product, bits)) };
}

function signedProduct(m: MeaningBuilder, bits: Bits, a: Value, b: Value): Product {
  const product = m.let(v.operation('i64.mul', v.signed(bits, a), v.signed(bits, b)));
  if (bits !== 64) {
    const high = v.truncate(bits, v.shiftRight(product, bits));
    return { low: m.let(v.truncate(bits, product)), high: m.let(high) };
  }
  // A negative factor counts 2^64 too much in the unsigned product.
  const surplus = v.operation('i64.add', v.and(v.shiftRightSigned(a, 63), b), v.and(v.shiftRightSigned(b, 63), a));
  return { low: product, high: m.let(v.operation('i64.sub', upperHalf(m, a, b), surplus)) };
}

/** Bits 64 to 127 of an unsigned product, from four products of halves. */
function upperHalf(m: MeaningBuilder, a: Value, b: Value): Value {
  const halves = (value: Value): [Value, Value] => [m.let(v.truncate(32, value)), m.let(v.shiftRight(value, 32))];
  const product = (x: Value, y: Value): Value => v.operation('i64.mul', x, y);
  const [aLow, aHigh] = halves(a);
  const [bLow, bHigh] = halves(b);
  const first = m.let(v.add(64, product(aHigh, bLow), v.shiftRight(product(aLow, bLow), 32)));
  const second = m.let(v.add(64, product(aLow, bHigh), v.truncate(32, first)));
  const carried = v.add(64, v.shiftRight(first, 32), v.shiftRight(second, 32));
  return v.add(64, product(aHigh, bHigh), carried);
}

/** AX of two bytes; the pair of RDX and RAX of what is wider. */
function setPair(m: MeaningBuilder, bits: Bits, low: Value, high: Value): void {
  if (bits === 8) m.setGpr(RAX, 16, v.or(v.shiftLeft(high, 8), low));
  else {
    m.setGpr(RAX, bits, low);
    m.setGpr(RDX, bits, high);
  }
}

/** The dividend where it has at most 64 bits. */
function narrowDividend(m: MeaningBuilder, bits: Bits): Value {
  if (bits === 8) return m.gpr(RAX, 16);
  return m.let(v.or(v.shiftLeft(m.gpr(RDX, bits), bits), m.gpr(RAX, bits)));
}

function div(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const divisor = m.read(0);
  if (bits === 64) divideWide(m, divisor);
  else divideNarrow(m, bits, divisor);
  setFlagsOfDivision(m);
}

/** All are undefined; processors set ZF and PF and clear the others. */
function setFlagsOfDivision(m: MeaningBuilder): void {
  setResultFlags(m, 64, v.constant(0));
}

function divideNarrow(m: MeaningBuilder, bits: Bits, divisor: Value): void {
  m.raiseIf(v.equal(divisor, 0), DIVIDE_ERROR);
  const dividend = narrowDividend(m, bits);
  const quotient = m.let(v.operation('i64.div_u', dividend, divisor));
  m.raiseIf(v.different(v.shiftRight(quotient, bits), 0), DIVIDE_ERROR);
  setPair(m, bits, quotient, m.let(v.operation('i64.rem_u', dividend, divisor)));
}

/** The quotient fits just when the upper half of the dividend is below the divisor. */
function divideWide(m: MeaningBuilder, divisor: Value): void {
  const low = m.gpr(RAX, 64);
  const high = m.gpr(RDX, 64);
  m.raiseIf(v.operation('i64.ge_u', high, divisor), DIVIDE_ERROR);
  m.if(
    v.equal(high, 0),
    () => {
      const quotient = m.let(v.operation('i64.div_u', low, divisor));
      setPair(m, 64, quotient, m.let(v.operation('i64.rem_u', low, divisor)));
    },
    () => {
      const quotient = m.let(m.call('divide128', high, low, divisor));
      setPair(m, 64, quotient, m.let(v.sub(64, low, v.operation('i64.mul', quotient, divisor))));
    },
  );
}

function idiv(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const divisor = m.let(v.signed(bits, m.read(0)));
  m.raiseIf(v.equal(divisor, 0), DIVIDE_ERROR);
  if (bits === 64) divideWideSigned(m, divisor);
  else divideNarrowSigned(m, bits, divisor);
  setFlagsOfDivision(m);
}

function divideNarrowSigned(m: MeaningBuilder, bits: Bits, divisor: Value): void {
  const dividend = m.let(v.signed(bits === 8 ? 16 : bits === 16 ? 32 : 64, narrowDividend(m, bits)));
  raiseAtLeastByMinusOne(m, dividend, divisor);
  const quotient = m.let(v.operation('i64.div_s', dividend, divisor));
  m.raiseIf(v.different(quotient, v.signed(bits, quotient)), DIVIDE_ERROR);
  const remainder = v.operation('i64.rem_s', dividend, divisor);
  setPair(m, bits, m.let(v.truncate(bits, quotient)), m.let(v.truncate(bits, remainder)));
}

/** -2^63 / -1 has no quotient of 64 bits, at no width of operands; i64.div_s would trap. */
function raiseAtLeastByMinusOne(m: MeaningBuilder, dividend: Value, divisor: Value): void {
  m.raiseIf(v.both(v.equal(dividend, 1n << 63n), v.equal(divisor, -1)), DIVIDE_ERROR);
}

function divideWideSigned(m: MeaningBuilder, divisor: Value): void {
  const low = m.gpr(RAX, 64);
  const high = m.gpr(RDX, 64);
  m.if(
    v.equal(high, v.shiftRightSigned(low, 63)),
    () => {
      raiseAtLeastByMinusOne(m, low, divisor);
      const quotient = m.let(v.operation('i64.div_s', low, divisor));
      setPair(m, 64, quotient, m.let(v.operation('i64.rem_s', low, divisor)));
    },
    () => divideMagnitudes(m, high, low, divisor),
  );
}

/** Divides absolute values: the remainder has the dividend's sign, the quotient is negative where the signs differ. */
function divideMagnitudes(m: MeaningBuilder, high: Value, low: Value, divisor: Value): void {
  const negative = m.let(v.shiftRightSigned(high, 63));
  const negativeDivisor = m.let(v.shiftRightSigned(divisor, 63));
  const magnitude = (value: Value, sign: Value): Value => v.sub(64, v.xor(value, sign), sign);
  const lowMagnitude = m.let(magnitude(low, negative));
  const carried = v.and(negative, v.bit(v.equal(lowMagnitude, 0)));
  const highMagnitude = m.let(v.add(64, v.xor(high, negative), carried));
  const divisorMagnitude = m.let(magnitude(divisor, negativeDivisor));
  m.raiseIf(v.operation('i64.ge_u', highMagnitude, divisorMagnitude), DIVIDE_ERROR);
  const quotient = m.let(m.call('divide128', highMagnitude, lowMagnitude, divisorMagnitude));
  const sign = m.let(v.xor(negative, negativeDivisor));
  // At most 2^63 - 1, or 2^63 with a minus.
  const most = v.sub(64, v.constant((1n << 63n) - 1n), sign);
  m.raiseIf(v.operation('i64.gt_u', quotient, most), DIVIDE_ERROR);
  const remainder = v.sub(64, lowMagnitude, v.operation('i64.mul', quotient, divisorMagnitude));
  setPair(m, 64, m.let(magnitude(quotient, sign)), m.let(magnitude(remainder, negative)));
}

export const multiplyDivideDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['mul', mul],
  ['imul', imul],
  ['mulx', mulx],
  ['div', div],
  ['idiv', idiv],
]);
