/** Vectors on SSE4.1: which operator is which instruction. Longer sequences are in select-vector-lanes.ts and select-vector-arithmetic.ts. */
import type { Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';
import { operators } from '../wasm/operators.ts';
import { selectSequence } from './select-vector-arithmetic.ts';
import { selectLanes } from './select-vector-lanes.ts';
import type { Selector } from './selector.ts';
import { selectVectorMemory } from './select-vector-memory.ts';
import { selectVectorCompare } from './select-vector-compare.ts';
import { VectorCode } from './vector-code.ts';

/** `result = a; mnemonic result, b`. An asterisk marks those that commute. */
const BINARY: Readonly<Record<string, string>> = {
  'v128.and': 'pand*',
  'v128.or': 'por*',
  'v128.xor': 'pxor*',
  'i8x16.add': 'paddb*',
  'i8x16.add_sat_s': 'paddsb*',
  'i8x16.add_sat_u': 'paddusb*',
  'i8x16.sub': 'psubb',
  'i8x16.sub_sat_s': 'psubsb',
  'i8x16.sub_sat_u': 'psubusb',
  'i8x16.min_s': 'pminsb*',
  'i8x16.min_u': 'pminub*',
  'i8x16.max_s': 'pmaxsb*',
  'i8x16.max_u': 'pmaxub*',
  'i8x16.avgr_u': 'pavgb*',
  'i8x16.narrow_i16x8_s': 'packsswb',
  'i8x16.narrow_i16x8_u': 'packuswb',
  'i16x8.add': 'paddw*',
  'i16x8.add_sat_s': 'paddsw*',
  'i16x8.add_sat_u': 'paddusw*',
  'i16x8.sub': 'psubw',
  'i16x8.sub_sat_s': 'psubsw',
  'i16x8.sub_sat_u': 'psubusw',
  'i16x8.mul': 'pmullw*',
  'i16x8.min_s': 'pminsw*',
  'i16x8.min_u': 'pminuw*',
  'i16x8.max_s': 'pmaxsw*',
  'i16x8.max_u': 'pmaxuw*',
  'i16x8.avgr_u': 'pavgw*',
  'i16x8.narrow_i32x4_s': 'packssdw',
  'i16x8.narrow_i32x4_u': 'packusdw',
  'i32x4.add': 'paddd*',
  'i32x4.sub': 'psubd',
  'i32x4.mul': 'pmulld*',
  'i32x4.min_s': 'pminsd*',
  'i32x4.min_u': 'pminud*',
  'i32x4.max_s': 'pmaxsd*',
  'i32x4.max_u': 'pmaxud*',
  'i32x4.dot_i16x8_s': 'pmaddwd*',
  'i64x2.add': 'paddq*',
  'i64x2.sub': 'psubq',
  'f32x4.add': 'addps*',
  'f32x4.sub': 'subps',
  'f32x4.mul': 'mulps*',
  'f32x4.div': 'divps',
  'f64x2.add': 'addpd*',
  'f64x2.sub': 'subpd',
  'f64x2.mul': 'mulpd*',
  'f64x2.div': 'divpd',
};

/** `mnemonic result, a`, with an immediate where there is one. */
const UNARY: Readonly<Record<string, readonly [string, number?]>> = {
  'i8x16.abs': ['pabsb'],
  'i16x8.abs': ['pabsw'],
  'i32x4.abs': ['pabsd'],
  'i16x8.extend_low_i8x16_s': ['pmovsxbw'],
  'i16x8.extend_low_i8x16_u': ['pmovzxbw'],
  'i32x4.extend_low_i16x8_s': ['pmovsxwd'],
  'i32x4.extend_low_i16x8_u': ['pmovzxwd'],
  'i64x2.extend_low_i32x4_s': ['pmovsxdq'],
  'i64x2.extend_low_i32x4_u': ['pmovzxdq'],
  'f32x4.ceil': ['roundps', 10],
  'f32x4.floor': ['roundps', 9],
  'f32x4.trunc': ['roundps', 11],
  'f32x4.nearest': ['roundps', 8],
  'f64x2.ceil': ['roundpd', 10],
  'f64x2.floor': ['roundpd', 9],
  'f64x2.trunc': ['roundpd', 11],
  'f64x2.nearest': ['roundpd', 8],
  'f32x4.sqrt': ['sqrtps'],
  'f64x2.sqrt': ['sqrtpd'],
  'f32x4.convert_i32x4_s': ['cvtdq2ps'],
  'f64x2.convert_low_i32x4_s': ['cvtdq2pd'],
  'f32x4.demote_f64x2_zero': ['cvtpd2ps'],
  'f64x2.promote_low_f32x4': ['cvtps2pd'],
};

export function selectVector(selector: Selector, value: Value): void {
  const name = operators.get(value.op)?.name as string;
  const code = new VectorCode(selector);
  if (op.isVectorMemory(value.op)) return selectVectorMemory(code, value, name);
  const [a, b] = value.args as [Value, Value];
  const binary = BINARY[name];
  if (binary !== undefined) return selectBinary(code, value, binary, a, b);
  const unary = UNARY[name];
  if (unary !== undefined) {
    // A whole register is read: constants must be all of it, and spilled values are.
    code.set(unary[0], code.result(value), selector.read(code.register(a), 128), unary[1]);
    return;
  }
  if (selectVectorCompare(code, value, name) || selectLanes(code, value, name) || selectSequence(code, value, name))
    return;
  throw new Error(`no code for ${name}`);
}

function selectBinary(code: VectorCode, value: Value, entry: string, first: Value, second: Value): void {
  const { selector } = code;
  const commutative = entry.endsWith('*');
  let [a, b] = [first, second];
  if (commutative && selector.shouldSwap(value, 0, 1)) [a, b] = [b, a];
  const result = code.result(value);
  const operand = code.operand(b);
  code.into(result, a);
  code.op(commutative ? entry.slice(0, -1) : entry, result, operand);
}
