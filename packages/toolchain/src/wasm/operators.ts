/**
 * The operators of WebAssembly, one row each: code, name, what they pop and push, immediates. Decoder, validator and the
 * translation to SSA read this table. Prefixed codes are `prefix << 8 | number`.
 *
 * Signatures are `popped:pushed` with i = i32, l = i64, f = f32, d = f64, v = v128, a = the address type of the memory;
 * undefined for operators whose types depend on more than the code.
 */

export type Immediate =
  | 'none'
  | 'block'
  | 'label'
  | 'labels'
  | 'function'
  | 'type-table'
  | 'local'
  | 'global'
  | 'table'
  | 'memory-access'
  | 'memory-index'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'v128'
  | 'lanes16'
  | 'lane'
  | 'memory-lane'
  | 'select-types'
  | 'reference-type'
  | 'data-memory'
  | 'data'
  | 'memory-memory'
  | 'element-table'
  | 'element'
  | 'table-table'
  | 'zero-byte';

export interface Operator {
  readonly code: number;
  readonly name: string;
  readonly popped: string | undefined;
  readonly pushed: string | undefined;
  readonly immediate: Immediate;
  /** Bytes that a memory access touches; 0 elsewhere. The alignment may not be above it. */
  readonly accessBytes: number;
  /** How many lanes `lane` immediates may name. */
  readonly lanes: number;
}

const table = new Map<number, Operator>();

function row(
  code: number,
  name: string,
  signature?: string,
  immediate: Immediate = 'none',
  accessBytes = 0,
  lanes = 0,
) {
  const [popped, pushed] = signature?.split(':') ?? [];
  const operator: Operator = { code, name, popped, pushed, immediate, accessBytes, lanes };
  table.set(code, operator);
}

/** Consecutive codes with one signature; `-` leaves a code out. */
function run(code: number, prefix: string, list: string, signature: string): void {
  for (const name of list.split(' ')) {
    if (name !== '-') row(code, prefix + name, signature);
    code++;
  }
}

row(0x00, 'unreachable');
row(0x01, 'nop', ':');
row(0x02, 'block', undefined, 'block');
row(0x03, 'loop', undefined, 'block');
row(0x04, 'if', undefined, 'block');
row(0x05, 'else');
row(0x0b, 'end');
row(0x0c, 'br', undefined, 'label');
row(0x0d, 'br_if', undefined, 'label');
row(0x0e, 'br_table', undefined, 'labels');
row(0x0f, 'return');
row(0x10, 'call', undefined, 'function');
row(0x11, 'call_indirect', undefined, 'type-table');
row(0x12, 'return_call', undefined, 'function');
row(0x13, 'return_call_indirect', undefined, 'type-table');
row(0x1a, 'drop');
row(0x1b, 'select');
row(0x1c, 'select_t', undefined, 'select-types');
row(0x20, 'local.get', undefined, 'local');
row(0x21, 'local.set', undefined, 'local');
row(0x22, 'local.tee', undefined, 'local');
row(0x23, 'global.get', undefined, 'global');
row(0x24, 'global.set', undefined, 'global');
row(0x25, 'table.get', undefined, 'table');
row(0x26, 'table.set', undefined, 'table');

/** [type letter, name, width] of the accesses in code order. */
const loads: readonly (readonly [string, string, number])[] = [
  ['i', 'i32.load', 4],
  ['l', 'i64.load', 8],
  ['f', 'f32.load', 4],
  ['d', 'f64.load', 8],
  ['i', 'i32.load8_s', 1],
  ['i', 'i32.load8_u', 1],
  ['i', 'i32.load16_s', 2],
  ['i', 'i32.load16_u', 2],
  ['l', 'i64.load8_s', 1],
  ['l', 'i64.load8_u', 1],
  ['l', 'i64.load16_s', 2],
  ['l', 'i64.load16_u', 2],
  ['l', 'i64.load32_s', 4],
  ['l', 'i64.load32_u', 4],
];
loads.forEach(([type, name, bytes], i) => row(0x28 + i, name, `a:${type}`, 'memory-access', bytes));
const stores: readonly (readonly [string, string, number])[] = [
  ['i', 'i32.store', 4],
  ['l', 'i64.store', 8],
  ['f', 'f32.store', 4],
  ['d', 'f64.store', 8],
  ['i', 'i32.store8', 1],
  ['i', 'i32.store16', 2],
  ['l', 'i64.store8', 1],
  ['l', 'i64.store16', 2],
  ['l', 'i64.store32', 4],
];
stores.forEach(([type, name, bytes], i) => row(0x36 + i, name, `a${type}:`, 'memory-access', bytes));
row(0x3f, 'memory.size', ':a', 'memory-index');
row(0x40, 'memory.grow', 'a:a', 'memory-index');
row(0x41, 'i32.const', ':i', 'i32');
row(0x42, 'i64.const', ':l', 'i64');
row(0x43, 'f32.const', ':f', 'f32');
row(0x44, 'f64.const', ':d', 'f64');

const integerCompares = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const integerBinary = 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const floatUnary = 'abs neg ceil floor trunc nearest sqrt';
const floatBinary = 'add sub mul div min max copysign';
row(0x45, 'i32.eqz', 'i:i');
run(0x46, 'i32.', integerCompares, 'ii:i');
row(0x50, 'i64.eqz', 'l:i');
run(0x51, 'i64.', integerCompares, 'll:i');
run(0x5b, 'f32.', 'eq ne lt gt le ge', 'ff:i');
run(0x61, 'f64.', 'eq ne lt gt le ge', 'dd:i');
run(0x67, 'i32.', 'clz ctz popcnt', 'i:i');
run(0x6a, 'i32.', integerBinary, 'ii:i');
run(0x79, 'i64.', 'clz ctz popcnt', 'l:l');
run(0x7c, 'i64.', integerBinary, 'll:l');
run(0x8b, 'f32.', floatUnary, 'f:f');
run(0x92, 'f32.', floatBinary, 'ff:f');
run(0x99, 'f64.', floatUnary, 'd:d');
run(0xa0, 'f64.', floatBinary, 'dd:d');
row(0xa7, 'i32.wrap_i64', 'l:i');
run(0xa8, 'i32.', 'trunc_f32_s trunc_f32_u', 'f:i');
run(0xaa, 'i32.', 'trunc_f64_s trunc_f64_u', 'd:i');
run(0xac, 'i64.', 'extend_i32_s extend_i32_u', 'i:l');
run(0xae, 'i64.', 'trunc_f32_s trunc_f32_u', 'f:l');
run(0xb0, 'i64.', 'trunc_f64_s trunc_f64_u', 'd:l');
run(0xb2, 'f32.', 'convert_i32_s convert_i32_u', 'i:f');
run(0xb4, 'f32.', 'convert_i64_s convert_i64_u', 'l:f');
row(0xb6, 'f32.demote_f64', 'd:f');
run(0xb7, 'f64.', 'convert_i32_s convert_i32_u', 'i:d');
run(0xb9, 'f64.', 'convert_i64_s convert_i64_u', 'l:d');
row(0xbb, 'f64.promote_f32', 'f:d');
row(0xbc, 'i32.reinterpret_f32', 'f:i');
row(0xbd, 'i64.reinterpret_f64', 'd:l');
row(0xbe, 'f32.reinterpret_i32', 'i:f');
row(0xbf, 'f64.reinterpret_i64', 'l:d');
run(0xc0, 'i32.', 'extend8_s extend16_s', 'i:i');
run(0xc2, 'i64.', 'extend8_s extend16_s extend32_s', 'l:l');
row(0xd0, 'ref.null', undefined, 'reference-type');
row(0xd1, 'ref.is_null');
row(0xd2, 'ref.func', undefined, 'function');

run(0xfc00, 'i32.', 'trunc_sat_f32_s trunc_sat_f32_u', 'f:i');
run(0xfc02, 'i32.', 'trunc_sat_f64_s trunc_sat_f64_u', 'd:i');
run(0xfc04, 'i64.', 'trunc_sat_f32_s trunc_sat_f32_u', 'f:l');
run(0xfc06, 'i64.', 'trunc_sat_f64_s trunc_sat_f64_u', 'd:l');
row(0xfc08, 'memory.init', 'aii:', 'data-memory');
row(0xfc09, 'data.drop', ':', 'data');
row(0xfc0a, 'memory.copy', 'aaa:', 'memory-memory');
row(0xfc0b, 'memory.fill', 'aia:', 'memory-index');
row(0xfc0c, 'table.init', undefined, 'element-table');
row(0xfc0d, 'elem.drop', undefined, 'element');
row(0xfc0e, 'table.copy', undefined, 'table-table');
row(0xfc0f, 'table.grow', undefined, 'table');
row(0xfc10, 'table.size', undefined, 'table');
row(0xfc11, 'table.fill', undefined, 'table');

row(0xfe00, 'memory.atomic.notify', 'ai:i', 'memory-access', 4);
row(0xfe01, 'memory.atomic.wait32', 'ail:i', 'memory-access', 4);
row(0xfe02, 'memory.atomic.wait64', 'all:i', 'memory-access', 8);
row(0xfe03, 'atomic.fence', ':', 'zero-byte');
/** [type letter, prefix, suffix, bytes] of the seven widths that each atomic operation has. */
const atomicWidths: readonly (readonly [string, string, string, number])[] = [
  ['i', 'i32.atomic.', '', 4],
  ['l', 'i64.atomic.', '', 8],
  ['i', 'i32.atomic.', '8', 1],
  ['i', 'i32.atomic.', '16', 2],
  ['l', 'i64.atomic.', '8', 1],
  ['l', 'i64.atomic.', '16', 2],
  ['l', 'i64.atomic.', '32', 4],
];
atomicWidths.forEach(([type, prefix, width, bytes], i) => {
  const unsigned = width === '' ? '' : '_u';
  row(0xfe10 + i, `${prefix}load${width}${unsigned}`, `a:${type}`, 'memory-access', bytes);
  row(0xfe17 + i, `${prefix}store${width}`, `a${type}:`, 'memory-access', bytes);
  ['add', 'sub', 'and', 'or', 'xor', 'xchg'].forEach((name, kind) => {
    const code = 0xfe1e + 7 * kind + i;
    row(code, `${prefix}rmw${width}.${name}${unsigned}`, `a${type}:${type}`, 'memory-access', bytes);
  });
  row(0xfe48 + i, `${prefix}rmw${width}.cmpxchg${unsigned}`, `a${type}${type}:${type}`, 'memory-access', bytes);
});

row(0xfd00, 'v128.load', 'a:v', 'memory-access', 16);
['8x8_s', '8x8_u', '16x4_s', '16x4_u', '32x2_s', '32x2_u'].forEach((name, i) =>
  row(0xfd01 + i, `v128.load${name}`, 'a:v', 'memory-access', 8),
);
[1, 2, 4, 8].forEach((bytes, i) => {
  row(0xfd07 + i, `v128.load${bytes * 8}_splat`, 'a:v', 'memory-access', bytes);
  row(0xfd54 + i, `v128.load${bytes * 8}_lane`, 'av:v', 'memory-lane', bytes, 16 / bytes);
  row(0xfd58 + i, `v128.store${bytes * 8}_lane`, 'av:', 'memory-lane', bytes, 16 / bytes);
});
row(0xfd5c, 'v128.load32_zero', 'a:v', 'memory-access', 4);
row(0xfd5d, 'v128.load64_zero', 'a:v', 'memory-access', 8);
row(0xfd0b, 'v128.store', 'av:', 'memory-access', 16);
row(0xfd0c, 'v128.const', ':v', 'v128');
row(0xfd0d, 'i8x16.shuffle', 'vv:v', 'lanes16');
row(0xfd0e, 'i8x16.swizzle', 'vv:v');
const shapes: readonly (readonly [string, string])[] = [
  ['i8x16', 'i'],
  ['i16x8', 'i'],
  ['i32x4', 'i'],
  ['i64x2', 'l'],
  ['f32x4', 'f'],
  ['f64x2', 'd'],
];
shapes.forEach(([shape, lane], i) => row(0xfd0f + i, `${shape}.splat`, `${lane}:v`));
['i8x16.extract_lane_s', 'i8x16.extract_lane_u', 'i8x16.replace_lane'].forEach((name, i) =>
  row(0xfd15 + i, name, i < 2 ? 'v:i' : 'vi:v', 'lane', 0, 16),
);
['i16x8.extract_lane_s', 'i16x8.extract_lane_u', 'i16x8.replace_lane'].forEach((name, i) =>
  row(0xfd18 + i, name, i < 2 ? 'v:i' : 'vi:v', 'lane', 0, 8),
);
shapes.slice(2).forEach(([shape, lane], i) => {
  const lanes = Number(shape.slice(-1));
  row(0xfd1b + 2 * i, `${shape}.extract_lane`, `v:${lane}`, 'lane', 0, lanes);
  row(0xfd1c + 2 * i, `${shape}.replace_lane`, `v${lane}:v`, 'lane', 0, lanes);
});
run(0xfd23, 'i8x16.', integerCompares, 'vv:v');
run(0xfd2d, 'i16x8.', integerCompares, 'vv:v');
run(0xfd37, 'i32x4.', integerCompares, 'vv:v');
run(0xfd41, 'f32x4.', 'eq ne lt gt le ge', 'vv:v');
run(0xfd47, 'f64x2.', 'eq ne lt gt le ge', 'vv:v');
row(0xfd4d, 'v128.not', 'v:v');
run(0xfd4e, 'v128.', 'and andnot or xor', 'vv:v');
row(0xfd52, 'v128.bitselect', 'vvv:v');
row(0xfd53, 'v128.any_true', 'v:i');
row(0xfd5e, 'f32x4.demote_f64x2_zero', 'v:v');
row(0xfd5f, 'f64x2.promote_low_f32x4', 'v:v');
run(0xfd60, 'i8x16.', 'abs neg popcnt', 'v:v');
run(0xfd63, 'i8x16.', 'all_true bitmask', 'v:i');
run(0xfd65, 'i8x16.', 'narrow_i16x8_s narrow_i16x8_u', 'vv:v');
run(0xfd67, 'f32x4.', 'ceil floor trunc nearest', 'v:v');
run(0xfd6b, 'i8x16.', 'shl shr_s shr_u', 'vi:v');
run(0xfd6e, 'i8x16.', 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u', 'vv:v');
run(0xfd74, 'f64x2.', 'ceil floor', 'v:v');
run(0xfd76, 'i8x16.', 'min_s min_u max_s max_u', 'vv:v');
row(0xfd7a, 'f64x2.trunc', 'v:v');
row(0xfd7b, 'i8x16.avgr_u', 'vv:v');
run(0xfd7c, '', 'i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u', 'v:v');
run(0xfd7e, '', 'i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u', 'v:v');
run(0xfd80, 'i16x8.', 'abs neg', 'v:v');
row(0xfd82, 'i16x8.q15mulr_sat_s', 'vv:v');
run(0xfd83, 'i16x8.', 'all_true bitmask', 'v:i');
run(0xfd85, 'i16x8.', 'narrow_i32x4_s narrow_i32x4_u', 'vv:v');
run(0xfd87, 'i16x8.', 'extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u', 'v:v');
run(0xfd8b, 'i16x8.', 'shl shr_s shr_u', 'vi:v');
run(0xfd8e, 'i16x8.', 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u', 'vv:v');
row(0xfd94, 'f64x2.nearest', 'v:v');
run(0xfd95, 'i16x8.', 'mul min_s min_u max_s max_u - avgr_u', 'vv:v');
run(0xfd9c, 'i16x8.', 'extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u', 'vv:v');
run(0xfda0, 'i32x4.', 'abs neg', 'v:v');
run(0xfda3, 'i32x4.', 'all_true bitmask', 'v:i');
run(0xfda7, 'i32x4.', 'extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u', 'v:v');
run(0xfdab, 'i32x4.', 'shl shr_s shr_u', 'vi:v');
run(0xfdae, 'i32x4.', 'add - - sub - - - mul min_s min_u max_s max_u dot_i16x8_s', 'vv:v');
run(0xfdbc, 'i32x4.', 'extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u', 'vv:v');
run(0xfdc0, 'i64x2.', 'abs neg', 'v:v');
run(0xfdc3, 'i64x2.', 'all_true bitmask', 'v:i');
run(0xfdc7, 'i64x2.', 'extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u', 'v:v');
run(0xfdcb, 'i64x2.', 'shl shr_s shr_u', 'vi:v');
run(0xfdce, 'i64x2.', 'add - - sub - - - mul eq ne lt_s gt_s le_s ge_s', 'vv:v');
run(0xfddc, 'i64x2.', 'extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u', 'vv:v');
for (const [code, shape] of [
  [0xfde0, 'f32x4.'],
  [0xfdec, 'f64x2.'],
] as const) {
  run(code, shape, 'abs neg - sqrt', 'v:v');
  run(code + 4, shape, 'add sub mul div min max pmin pmax', 'vv:v');
}
run(0xfdf8, 'i32x4.', 'trunc_sat_f32x4_s trunc_sat_f32x4_u', 'v:v');
run(0xfdfa, 'f32x4.', 'convert_i32x4_s convert_i32x4_u', 'v:v');
run(0xfdfc, 'i32x4.', 'trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero', 'v:v');
run(0xfdfe, 'f64x2.', 'convert_low_i32x4_s convert_low_i32x4_u', 'v:v');

/** Every operator by its code. */
export const operators: ReadonlyMap<number, Operator> = table;
