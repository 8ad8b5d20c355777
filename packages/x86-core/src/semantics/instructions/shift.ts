/** Shifts: SDM 1 7.3.6; BMI2: SDM 2 SARX, SHLX, SHRX. */
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import type { Definition } from './definition.ts';
import { setResultFlags } from './status-flags.ts';

/** Bit 0 of `carry` and `overflow` counts. OF is defined for a count of 1 alone; processors compute it for all as for that one. */
interface Shifted {
  readonly result: Value;
  readonly carry: Value;
  readonly overflow: Value;
}

type Shift = (a: Value, count: Value, bits: Bits) => Shifted;

const shl: Shift = (a, count, bits) => {
  const result = v.truncate(bits, v.shiftLeft(a, count));
  // The last bit moved out; none where the count passes the width, where CF is undefined.
  const carry =
    bits === 64
      ? v.shiftRight(a, v.operation('i64.sub', v.constant(64), count))
      : v.shiftRight(v.shiftLeft(a, count), bits);
  return { result, carry, overflow: topTwoDiffer(bits, a) };
};

const shr: Shift = (a, count, bits) => ({
  result: v.shiftRight(a, count),
  carry: lastOut(a, count),
  overflow: v.shiftRight(a, bits - 1),
});

const sar: Shift = (a, count, bits) => {
  const wide = v.signed(bits, a);
  return {
    result: v.truncate(bits, v.shiftRightSigned(wide, count)),
    carry: lastOut(wide, count),
    overflow: v.constant(0),
  };
};

/** Bit 0: whether a move by one to the left changes the sign. */
export function topTwoDiffer(bits: Bits, a: Value): Value {
  return v.xor(v.shiftRight(a, bits - 1), v.shiftRight(a, bits - 2));
}

function lastOut(a: Value, count: Value): Value {
  return v.shiftRightSigned(a, v.operation('i64.sub', count, v.constant(1)));
}

/** "If the count is 0, the flags are not affected" (SDM 2 SAL/SAR/SHL/SHR); a 32-bit destination is still zero-extended. */
function shiftWith(shift: Shift): Definition {
  return (m) => {
    const bits = m.bits(0);
    const a = m.readForWrite(0);
    const count = maskedCount(m, bits, m.read(1));
    const { result, carry, overflow } = shift(a, count, bits);
    const value = m.let(result);
    m.write(0, value);
    if (m.shape.flagsDead) return;
    m.if(v.different(count, 0), () => {
      setResultFlags(m, bits, value, { carry: m.let(v.and(carry, 1)), overflow: m.let(v.and(overflow, 1)) });
    });
  };
}

/** Five bits of the count matter, six with 64-bit operands. */
export function maskedCount(m: MeaningBuilder, bits: Bits, count: Value): Value {
  return m.let(v.and(count, bits === 64 ? 63 : 31));
}

/** Three operands, no flags. */
function shiftWithoutFlags(shift: Shift): Definition {
  return (m) => {
    const bits = m.bits(0);
    const a = m.read(1);
    const count = maskedCount(m, bits, m.read(2));
    m.write(0, m.let(shift(a, count, bits).result));
  };
}

export const shiftDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['shl', shiftWith(shl)],
  ['sal', shiftWith(shl)],
  ['shr', shiftWith(shr)],
  ['sar', shiftWith(sar)],
  ['shlx', shiftWithoutFlags(shl)],
  ['shrx', shiftWithoutFlags(shr)],
  ['sarx', shiftWithoutFlags(sar)],
]);
