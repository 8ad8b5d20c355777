/** Bit manipulation with three operands: BMI1 and BMI2 (SDM 1 5.1.16, 5.1.17). Undefined flags are 0, as processors leave them. */
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import type { Definition } from './definition.ts';
import { setResultFlags } from './status-flags.ts';

function andn(m: MeaningBuilder): void {
  const a = m.read(1);
  const result = m.let(v.and(v.not(a), m.read(2)));
  m.write(0, result);
  setResultFlags(m, m.bits(0), result, { parityIsZero: true });
}

/** The lowest set bit: alone, with all below it, or removed. CF: the source is 0 (not 0 in BLSI). */
function lowestBit(of: (a: Value, bits: Bits) => Value, carryOfZero: 0 | 1): Definition {
  return (m) => {
    const bits = m.bits(0);
    const a = m.read(1);
    const result = m.let(of(a, bits));
    const zero = v.bit(v.equal(a, 0));
    m.write(0, result);
    setResultFlags(m, bits, result, { carry: m.let(carryOfZero === 1 ? zero : v.xor(zero, 1)), parityIsZero: true });
  };
}

/** A field whose start is in bits 0 to 7 of the control operand and whose length in bits 8 to 15. */
function bextr(m: MeaningBuilder): void {
  const a = m.read(1);
  const control = m.read(2);
  const start = m.let(v.and(control, 0xff));
  const length = m.let(v.and(v.shiftRight(control, 8), 0xff));
  const moved = v.select(v.below(start, 64), v.shiftRight(a, start), v.constant(0));
  const result = m.let(lowBits(m, moved, length));
  m.write(0, result);
  // The sign is moved out: SF stays 0.
  const positive = m.let(v.or(v.shiftRight(result, 1), v.and(result, 1)));
  setResultFlags(m, 64, positive, { parityIsZero: true });
}

/** CF: the index passes the width, and nothing is cleared. */
function bzhi(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const a = m.read(1);
  const index = m.let(v.and(m.read(2), 0xff));
  const result = m.let(lowBits(m, a, index));
  m.write(0, result);
  setResultFlags(m, bits, result, {
    carry: m.let(v.bit(v.operation('i64.ge_u', index, v.constant(bits)))),
    parityIsZero: true,
  });
}

/** All bits where there are 64 or more to keep. */
function lowBits(m: MeaningBuilder, a: Value, count: Value): Value {
  const mask = v.sub(64, v.shiftLeft(v.constant(1), count), v.constant(1));
  return v.select(v.below(count, 64), v.and(a, mask), a);
}

function bitsByMask(name: 'depositBits' | 'extractBits'): Definition {
  return (m) => {
    const source = m.read(1);
    const mask = m.read(2);
    m.write(0, m.let(m.call(name, source, mask)));
  };
}

export const bitFieldDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['andn', andn],
  ['blsi', lowestBit((a, bits) => v.and(a, v.sub(bits, v.constant(0), a)), 0)],
  ['blsmsk', lowestBit((a, bits) => v.xor(a, v.sub(bits, a, v.constant(1))), 1)],
  ['blsr', lowestBit((a, bits) => v.and(a, v.sub(bits, a, v.constant(1))), 1)],
  ['bextr', bextr],
  ['bzhi', bzhi],
  ['pdep', bitsByMask('depositBits')],
  ['pext', bitsByMask('extractBits')],
]);
