/** Addition, subtraction, comparison, logic: SDM 1 7.3.2, 7.3.5; ADX: SDM 2 ADCX, ADOX. */
import { carryFlag, carryWord } from '../flags.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import type { Definition } from './definition.ts';
import { overflowFlag, setCarry } from './status-flags.ts';

/** ADD and SUB; `carries`: ADC and SBB, which take CF in. */
function sum(operation: 'add' | 'sub', carries: boolean): Definition {
  return (m) => {
    const operator = `i64.${operation}` as const;
    const carryIn = carries ? m.let(carryFlag()) : undefined;
    const bits = m.bits(0);
    const a = m.readForWrite(0);
    const b = m.read(1);
    const plain = v.operation(operator, a, b);
    const whole = carryIn === undefined ? plain : v.operation(operator, plain, carryIn);
    const result = m.let(v.truncate(bits, whole));
    m.write(0, result);
    m.flags(operation, bits, a, b, result, !carries);
  };
}

function cmp(m: MeaningBuilder): void {
  const a = m.read(0);
  const b = m.read(1);
  m.flags('sub', m.bits(0), a, b, m.let(v.sub(m.bits(0), a, b)), true);
}

function neg(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const zero = v.constant(0);
  const a = m.readForWrite(0);
  const result = m.let(v.sub(bits, zero, a));
  m.write(0, result);
  m.flags('sub', bits, zero, a, result, true);
}

/** NOT is the one logic instruction that changes no flag. */
function not(m: MeaningBuilder): void {
  const a = m.readForWrite(0);
  m.write(0, m.let(v.truncate(m.bits(0), v.not(a))));
}

function logic(name: 'i64.and' | 'i64.or' | 'i64.xor'): Definition {
  return (m) => {
    const a = m.readForWrite(0);
    const result = m.let(v.operation(name, a, m.read(1)));
    m.write(0, result);
    m.flags('logic', m.bits(0), v.constant(0), v.constant(0), result);
  };
}

function test(m: MeaningBuilder): void {
  const a = m.read(0);
  const result = m.let(v.and(a, m.read(1)));
  m.flags('logic', m.bits(0), v.constant(0), v.constant(0), result);
}

/** INC and DEC keep CF. */
function step(by: 1 | -1): Definition {
  return (m) => {
    const bits = m.bits(0);
    const cf = m.let(carryFlag());
    const a = m.readForWrite(0);
    const result = m.let(v.add(bits, a, v.constant(by)));
    const extreme = v.constant(by === 1 ? 1n << BigInt(bits - 1) : (1n << BigInt(bits - 1)) - 1n);
    const overflow = v.bit(v.equal(v.signed(bits, result), v.signed(bits, extreme)));
    // The carry or borrow into bit 4 is a ^ 1 ^ result there.
    const aux = m.let(v.and(v.xor(a, result), 0x10));
    const carry = m.let(carryWord(cf, overflow));
    const extended = m.let(v.signed(bits, result));
    m.write(0, result);
    m.flags('settled', bits, carry, aux, extended);
  };
}

function adcx(m: MeaningBuilder): void {
  const { result, carry } = sumWithCarry(m, m.let(carryFlag()));
  m.write(0, result);
  setCarry(m, carry);
}

function adox(m: MeaningBuilder): void {
  const cf = m.let(carryFlag());
  const { result, carry } = sumWithCarry(m, m.let(overflowFlag()));
  m.write(0, result);
  setCarry(m, cf, carry);
}

/** The carry out of the top bit goes to one flag, and no other flag changes. */
function sumWithCarry(m: MeaningBuilder, carryIn: Value): { result: Value; carry: Value } {
  const bits = m.bits(0);
  const a = m.read(0);
  const b = m.read(1);
  const result = m.let(v.add(bits, v.operation('i64.add', a, b), carryIn));
  const carried = v.or(v.and(a, b), v.and(v.or(a, b), v.not(result)));
  return { result, carry: m.let(v.and(v.shiftRight(carried, bits - 1), 1)) };
}

export const arithmeticDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['add', sum('add', false)],
  ['adc', sum('add', true)],
  ['sub', sum('sub', false)],
  ['sbb', sum('sub', true)],
  ['cmp', cmp],
  ['neg', neg],
  ['not', not],
  ['and', logic('i64.and')],
  ['or', logic('i64.or')],
  ['xor', logic('i64.xor')],
  ['test', test],
  ['inc', step(1)],
  ['dec', step(-1)],
  ['adcx', adcx],
  ['adox', adox],
]);
