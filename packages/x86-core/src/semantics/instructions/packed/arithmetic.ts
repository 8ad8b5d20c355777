/** Packed integer arithmetic, comparison and logic: SDM 1 9.4, 11.4.2, 12.6, 12.10. */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import type { OperatorName } from '../../../wasm/operators.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { type Binary, binary, bothEncodings, joining, unary } from './packed.ts';

/** Instructions that are an operator of WebAssembly. */
const operators: Readonly<Record<string, OperatorName>> = {
  paddb: 'i8x16.add',
  paddw: 'i16x8.add',
  paddd: 'i32x4.add',
  paddq: 'i64x2.add',
  paddsb: 'i8x16.add_sat_s',
  paddsw: 'i16x8.add_sat_s',
  paddusb: 'i8x16.add_sat_u',
  paddusw: 'i16x8.add_sat_u',
  psubb: 'i8x16.sub',
  psubw: 'i16x8.sub',
  psubd: 'i32x4.sub',
  psubq: 'i64x2.sub',
  psubsb: 'i8x16.sub_sat_s',
  psubsw: 'i16x8.sub_sat_s',
  psubusb: 'i8x16.sub_sat_u',
  psubusw: 'i16x8.sub_sat_u',
  pmullw: 'i16x8.mul',
  pmulld: 'i32x4.mul',
  pmaddwd: 'i32x4.dot_i16x8_s',
  pavgb: 'i8x16.avgr_u',
  pavgw: 'i16x8.avgr_u',
  pminub: 'i8x16.min_u',
  pminuw: 'i16x8.min_u',
  pminud: 'i32x4.min_u',
  pminsb: 'i8x16.min_s',
  pminsw: 'i16x8.min_s',
  pminsd: 'i32x4.min_s',
  pmaxub: 'i8x16.max_u',
  pmaxuw: 'i16x8.max_u',
  pmaxud: 'i32x4.max_u',
  pmaxsb: 'i8x16.max_s',
  pmaxsw: 'i16x8.max_s',
  pmaxsd: 'i32x4.max_s',
  pcmpeqb: 'i8x16.eq',
  pcmpeqw: 'i16x8.eq',
  pcmpeqd: 'i32x4.eq',
  pcmpeqq: 'i64x2.eq',
  pcmpgtb: 'i8x16.gt_s',
  pcmpgtw: 'i16x8.gt_s',
  pcmpgtd: 'i32x4.gt_s',
  pcmpgtq: 'i64x2.gt_s',
  pand: 'v128.and',
  andps: 'v128.and',
  andpd: 'v128.and',
  por: 'v128.or',
  orps: 'v128.or',
  orpd: 'v128.or',
  pxor: 'v128.xor',
  xorps: 'v128.xor',
  xorpd: 'v128.xor',
};

/** The complement is the first operand's, which is the second of WebAssembly's operator. */
const andNot: Binary = (_, a, b) => v.operation('v128.andnot', b, a);

/** The upper halves of products of words. */
function multiplyHigh(low: OperatorName, high: OperatorName): Binary {
  const odd = Array.from({ length: 8 }, (_, word) => [4 * word + 2, 4 * word + 3]).flat();
  return (_, a, b) => v.shuffle(v.operation(low, a, b), v.operation(high, a, b), odd);
}

/** The operator saturates -1 * -1, where the instruction gives -1. */
const multiplyRounded: Binary = (m, a, b) => {
  const least = v.lanes(...new Array<number>(8).fill(0x8000));
  const bothLeast = v.vectorAnd(v.operation('i16x8.eq', a, least), v.operation('i16x8.eq', b, least));
  return v.vectorXor(m.let(v.operation('i16x8.q15mulr_sat_s', a, b)), bothLeast);
};

const lowDoublewords = v.lanes(0xffff_ffff, 0xffff_ffff);

/** Products of the even doublewords. */
const multiplyUnsigned: Binary = (_, a, b) =>
  v.operation('i64x2.mul', v.vectorAnd(a, lowDoublewords), v.vectorAnd(b, lowDoublewords));

const multiplySigned: Binary = (_, a, b) => {
  const extended = (value: Value): Value => v.shiftLanes('i64x2.shr_s', v.shiftLanes('i64x2.shl', value, 32), 32);
  return v.operation('i64x2.mul', extended(a), extended(b));
};

/** Products of unsigned bytes of a with signed ones of b, added in pairs with saturation. */
const multiplyAddBytes: Binary = (_, a, b) => {
  const lowBytes = v.lanes(...new Array<number>(8).fill(0xff));
  const signedLow = v.shiftLanes('i16x8.shr_s', v.shiftLanes('i16x8.shl', b, 8), 8);
  const even = v.operation('i16x8.mul', v.vectorAnd(a, lowBytes), signedLow);
  const odd = v.operation('i16x8.mul', v.shiftLanes('i16x8.shr_u', a, 8), v.shiftLanes('i16x8.shr_s', b, 8));
  return v.operation('i16x8.add_sat_s', even, odd);
};

/** Sums of eight differences, in each half. */
const sumOfDifferences: Binary = (m, a, b) => {
  const differences = v.vectorOr(v.operation('i8x16.sub_sat_u', a, b), v.operation('i8x16.sub_sat_u', b, a));
  const pairs = v.operation('i16x8.extadd_pairwise_i8x16_u', differences);
  const fours = m.let(v.operation('i32x4.extadd_pairwise_i16x8_u', pairs));
  return v.operation('i64x2.add', v.vectorAnd(fours, lowDoublewords), v.shiftLanes('i64x2.shr_u', fours, 32));
};

/** -a where b is negative, 0 where it is 0. */
function sign(
  shift: 'i8x16.shr_s' | 'i16x8.shr_s' | 'i32x4.shr_s',
  width: number,
  sub: OperatorName,
  equal: OperatorName,
): Binary {
  return (m, a, b) => {
    const negative = m.let(v.shiftLanes(shift, b, width - 1));
    const signed = v.operation(sub, v.vectorXor(a, negative), negative);
    return v.operation('v128.andnot', signed, v.operation(equal, b, v.ZERO));
  };
}

/** Neighbours of a, then those of b. */
function horizontal(bytes: 2 | 4, operator: OperatorName): Binary {
  const places = (first: number): number[] =>
    Array.from({ length: 16 }, (_, byte) => Math.floor(byte / bytes) * 2 * bytes + first + (byte % bytes));
  return (_, a, b) => v.operation(operator, v.shuffle(a, b, places(0)), v.shuffle(a, b, places(bytes)));
}

/** The least word, and its number above it: as the least of doublewords that have the word on top. */
function minimumPosition(m: MeaningBuilder, a: Value): Value {
  const keyed = (name: OperatorName, ...numbers: number[]): Value =>
    v.vectorOr(v.shiftLanes('i32x4.shl', v.operation(name, a), 16), v.lanes(...numbers));
  const least = (x: Value, y: Value): Value => m.let(v.operation('i32x4.min_u', x, y));
  const four = least(keyed('i32x4.extend_low_i16x8_u', 0, 1, 2, 3), keyed('i32x4.extend_high_i16x8_u', 4, 5, 6, 7));
  const two = least(four, v.shuffle(four, four, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]));
  const one = least(two, v.shuffle(two, two, [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]));
  const key = m.let(v.operation('i64.extend_i32_u', v.doubleword(one, 0)));
  const word = v.operation('i64.shr_u', key, v.constant(16));
  const number = v.operation('i64.shl', v.operation('i64.and', key, v.constant(7)), v.constant(16));
  return v.low64(v.operation('i64.or', word, number));
}

const binaries: readonly [string, Binary][] = [
  ...Object.entries(operators).map(([name, operator]): [string, Binary] => [
    name,
    (_, a, b) => v.operation(operator, a, b),
  ]),
  ['pandn', andNot],
  ['andnps', andNot],
  ['andnpd', andNot],
  ['pmulhw', multiplyHigh('i32x4.extmul_low_i16x8_s', 'i32x4.extmul_high_i16x8_s')],
  ['pmulhuw', multiplyHigh('i32x4.extmul_low_i16x8_u', 'i32x4.extmul_high_i16x8_u')],
  ['pmulhrsw', multiplyRounded],
  ['pmuludq', multiplyUnsigned],
  ['pmuldq', multiplySigned],
  ['pmaddubsw', multiplyAddBytes],
  ['psadbw', sumOfDifferences],
  ['psignb', sign('i8x16.shr_s', 8, 'i8x16.sub', 'i8x16.eq')],
  ['psignw', sign('i16x8.shr_s', 16, 'i16x8.sub', 'i16x8.eq')],
  ['psignd', sign('i32x4.shr_s', 32, 'i32x4.sub', 'i32x4.eq')],
];

const horizontals: readonly [string, Binary][] = [
  ['phaddw', horizontal(2, 'i16x8.add')],
  ['phaddd', horizontal(4, 'i32x4.add')],
  ['phaddsw', horizontal(2, 'i16x8.add_sat_s')],
  ['phsubw', horizontal(2, 'i16x8.sub')],
  ['phsubd', horizontal(4, 'i32x4.sub')],
  ['phsubsw', horizontal(2, 'i16x8.sub_sat_s')],
];

export const packedArithmeticDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...binaries.flatMap(([name, compute]) => bothEncodings(name, binary(compute))),
  ...horizontals.flatMap(([name, compute]) => bothEncodings(name, joining(compute))),
  ...bothEncodings(
    'pabsb',
    unary((_, a) => v.operation('i8x16.abs', a)),
  ),
  ...bothEncodings(
    'pabsw',
    unary((_, a) => v.operation('i16x8.abs', a)),
  ),
  ...bothEncodings(
    'pabsd',
    unary((_, a) => v.operation('i32x4.abs', a)),
  ),
  ...bothEncodings('phminposuw', unary(minimumPosition)),
]);
