/** PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM: SDM 1 12.8, SDM 2 4.1. The comparison itself is a runtime function. Memory need not be aligned. */
import { carryWord } from '../../flags.ts';
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import * as v from '../../vector-value.ts';
import { type Definition, RAX, RCX, RDX } from '../definition.ts';
import { bothEncodings, control } from './packed.ts';

/** The absolute value of a signed length, at most 17: more than any string has. */
function explicitLength(m: MeaningBuilder, register: number): Value {
  const bits = m.operandSize === 64 ? 64 : 32;
  const value = m.let(v.signed(bits, m.gpr(register, bits)));
  const sign = v.operation('i64.shr_s', value, v.constant(63));
  const length = m.let(v.sub(64, v.operation('i64.xor', value, sign), sign));
  return m.let(v.select(v.operation('i64.lt_u', length, v.constant(17)), length, v.constant(17)));
}

/** What assembly/string-compare.ts returns: the bits of IntRes2, and in bits 32 and 33 whether the first and the second string end. */
function compared(m: MeaningBuilder, imm: Value, explicit: boolean): Value {
  const [a, b] = [m.readVector(0), m.readVector(1)];
  const lengths = explicit
    ? v.operation('i64.or', explicitLength(m, RAX), v.operation('i64.shl', explicitLength(m, RDX), v.constant(32)))
    : v.constant(-1);
  const quadwords = [v.quadword(a, 0), v.quadword(a, 1), v.quadword(b, 0), v.quadword(b, 1)];
  return m.call('compareStrings', ...quadwords, lengths, imm);
}

/** CF: any bit; ZF: the second string ends; SF: the first one does; OF: bit 0. */
function setFlags(m: MeaningBuilder, result: Value): void {
  if (m.shape.flagsDead) return;
  const bit = (position: number): Value =>
    m.let(v.operation('i64.and', v.operation('i64.shr_u', result, v.constant(position)), v.constant(1)));
  const any = v.bit(v.operation('i64.ne', v.operation('i64.and', result, v.constant(0xffff)), v.constant(0)));
  const carry = m.let(carryWord(m.let(any), bit(0)));
  const zero = bit(33);
  // A result of 1 or 0; aux corrects SF, and PF where it is 0.
  const sign = v.operation('i64.shl', bit(32), v.constant(63));
  const aux = m.let(v.operation('i64.or', sign, v.operation('i64.shl', zero, v.constant(8))));
  m.flags('settled', 64, carry, aux, m.let(v.operation('i64.xor', zero, v.constant(1))));
}

/** The lowest or highest set bit, as bit 6 of the immediate says; the number of elements where there is none. */
function index(explicit: boolean): Definition {
  return (m) => {
    const imm = control(m);
    const result = m.let(compared(m, imm, explicit));
    const bits = m.let(v.operation('i64.and', result, v.constant(0xffff)));
    const flag = (mask: number): Value =>
      v.operation('i64.ne', v.operation('i64.and', imm, v.constant(mask)), v.constant(0));
    const count = m.let(v.select(flag(1), v.constant(8), v.constant(16)));
    const lowest = m.let(v.operation('i64.ctz', bits));
    const highest = m.let(v.sub(64, v.constant(63), v.operation('i64.clz', bits)));
    const found = m.let(v.select(flag(0x40), highest, lowest));
    m.setGpr(RCX, 32, m.let(v.select(v.operation('i64.eqz', bits), count, found)));
    setFlags(m, result);
  };
}

/** XMM0 gets the bits, or a byte or word of ones for each, as bit 6 of the immediate says. */
function mask(explicit: boolean): Definition {
  return (m) => {
    const imm = control(m);
    const result = m.let(compared(m, imm, explicit));
    const bits = m.let(v.operation('i64.and', result, v.constant(0xffff)));
    const flag = (value: number): Value =>
      m.let(v.operation('i64.ne', v.operation('i64.and', imm, v.constant(value)), v.constant(0)));
    const ofBytes = [0, 1].flatMap(() => [1, 2, 4, 8, 16, 32, 64, 128]);
    const low = v.splat8(bits);
    const spread = v.shuffle(low, v.splat8(m.let(v.operation('i64.shr_u', bits, v.constant(8)))), [
      ...[0, 0, 0, 0, 0, 0, 0, 0],
      ...[16, 16, 16, 16, 16, 16, 16, 16],
    ]);
    const bytes = v.operation('i8x16.eq', v.vectorAnd(spread, v.lanes(...ofBytes)), v.lanes(...ofBytes));
    const ofWords = v.lanes(1, 2, 4, 8, 16, 32, 64, 128);
    const words = v.operation('i16x8.eq', v.vectorAnd(v.splat16(bits), ofWords), ofWords);
    const expanded = m.let(v.select(flag(1), words, bytes));
    m.setVectorRegister(0, 0, m.let(v.select(flag(0x40), expanded, v.low64(bits))));
    if (m.vex) m.setVectorRegister(0, 1, v.ZERO);
    setFlags(m, result);
  };
}

export const stringCompareDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...bothEncodings('pcmpestri', index(true)),
  ...bothEncodings('pcmpestrm', mask(true)),
  ...bothEncodings('pcmpistri', index(false)),
  ...bothEncodings('pcmpistrm', mask(false)),
]);
