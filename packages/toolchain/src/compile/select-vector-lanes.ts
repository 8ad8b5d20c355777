/** Splats, extraction and replacement of lanes, shuffles, masks, and the questions any_true and all_true. */
import type { Value } from '../ir/graph.ts';
import { isFloatShape } from './vector-shape.ts';
import { CC } from './lir.ts';
import { setFlag } from './select-condition.ts';
import type { VectorCode } from './vector-code.ts';

/** @returns false where `name` is something else. */
export function selectLanes(code: VectorCode, value: Value, name: string): boolean {
  const [shape, kind] = name.split('.') as [string, string];
  if (kind === 'splat') splat(code, value, shape);
  else if (kind.startsWith('extract_lane')) extract(code, value, shape, kind.endsWith('_s'));
  else if (kind === 'replace_lane') replace(code, value, shape);
  else if (kind === 'shuffle') shuffle(code, value);
  else if (kind === 'swizzle') swizzle(code, value);
  else if (kind === 'bitmask') bitmask(code, value, shape);
  else if (kind === 'any_true' || kind === 'all_true')
    setFlag(code.selector, value, () => truth(code, value.args[0] as Value, shape, kind));
  else return false;
  return true;
}

function splat(code: VectorCode, value: Value, shape: string): void {
  const { selector } = code;
  const a = value.args[0] as Value;
  const result = code.result(value);
  if (isFloatShape(shape)) {
    code.set('pshufd', result, selector.read(code.register(a), 128), shape === 'f32x4' ? 0 : 0x44);
    return;
  }
  const wide = shape === 'i64x2';
  const zero = shape === 'i8x16' ? code.zero() : -1;
  selector.emit(wide ? 'movq' : 'movd', selector.defined(result, 128), selector.useOrMemory(a, wide ? 64 : 32));
  if (shape === 'i8x16') code.op('pshufb', result, zero);
  else {
    if (shape === 'i16x8') code.op('pshuflw', result, result, 0);
    code.op('pshufd', result, result, wide ? 0x44 : 0);
  }
}

function extract(code: VectorCode, value: Value, shape: string, signed: boolean): void {
  const { selector } = code;
  const vector = selector.use(value.args[0] as Value, 128);
  const lane = value.index;
  if (isFloatShape(shape)) {
    if (lane === 0) code.into(code.result(value), vector.register);
    else code.set('pshufd', code.result(value), vector, shape === 'f32x4' ? lane : 0xee);
    return;
  }
  if (shape === 'i64x2') {
    if (lane === 0) selector.emit('movq', selector.result(value, 64), vector);
    else selector.emit('pextrq', selector.result(value, 64), vector, lane);
    return;
  }
  const result = selector.registerOf(value);
  if (shape === 'i32x4') {
    if (lane === 0) selector.emit('movd', selector.defined(result, 32), vector);
    else selector.emit('pextrd', selector.defined(result, 32), vector, lane);
    return;
  }
  const bits = shape === 'i8x16' ? 8 : 16;
  selector.emit(bits === 8 ? 'pextrb' : 'pextrw', selector.defined(result, 32), vector, lane);
  if (signed) selector.emit('movsx', selector.modified(result, 32), selector.read(result, bits));
}

function replace(code: VectorCode, value: Value, shape: string): void {
  const { selector } = code;
  const [vector, scalar] = value.args as [Value, Value];
  const lane = value.index;
  const result = code.result(value);
  if (isFloatShape(shape)) {
    const source = code.register(scalar);
    code.into(result, vector);
    if (shape === 'f32x4') code.op('insertps', result, source, lane << 4);
    else code.op(lane === 0 ? 'movsd' : 'unpcklpd', result, source);
    return;
  }
  const bits = shape === 'i64x2' ? 64 : 32;
  const source = selector.use(scalar, bits);
  code.into(result, vector);
  const suffix = { i8x16: 'b', i16x8: 'w', i32x4: 'd', i64x2: 'q' }[shape] as string;
  code.op(`pinsr${suffix}`, result, source, lane);
}

/** Lanes of 32 bits that one PSHUFD can fetch from one source: its immediate. */
function wholeDwords(lanes: Uint8Array, from: number): number | undefined {
  let immediate = 0;
  for (let i = 0; i < 4; i++) {
    const first = (lanes[4 * i] as number) - from;
    if (first < 0 || first > 15 || first % 4 !== 0) return undefined;
    for (let j = 1; j < 4; j++) if ((lanes[4 * i + j] as number) - from !== first + j) return undefined;
    immediate |= (first / 4) << (2 * i);
  }
  return immediate;
}

/** Interleavings that are one instruction, as the lanes they take. */
const UNPACK: readonly (readonly [string, number, boolean])[] = [
  ['punpcklbw', 1, false],
  ['punpckhbw', 1, true],
  ['punpcklwd', 2, false],
  ['punpckhwd', 2, true],
  ['punpckldq', 4, false],
  ['punpckhdq', 4, true],
  ['punpcklqdq', 8, false],
  ['punpckhqdq', 8, true],
];

function unpackLane(i: number, bytes: number, high: boolean): number {
  const element = Math.floor(i / bytes);
  return (high ? 8 : 0) + Math.floor(element / 2) * bytes + (i % bytes) + (element % 2 === 1 ? 16 : 0);
}

function shuffle(code: VectorCode, value: Value): void {
  const { selector } = code;
  const [a, b] = value.args as [Value, Value];
  const same = a === b;
  const lanes = (value.aux as Uint8Array).map((lane) => (same ? lane & 15 : lane));
  const result = code.result(value);
  for (const from of [0, 16]) {
    const immediate = wholeDwords(lanes, from);
    if (immediate === undefined) continue;
    code.set('pshufd', result, selector.read(code.register(from === 0 ? a : b), 128), immediate);
    return;
  }
  for (const [mnemonic, bytes, high] of UNPACK) {
    if (!lanes.every((lane, i) => lane === (unpackLane(i, bytes, high) & (same ? 15 : 31)))) continue;
    const operand = code.operand(b);
    code.into(result, a);
    code.op(mnemonic, result, operand);
    return;
  }
  const distance = lanes[0] as number;
  if (!same && lanes.every((lane, i) => lane === distance + i)) {
    const operand = code.operand(a);
    code.into(result, b);
    code.op('palignr', result, operand, distance);
    return;
  }
  const pick = (from: number): number[] =>
    [...lanes].map((lane) => (lane >= from && lane < from + 16 ? lane - from : 0x80));
  if (lanes.every((lane) => lane < 16)) {
    code.into(result, a);
    code.op('pshufb', result, code.bytes(pick(0)));
    return;
  }
  if (lanes.every((lane) => lane >= 16)) {
    code.into(result, b);
    code.op('pshufb', result, code.bytes(pick(16)));
    return;
  }
  const other = code.copy(b);
  code.op('pshufb', other, code.bytes(pick(16)));
  code.into(result, a);
  code.op('pshufb', result, code.bytes(pick(0)));
  code.op('por', result, other);
}

/** PSHUFB gives zero where the index has its top bit set: saturation sets it in all from 16 on. */
function swizzle(code: VectorCode, value: Value): void {
  const [a, b] = value.args as [Value, Value];
  const indices = code.copy(b);
  code.op('paddusb', indices, code.splat(8, 0x70n));
  const result = code.result(value);
  code.into(result, a);
  code.op('pshufb', result, indices);
}

function bitmask(code: VectorCode, value: Value, shape: string): void {
  const { selector } = code;
  const a = value.args[0] as Value;
  const result = selector.result(value, 32);
  if (shape === 'i16x8') {
    const packed = code.copy(a);
    code.op('packsswb', packed, packed);
    selector.emit('pmovmskb', result, selector.read(packed, 128));
    selector.emit('movzx', selector.modified(result.register, 32), selector.read(result.register, 8));
    return;
  }
  const mnemonic = shape === 'i8x16' ? 'pmovmskb' : shape === 'i32x4' ? 'movmskps' : 'movmskpd';
  selector.emit(mnemonic, result, selector.use(a, 128));
}

/** Emits the test and tells the condition that holds when the answer is yes. */
export function truth(code: VectorCode, a: Value, shape: string, kind: string): number {
  const { selector } = code;
  if (kind === 'any_true') {
    const register = selector.use(a, 128);
    selector.emit('ptest', register, register);
    return CC.ne;
  }
  const suffix = { i8x16: 'b', i16x8: 'w', i32x4: 'd', i64x2: 'q' }[shape] as string;
  const zeros = code.zero();
  code.op(`pcmpeq${suffix}`, zeros, code.register(a));
  selector.emit('ptest', selector.read(zeros, 128), selector.read(zeros, 128));
  return CC.e;
}
