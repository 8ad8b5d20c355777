/** Addition, subtraction, comparison, logic, multiplication: SDM 1 7.3.2, 7.3.3, 7.3.5. */
import type { Bits, Value } from '../language.ts';
import { carryFlag, carryWord } from '../flags.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';

export function add(m: MeaningBuilder): void {
  addWith(m, v.constant(0));
}

export function adc(m: MeaningBuilder): void {
  addWith(m, m.let(carryFlag()));
}

function addWith(m: MeaningBuilder, carryIn: Value): void {
  const bits = m.bits(0);
  const a = m.readForWrite(0);
  const b = m.read(1);
  const result = m.let(v.add(bits, v.operation('i64.add', a, b), carryIn));
  m.write(0, result);
  m.flags('add', bits, a, b, result);
}

export function sub(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const a = m.readForWrite(0);
  const b = m.read(1);
  const result = m.let(v.sub(bits, a, b));
  m.write(0, result);
  m.flags('sub', bits, a, b, result, true);
}

export function sbb(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const borrowIn = m.let(carryFlag());
  const a = m.readForWrite(0);
  const b = m.read(1);
  const result = m.let(v.sub(bits, v.operation('i64.sub', a, b), borrowIn));
  m.write(0, result);
  m.flags('sub', bits, a, b, result);
}

export function cmp(m: MeaningBuilder): void {
  const a = m.read(0);
  const b = m.read(1);
  m.flags('sub', m.bits(0), a, b, m.let(v.sub(m.bits(0), a, b)), true);
}

export function and(m: MeaningBuilder): void {
  logic(m, 'i64.and');
}

export function or(m: MeaningBuilder): void {
  logic(m, 'i64.or');
}

export function xor(m: MeaningBuilder): void {
  logic(m, 'i64.xor');
}

function logic(m: MeaningBuilder, name: 'i64.and' | 'i64.or' | 'i64.xor'): void {
  const a = m.readForWrite(0);
  const result = m.let(v.operation(name, a, m.read(1)));
  m.write(0, result);
  m.flags('logic', m.bits(0), v.constant(0), v.constant(0), result);
}

export function test(m: MeaningBuilder): void {
  const a = m.read(0);
  const result = m.let(v.operation('i64.and', a, m.read(1)));
  m.flags('logic', m.bits(0), v.constant(0), v.constant(0), result);
}

export function inc(m: MeaningBuilder): void {
  step(m, 1);
}

export function dec(m: MeaningBuilder): void {
  step(m, -1);
}

/** INC and DEC keep CF. */
function step(m: MeaningBuilder, by: 1 | -1): void {
  const bits = m.bits(0);
  const cf = m.let(carryFlag());
  const a = m.readForWrite(0);
  const result = m.let(v.add(bits, a, v.constant(by)));
  const extreme = v.constant(by === 1 ? 1n << BigInt(bits - 1) : (1n << BigInt(bits - 1)) - 1n);
  const signedExtreme = v.signed(bits, extreme);
  const overflow = v.bit(v.operation('i64.eq', v.signed(bits, result), signedExtreme));
  const changed = v.operation('i64.xor', a, result);
  // The carry or borrow into bit 4 is a ^ 1 ^ result there.
  const aux = m.let(v.operation('i64.and', changed, v.constant(0x10)));
  const carry = m.let(carryWord(cf, overflow));
  const extended = m.let(v.signed(bits, result));
  m.write(0, result);
  m.flags('settled', bits, carry, aux, extended);
}

const RAX = 0;
const RDX = 2;

/** CF and OF say that the upper half is not zero. The other flags are undefined; here they follow the lower half. */
export function mul(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const b = m.read(0);
  const a = m.gpr(RAX, bits);
  const low = m.let(v.operation('i64.mul', a, b));
  const high = m.let(bits === 64 ? upperHalf(m, a, b) : v.operation('i64.shr_u', low, v.constant(bits)));
  const lowest = m.let(v.truncate(bits, low));
  if (bits === 8) m.setGpr(RAX, 16, low);
  else {
    m.setGpr(RAX, bits, lowest);
    m.setGpr(RDX, bits, high);
  }
  const excess = m.let(v.bit(v.operation('i64.ne', high, v.constant(0))));
  flagsOfProduct(m, bits, excess, lowest);
}

function flagsOfProduct(m: MeaningBuilder, bits: Bits, excess: Value, low: Value): void {
  const carry = m.let(carryWord(excess, excess));
  m.flags('settled', bits, carry, v.constant(0), m.let(v.signed(bits, low)));
}

/** Bits 64 to 127 of an unsigned product, from four products of halves. */
function upperHalf(m: MeaningBuilder, a: Value, b: Value): Value {
  const halves = (value: Value): [Value, Value] => [
    m.let(v.truncate(32, value)),
    m.let(v.operation('i64.shr_u', value, v.constant(32))),
  ];
  const product = (x: Value, y: Value): Value => v.operation('i64.mul', x, y);
  const [aLow, aHigh] = halves(a);
  const [bLow, bHigh] = halves(b);
  const first = m.let(v.add(64, product(aHigh, bLow), v.operation('i64.shr_u', product(aLow, bLow), v.constant(32))));
  const second = m.let(v.add(64, product(aLow, bHigh), v.truncate(32, first)));
  const carried = v.add(
    64,
    v.operation('i64.shr_u', first, v.constant(32)),
    v.operation('i64.shr_u', second, v.constant(32)),
  );
  return v.add(64, product(aHigh, bHigh), carried);
}
