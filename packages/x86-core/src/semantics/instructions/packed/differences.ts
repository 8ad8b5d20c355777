/** MPSADBW: eight sums of differences between four bytes of one source and all places in the other (SDM 2 MPSADBW). */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { binary, bothEncodings, control } from './packed.ts';

/** Bits 1:0 choose the four bytes of b, bit 2 whether the places in a start at byte 4; bits 5:3 are those of the upper half. */
function sums(m: MeaningBuilder, a: Value, b: Value, half: 0 | 1): Value {
  const imm = m.let(v.operation('i64.shr_u', control(m), v.constant(3 * half)));
  const block = m.let(v.operation('i64.shl', v.operation('i64.and', imm, v.constant(3)), v.constant(2)));
  const start = m.let(v.operation('i64.and', imm, v.constant(4)));
  const words = (of: Value, numbers: Value): Value => v.operation('i16x8.extend_low_i8x16_u', v.swizzle(of, numbers));
  const differences = [0, 1, 2, 3].map((number) => {
    const places = v.operation('i8x16.add', v.byteNumbers, v.splat8(v.add(64, start, v.constant(number))));
    const one = v.splat8(v.add(64, block, v.constant(number)));
    return v.operation('i16x8.abs', v.operation('i16x8.sub', words(a, places), words(b, one)));
  });
  return differences.reduce((sum, each) => v.operation('i16x8.add', sum, each));
}

export const differenceDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>(
  bothEncodings('mpsadbw', binary(sums)),
);
