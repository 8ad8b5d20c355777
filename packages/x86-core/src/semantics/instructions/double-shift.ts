/** SHLD and SHRD: SDM 1 7.3.6.3. */
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import type { Definition } from './definition.ts';
import { maskedCount, topTwoDiffer } from './shift.ts';
import { setResultFlags } from './status-flags.ts';

/** Bit 0 of `carry` and `overflow` counts. */
interface Shifted {
  readonly result: Value;
  readonly carry: Value;
  readonly overflow: Value;
}

type DoubleShift = (m: MeaningBuilder, bits: Bits, a: Value, filler: Value, count: Value) => Shifted;

/**
 * With 16 bits the manual leaves the result undefined for counts above 16. Processors then shift in the destination itself, behind the
 * filler: so three words are shifted here.
 */
const shld: DoubleShift = (m, bits, a, filler, count) => {
  const overflow = topTwoDiffer(bits, a);
  if (bits === 64) {
    const result = v.or(v.shiftLeft(a, count), shiftRightBy64Minus(filler, count));
    return { result, carry: v.shiftRight(a, v.operation('i64.sub', v.constant(64), count)), overflow };
  }
  const both = v.or(v.shiftLeft(a, bits), filler);
  const all = bits === 16 ? v.or(v.shiftLeft(both, 16), a) : both;
  const shifted = m.let(v.shiftLeft(all, count));
  const width = bits === 16 ? 48 : 64;
  const result = v.truncate(bits, v.shiftRight(shifted, width - bits));
  // Of 32-bit operands the last bit out is lost at the top of the 64 bits.
  const carry =
    bits === 16 ? v.shiftRight(shifted, 48) : v.shiftRight(a, v.operation('i64.sub', v.constant(32), count));
  return { result, carry, overflow };
};

const shrd: DoubleShift = (m, bits, a, filler, count) => {
  const overflow = v.xor(v.shiftRight(a, bits - 1), filler);
  const before = v.operation('i64.sub', count, v.constant(1));
  if (bits === 64) {
    const upper = v.shiftLeft(v.shiftLeft(filler, 1), v.operation('i64.sub', v.constant(63), count));
    return { result: v.or(v.shiftRight(a, count), upper), carry: v.shiftRight(a, before), overflow };
  }
  const both = v.or(v.shiftLeft(filler, bits), a);
  const all = m.let(bits === 16 ? v.or(both, v.shiftLeft(a, 32)) : both);
  return { result: v.truncate(bits, v.shiftRight(all, count)), carry: v.shiftRight(all, before), overflow };
};

/** 0 for a count of 0. */
function shiftRightBy64Minus(a: Value, count: Value): Value {
  return v.shiftRight(v.shiftRight(a, 1), v.operation('i64.sub', v.constant(63), count));
}

/** OF is defined for a count of 1, where it says that the sign changed; processors compute it for all as for that one. */
function doubleShift(shift: DoubleShift): Definition {
  return (m) => {
    const bits = m.bits(0);
    const a = m.readForWrite(0);
    const filler = m.read(1);
    const count = maskedCount(m, bits, m.read(2));
    const { result, carry, overflow } = shift(m, bits, a, filler, count);
    const value = m.let(result);
    m.write(0, value);
    if (m.shape.flagsDead) return;
    m.if(v.different(count, 0), () => {
      setResultFlags(m, bits, value, { carry: m.let(v.and(carry, 1)), overflow: m.let(v.and(overflow, 1)) });
    });
  };
}

export const doubleShiftDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['shld', doubleShift(shld)],
  ['shrd', doubleShift(shrd)],
]);
