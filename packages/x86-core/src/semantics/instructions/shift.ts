/** Shifts: SDM 1 7.3.6. */
import { carryWord } from '../flags.ts';
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';

export function shl(m: MeaningBuilder): void {
  shift(m, (a, count, bits) => {
    const result = v.truncate(bits, v.operation('i64.shl', a, count));
    // The last bit moved out; none where the count passes the width, where CF is undefined.
    const out =
      bits === 64
        ? v.operation('i64.shr_u', a, v.operation('i64.sub', v.constant(64), count))
        : v.operation('i64.shr_u', v.operation('i64.shl', a, count), v.constant(bits));
    const sign = v.operation('i64.shr_u', result, v.constant(bits - 1));
    return { result, carry: out, overflow: v.operation('i64.xor', sign, out) };
  });
}

export function shr(m: MeaningBuilder): void {
  shift(m, (a, count, bits) => ({
    result: v.operation('i64.shr_u', a, count),
    carry: lastOut(a, count),
    overflow: v.operation('i64.shr_u', a, v.constant(bits - 1)),
  }));
}

export function sar(m: MeaningBuilder): void {
  shift(m, (a, count, bits) => {
    const wide = v.signed(bits, a);
    return {
      result: v.truncate(bits, v.operation('i64.shr_s', wide, count)),
      carry: lastOut(wide, count),
      overflow: v.constant(0),
    };
  });
}

function lastOut(a: Value, count: Value): Value {
  return v.operation('i64.shr_s', a, v.operation('i64.sub', count, v.constant(1)));
}

/** Bit 0 of `carry` and `overflow` counts. OF is defined for counts of 1 alone; here it follows the same rule for all. */
interface Shifted {
  readonly result: Value;
  readonly carry: Value;
  readonly overflow: Value;
}

/** "If the count is 0, the flags are not affected" (SDM 2 SAL/SAR/SHL/SHR); a 32-bit destination is still zero-extended. */
function shift(m: MeaningBuilder, compute: (a: Value, count: Value, bits: Bits) => Shifted): void {
  const bits = m.bits(0);
  const a = m.readForWrite(0);
  const count = m.let(v.operation('i64.and', m.read(1), v.constant(bits === 64 ? 63 : 31)));
  const { result, carry, overflow } = compute(a, count, bits);
  const value = m.let(result);
  m.write(0, value);
  if (m.shape.flagsDead) return;
  m.if(v.operation('i64.ne', count, v.constant(0)), () => {
    const bit0 = (of: Value): Value => m.let(v.operation('i64.and', of, v.constant(1)));
    const word = m.let(carryWord(bit0(carry), bit0(overflow)));
    m.flags('settled', bits, word, v.constant(0), m.let(v.signed(bits, value)));
  });
}
