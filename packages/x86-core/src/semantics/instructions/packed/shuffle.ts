/** Packing, unpacking, shuffles by a constant or a register, blends: SDM 1 9.4.4, 9.4.5, 11.4.1.4, 12.6.6, 12.10.6. */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import type { OperatorName } from '../../../wasm/operators.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { type Binary, binary, bothEncodings, control, joining, swizzlePair, type Unary, unary } from './packed.ts';

/** Elements of a and b in turns, from the low or the high halves. Of MMX registers the high half is the upper part of what the low one gives. */
function interleave(bytes: 1 | 2 | 4 | 8, from: 'low' | 'high'): Definition {
  const places = (first: number): number[] =>
    Array.from({ length: 16 }, (_, byte) => {
      const element = Math.floor(byte / bytes);
      const source = first + Math.floor(element / 2) * bytes + (byte % bytes);
      return element % 2 === 0 ? source : source + 16;
    });
  const onVectors = binary((_, a, b) => v.shuffle(a, b, places(from === 'low' ? 0 : 8)));
  if (from === 'low') return onVectors;
  const onMmx = binary((_, a, b) => {
    const both = v.shuffle(a, b, places(0));
    return v.shuffle(both, both, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
  });
  return (m) => (m.kind(0) === 'mmx' ? onMmx : onVectors)(m);
}

function pack(operator: OperatorName): Binary {
  return (_, a, b) => v.operation(operator, a, b);
}

/** "If the most significant bit is set, 0 is written" (SDM 2 PSHUFB). The other bits above the number do not count. */
const shuffleBytes: Definition = (m) =>
  binary((_, a, b) => {
    const mask = v.lanes(...new Array<number>(16).fill(m.kind(0) === 'mmx' ? 0x87 : 0x8f));
    return v.swizzle(a, v.vectorAnd(b, mask));
  })(m);

/** Numbers of bytes from four fields of two bits: each lane multiplies its field up to bits 6 and 7. */
function fieldsOf(imm: Value): Value {
  const fields = v.shiftLanes('i32x4.shr_u', v.operation('i32x4.mul', v.splat32(imm), v.lanes(64, 16, 4, 1)), 6);
  const numbers = v.vectorAnd(fields, v.lanes(3, 3, 3, 3));
  return v.operation(
    'i32x4.add',
    v.operation('i32x4.mul', numbers, v.lanes(0x0404_0404, 0x0404_0404, 0x0404_0404, 0x0404_0404)),
    v.lanes(0x0302_0100, 0x0302_0100, 0x0302_0100, 0x0302_0100),
  );
}

/** The same for four words of eight; the other four stay: `scales` is 0 there. */
function wordFieldsOf(imm: Value, scales: readonly number[], places: readonly number[]): Value {
  const fields = v.shiftLanes('i16x8.shr_u', v.operation('i16x8.mul', v.splat16(imm), v.lanes(...scales)), 6);
  const numbers = v.vectorAnd(fields, v.lanes(...new Array<number>(8).fill(3)));
  const doubled = v.operation('i16x8.mul', numbers, v.lanes(...new Array<number>(8).fill(0x0202)));
  return v.operation('i16x8.add', doubled, v.lanes(...places));
}

const lowFields = (imm: Value): Value =>
  wordFieldsOf(imm, [64, 16, 4, 1, 0, 0, 0, 0], [0x0100, 0x0100, 0x0100, 0x0100, 0x0908, 0x0b0a, 0x0d0c, 0x0f0e]);
const highFields = (imm: Value): Value =>
  wordFieldsOf(imm, [0, 0, 0, 0, 64, 16, 4, 1], [0x0100, 0x0302, 0x0504, 0x0706, 0x0908, 0x0908, 0x0908, 0x0908]);

function shuffleBy(numbersOf: (imm: Value) => Value): Unary {
  return (m, a) => v.swizzle(a, numbersOf(control(m)));
}

/** Two doublewords of a, then two of b. */
const shuffleSingles: Binary = (m, a, b) => {
  const numbers = m.let(fieldsOf(control(m)));
  return v.shuffle(
    v.swizzle(a, numbers),
    v.swizzle(b, numbers),
    [0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31],
  );
};

/** A bit of the immediate for each quadword, the upper half's above the lower's. */
function quadwordBit(m: MeaningBuilder, half: 0 | 1, number: 0 | 1): Value {
  const bit = v.operation('i64.and', control(m), v.constant(1 << (2 * half + number)));
  return v.operation('i64.ne', bit, v.constant(0));
}

function chosenQuadword(m: MeaningBuilder, of: Value, high: Value): Value {
  return m.let(v.select(high, v.quadword(of, 1), v.quadword(of, 0)));
}

/** One quadword of a, then one of b. */
const shuffleDoubles: Binary = (m, a, b, half) =>
  v.pair64(chosenQuadword(m, a, quadwordBit(m, half, 0)), chosenQuadword(m, b, quadwordBit(m, half, 1)));

/** Bytes of a above those of b, moved down. MMX has both in one vector. */
const align: Definition = (m) => {
  const bytes = control(m);
  const most = m.kind(0) === 'mmx' ? 16 : 32;
  const count = m.let(v.select(v.operation('i64.lt_u', bytes, v.constant(most)), bytes, v.constant(most)));
  const numbers = v.operation('i8x16.add', v.byteNumbers, v.splat8(count));
  binary((_, a, b) => {
    if (m.kind(0) !== 'mmx') return swizzlePair(m, b, a, numbers);
    return v.swizzle(v.pair64(v.quadword(b, 0), v.quadword(a, 0)), numbers);
  })(m);
};

/** Ones in the lanes whose bit of a value is set. */
function lanesOfBits(bits: Value, width: 16 | 32 | 64): Value {
  const numbers = Array.from({ length: 128 / width }, (_, lane) => 2 ** lane);
  const flags = v.lanes(...numbers);
  const value = width === 16 ? v.splat16(bits) : width === 32 ? v.splat32(bits) : v.splat64(bits);
  const equal = width === 16 ? 'i16x8.eq' : width === 32 ? 'i32x4.eq' : 'i64x2.eq';
  return v.operation(equal, v.vectorAnd(value, flags), flags);
}

/** A bit of the immediate for each lane: b where it is set. Words have the same eight bits in both halves. */
function blendBy(width: 16 | 32 | 64): Binary {
  return (m, a, b, half) => {
    const skipped = width === 16 ? 0 : (128 / width) * half;
    const bits = m.let(v.operation('i64.shr_u', control(m), v.constant(skipped)));
    return v.blend(lanesOfBits(bits, width), b, a);
  };
}

/** The sign of each lane of a mask: XMM0, or the fourth operand. */
function blendBySign(shift: 'i8x16.shr_s' | 'i32x4.shr_s' | 'i64x2.shr_s', width: number): Definition {
  return (m) =>
    binary((_, a, b, half) => {
      const mask = m.readVector(m.vex ? 3 : 2, half);
      return v.blend(v.shiftLanes(shift, mask, width - 1), b, a);
    })(m);
}

/** Doublewords 0, 0, 2, 2 or 1, 1, 3, 3; quadwords 0, 0. */
function duplicate(places: readonly number[]): Unary {
  return (_, a) => v.shuffle(a, a, places);
}

const vexBlends: readonly [string, Definition][] = [
  ['vpblendvb', blendBySign('i8x16.shr_s', 8)],
  ['vblendvps', blendBySign('i32x4.shr_s', 32)],
  ['vblendvpd', blendBySign('i64x2.shr_s', 64)],
  ['vpblendd', binary(blendBy(32))],
];

export const packedShuffleDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...bothEncodings('punpcklbw', interleave(1, 'low')),
  ...bothEncodings('punpcklwd', interleave(2, 'low')),
  ...bothEncodings('punpckldq', interleave(4, 'low')),
  ...bothEncodings('punpcklqdq', interleave(8, 'low')),
  ...bothEncodings('punpckhbw', interleave(1, 'high')),
  ...bothEncodings('punpckhwd', interleave(2, 'high')),
  ...bothEncodings('punpckhdq', interleave(4, 'high')),
  ...bothEncodings('punpckhqdq', interleave(8, 'high')),
  ...bothEncodings('unpcklps', interleave(4, 'low')),
  ...bothEncodings('unpcklpd', interleave(8, 'low')),
  ...bothEncodings('unpckhps', interleave(4, 'high')),
  ...bothEncodings('unpckhpd', interleave(8, 'high')),
  ...bothEncodings('packsswb', joining(pack('i8x16.narrow_i16x8_s'))),
  ...bothEncodings('packuswb', joining(pack('i8x16.narrow_i16x8_u'))),
  ...bothEncodings('packssdw', joining(pack('i16x8.narrow_i32x4_s'))),
  ...bothEncodings('packusdw', joining(pack('i16x8.narrow_i32x4_u'))),
  ...bothEncodings('pshufb', shuffleBytes),
  ...bothEncodings('pshufd', unary(shuffleBy(fieldsOf))),
  ...bothEncodings('pshuflw', unary(shuffleBy(lowFields))),
  ...bothEncodings('pshufhw', unary(shuffleBy(highFields))),
  ['pshufw', unary(shuffleBy(lowFields))],
  ...bothEncodings('shufps', binary(shuffleSingles)),
  ...bothEncodings('shufpd', binary(shuffleDoubles)),
  ...bothEncodings('palignr', align),
  ...bothEncodings('pblendw', binary(blendBy(16))),
  ...bothEncodings('blendps', binary(blendBy(32))),
  ...bothEncodings('blendpd', binary(blendBy(64))),
  ['pblendvb', blendBySign('i8x16.shr_s', 8)],
  ['blendvps', blendBySign('i32x4.shr_s', 32)],
  ['blendvpd', blendBySign('i64x2.shr_s', 64)],
  ...vexBlends,
  ...bothEncodings('movsldup', unary(duplicate([0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11]))),
  ...bothEncodings('movshdup', unary(duplicate([4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15]))),
]);
