/** Rotates: SDM 1 7.3.6.4; BMI2: SDM 2 RORX. */
import { carryFlag } from '../flags.ts';
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import type { Definition } from './definition.ts';
import { maskedCount, topTwoDiffer } from './shift.ts';
import { setCarry } from './status-flags.ts';

/** The value rotated left by a count below the width. */
function rotatedLeft(bits: Bits, a: Value, count: Value): Value {
  if (bits === 64) return v.operation('i64.rotl', a, count);
  const wrapped = v.shiftRight(a, v.operation('i64.sub', v.constant(bits), count));
  return v.truncate(bits, v.or(v.shiftLeft(a, count), wrapped));
}

function rotatedRight(bits: Bits, a: Value, count: Value): Value {
  if (bits === 64) return v.operation('i64.rotr', a, count);
  const wrapped = v.shiftLeft(a, v.operation('i64.sub', v.constant(bits), count));
  return v.truncate(bits, v.or(v.shiftRight(a, count), wrapped));
}

/** OF is defined for a count of 1 alone; processors compute it for all as for that one. What moves is the count modulo the width; the masked one says whether flags change (SDM 2 RCL/RCR/ROL/ROR). */
function rotate(direction: 'left' | 'right'): Definition {
  return (m) => {
    const bits = m.bits(0);
    const a = m.readForWrite(0);
    const masked = maskedCount(m, bits, m.read(1));
    const count = bits < 32 ? m.let(v.and(masked, bits - 1)) : masked;
    const result = m.let(direction === 'left' ? rotatedLeft(bits, a, count) : rotatedRight(bits, a, count));
    m.write(0, result);
    if (m.shape.flagsDead) return;
    m.if(v.different(masked, 0), () => {
      const overflow = direction === 'left' ? topTwoDiffer(bits, a) : v.xor(v.shiftRight(a, bits - 1), a);
      const carry = direction === 'left' ? result : v.shiftRight(result, bits - 1);
      setCarry(m, m.let(v.and(carry, 1)), m.let(v.and(overflow, 1)));
    });
  };
}

/** The value and CF above it, rotated by a count of at most the width: what the value becomes, and CF in bit 0. */
interface Carried {
  readonly result: Value;
  readonly carry: Value;
}

function carriedLeft(m: MeaningBuilder, bits: Bits, a: Value, cf: Value, count: Value): Carried {
  const rest = v.operation('i64.sub', v.constant(bits === 64 ? 63 : bits + 1), count);
  if (bits === 64) {
    // CF comes in behind, and what is left of the value behind it; both are 0 for a count of 0.
    const behind = v.or(v.shiftRight(v.shiftLeft(cf, count), 1), v.shiftRight(v.shiftRight(a, 2), rest));
    return { result: v.or(v.shiftLeft(a, count), behind), carry: v.shiftRight(v.shiftRight(a, 1), rest) };
  }
  const whole = m.let(v.or(v.shiftLeft(cf, bits), a));
  const rotated = m.let(v.or(v.shiftLeft(whole, count), v.shiftRight(whole, rest)));
  return { result: v.truncate(bits, rotated), carry: v.shiftRight(rotated, bits) };
}

function carriedRight(m: MeaningBuilder, bits: Bits, a: Value, cf: Value, count: Value): Carried {
  const rest = v.operation('i64.sub', v.constant(bits === 64 ? 63 : bits + 1), count);
  if (bits === 64) {
    const before = v.or(v.shiftLeft(v.shiftLeft(cf, 1), rest), v.shiftLeft(v.shiftLeft(a, 2), rest));
    const carry = v.shiftRight(a, v.operation('i64.sub', count, v.constant(1)));
    return { result: v.or(v.shiftRight(a, count), before), carry };
  }
  const whole = m.let(v.or(v.shiftLeft(cf, bits), a));
  const rotated = m.let(v.or(v.shiftRight(whole, count), v.shiftLeft(whole, rest)));
  return { result: v.truncate(bits, rotated), carry: v.shiftRight(rotated, bits) };
}

function rotateThroughCarry(direction: 'left' | 'right'): Definition {
  return (m) => {
    const bits = m.bits(0);
    const cf = m.let(carryFlag());
    const a = m.readForWrite(0);
    const masked = maskedCount(m, bits, m.read(1));
    const count = bits < 32 ? m.let(v.operation('i64.rem_u', masked, v.constant(bits + 1))) : masked;
    const { result, carry } = (direction === 'left' ? carriedLeft : carriedRight)(m, bits, a, cf, count);
    const value = m.let(result);
    const out = m.let(v.and(carry, 1));
    m.write(0, value);
    if (m.shape.flagsDead) return;
    m.if(v.different(count, 0), () => {
      const overflow = direction === 'left' ? topTwoDiffer(bits, a) : v.xor(v.shiftRight(a, bits - 1), cf);
      setCarry(m, out, m.let(v.and(overflow, 1)));
    });
  };
}

function rorx(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const a = m.read(1);
  m.write(0, m.let(rotatedRight(bits, a, maskedCount(m, bits, m.immediate(2)))));
}

export const rotateDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['rol', rotate('left')],
  ['ror', rotate('right')],
  ['rcl', rotateThroughCarry('left')],
  ['rcr', rotateThroughCarry('right')],
  ['rorx', rorx],
]);
