/** AVX and AVX2: permutes, broadcasts, insertion and extraction of halves: SDM 1 14.4, 14.6. */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { control, halvesOf, swizzlePair } from './packed.ts';

const BYTES_OF_DOUBLEWORD = v.lanes(0x0302_0100, 0x0302_0100, 0x0302_0100, 0x0302_0100);
const FOUR_TIMES = v.lanes(0x0404_0404, 0x0404_0404, 0x0404_0404, 0x0404_0404);

/** Numbers of the bytes of doublewords, by the low bits of each lane. */
function bytesOf(numbers: Value, mask: number): Value {
  const masked = v.vectorAnd(numbers, v.lanes(mask, mask, mask, mask));
  return v.operation('i32x4.add', v.operation('i32x4.mul', masked, FOUR_TIMES), BYTES_OF_DOUBLEWORD);
}

/** Doublewords within each half, by the bits of an immediate or of a vector. */
function permuteSingles(m: MeaningBuilder): void {
  const byImmediate = m.kind(2) === 'immediate';
  const source = 1;
  // A field of two bits for each lane, moved to bits 1:0.
  const fields = byImmediate
    ? m.let(v.shiftLanes('i32x4.shr_u', v.operation('i32x4.mul', v.splat32(control(m)), v.lanes(64, 16, 4, 1)), 6))
    : undefined;
  m.writeVector(
    0,
    halvesOf(m).map((half) => {
      const numbers = bytesOf(fields ?? m.readVector(2, half), 3);
      return m.let(v.swizzle(m.readVector(source, half), numbers));
    }),
  );
}

/** Quadwords within each half: bits of an immediate one after the other, or bit 1 of each lane. */
function permuteDoubles(m: MeaningBuilder): void {
  m.writeVector(
    0,
    halvesOf(m).map((half) => {
      const source = m.readVector(1, half);
      const high = (lane: 0 | 1): Value => {
        const bits = m.kind(2) === 'immediate' ? control(m) : m.let(v.quadword(m.readVector(2, half), lane));
        const mask = m.kind(2) === 'immediate' ? 1 << (2 * half + lane) : 2;
        return m.let(v.operation('i64.ne', v.operation('i64.and', bits, v.constant(mask)), v.constant(0)));
      };
      const chosen = (lane: 0 | 1): Value => v.select(high(lane), v.quadword(source, 1), v.quadword(source, 0));
      return m.let(v.pair64(m.let(chosen(0)), m.let(chosen(1))));
    }),
  );
}

/** Doublewords of the whole register. The numbers are the first source. */
function permuteAllDoublewords(m: MeaningBuilder): void {
  const [low, high] = [m.readVector(2, 0), m.readVector(2, 1)];
  m.writeVector(
    0,
    halvesOf(m).map((half) => m.let(swizzlePair(m, low, high, bytesOf(m.readVector(1, half), 7)))),
  );
}

/** Quadwords of the whole register, by four fields of two bits. */
function permuteAllQuadwords(m: MeaningBuilder): void {
  const imm = control(m);
  const halves = [m.readVector(1, 0), m.readVector(1, 1)] as const;
  const quadwords = halves.flatMap((half) => [m.let(v.quadword(half, 0)), m.let(v.quadword(half, 1))]);
  const chosen = (field: number): Value => {
    const bit = (number: number): Value =>
      m.let(v.operation('i64.ne', v.operation('i64.and', imm, v.constant(1 << (2 * field + number))), v.constant(0)));
    const [odd, upper] = [bit(0), bit(1)];
    const ofPair = (first: number): Value => v.select(odd, quadwords[first + 1] as Value, quadwords[first] as Value);
    return m.let(v.select(upper, ofPair(2), ofPair(0)));
  };
  m.writeVector(0, [m.let(v.pair64(chosen(0), chosen(1))), m.let(v.pair64(chosen(2), chosen(3)))]);
}

/** Halves of both sources, by a field of four bits for each: bit 3 clears. */
function permuteHalves(m: MeaningBuilder): void {
  const imm = control(m);
  const halves = [m.readVector(1, 0), m.readVector(1, 1), m.readVector(2, 0), m.readVector(2, 1)] as const;
  const chosen = (shift: number): Value => {
    const bit = (number: number): Value =>
      m.let(v.operation('i64.ne', v.operation('i64.and', imm, v.constant(1 << (shift + number))), v.constant(0)));
    const [odd, second, clear] = [bit(0), bit(1), bit(3)];
    const ofFirst = m.let(v.select(odd, halves[1], halves[0]));
    const ofSecond = m.let(v.select(odd, halves[3], halves[2]));
    return m.let(v.select(clear, v.ZERO, m.let(v.select(second, ofSecond, ofFirst))));
  };
  m.writeVector(0, [chosen(0), chosen(4)]);
}

function insertHalf(m: MeaningBuilder): void {
  const upper = m.let(v.operation('i32.wrap_i64', v.operation('i64.and', control(m), v.constant(1))));
  const inserted = m.readVector(2);
  m.writeVector(0, [
    m.let(v.select(upper, m.readVector(1, 0), inserted)),
    m.let(v.select(upper, inserted, m.readVector(1, 1))),
  ]);
}

function extractHalf(m: MeaningBuilder): void {
  const upper = m.let(v.operation('i32.wrap_i64', v.operation('i64.and', control(m), v.constant(1))));
  m.writeVector(0, [m.let(v.select(upper, m.readVector(1, 1), m.readVector(1, 0)))]);
}

function broadcastHalf(m: MeaningBuilder): void {
  const source = m.readVector(1);
  m.writeVector(0, [source, source]);
}

function broadcast(bits: 8 | 16 | 32 | 64): Definition {
  const splat = { 8: v.splat8, 16: v.splat16, 32: v.splat32, 64: v.splat64 }[bits];
  return (m) => {
    const all = m.let(splat(m.readLow(1, bits)));
    m.writeVector(
      0,
      halvesOf(m).map(() => all),
    );
  };
}

export const permuteDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['vpermilps', permuteSingles],
  ['vpermilpd', permuteDoubles],
  ['vpermd', permuteAllDoublewords],
  ['vpermps', permuteAllDoublewords],
  ['vpermq', permuteAllQuadwords],
  ['vpermpd', permuteAllQuadwords],
  ['vperm2f128', permuteHalves],
  ['vperm2i128', permuteHalves],
  ['vinsertf128', insertHalf],
  ['vinserti128', insertHalf],
  ['vextractf128', extractHalf],
  ['vextracti128', extractHalf],
  ['vbroadcastf128', broadcastHalf],
  ['vbroadcasti128', broadcastHalf],
  ['vbroadcastss', broadcast(32)],
  ['vbroadcastsd', broadcast(64)],
  ['vpbroadcastb', broadcast(8)],
  ['vpbroadcastw', broadcast(16)],
  ['vpbroadcastd', broadcast(32)],
  ['vpbroadcastq', broadcast(64)],
]);
