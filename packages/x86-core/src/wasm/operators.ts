/**
 * WebAssembly's operators that pop their operands and push one result: name to encoding and result (core specification 5.4).
 * Those of lanes and `i8x16.shuffle` have bytes of their own behind the opcode: the immediate of an operation.
 */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const typeCodes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Result type, then the bytes of the opcode. */
// biome-ignore format: groups
export const operators = {
  // i32 and i64: comparison
  'i32.eqz': ['i32', 0x45], 'i32.eq': ['i32', 0x46], 'i32.ne': ['i32', 0x47], 'i32.lt_s': ['i32', 0x48], 'i32.lt_u': ['i32', 0x49], 'i32.gt_s': ['i32', 0x4a],
  'i32.gt_u': ['i32', 0x4b], 'i32.le_s': ['i32', 0x4c], 'i32.le_u': ['i32', 0x4d], 'i32.ge_s': ['i32', 0x4e], 'i32.ge_u': ['i32', 0x4f],
  'i64.eqz': ['i32', 0x50], 'i64.eq': ['i32', 0x51], 'i64.ne': ['i32', 0x52], 'i64.lt_s': ['i32', 0x53], 'i64.lt_u': ['i32', 0x54], 'i64.gt_s': ['i32', 0x55],
  'i64.gt_u': ['i32', 0x56], 'i64.le_s': ['i32', 0x57], 'i64.le_u': ['i32', 0x58], 'i64.ge_s': ['i32', 0x59], 'i64.ge_u': ['i32', 0x5a],
  // f32 and f64: comparison
  'f32.eq': ['i32', 0x5b], 'f32.ne': ['i32', 0x5c], 'f32.lt': ['i32', 0x5d], 'f32.gt': ['i32', 0x5e], 'f32.le': ['i32', 0x5f], 'f32.ge': ['i32', 0x60],
  'f64.eq': ['i32', 0x61], 'f64.ne': ['i32', 0x62], 'f64.lt': ['i32', 0x63], 'f64.gt': ['i32', 0x64], 'f64.le': ['i32', 0x65], 'f64.ge': ['i32', 0x66],
  // i32 and i64: arithmetic
  'i32.clz': ['i32', 0x67], 'i32.ctz': ['i32', 0x68], 'i32.popcnt': ['i32', 0x69], 'i32.add': ['i32', 0x6a], 'i32.sub': ['i32', 0x6b],
  'i32.mul': ['i32', 0x6c], 'i32.div_s': ['i32', 0x6d], 'i32.div_u': ['i32', 0x6e], 'i32.rem_s': ['i32', 0x6f], 'i32.rem_u': ['i32', 0x70],
  'i32.and': ['i32', 0x71], 'i32.or': ['i32', 0x72], 'i32.xor': ['i32', 0x73], 'i32.shl': ['i32', 0x74], 'i32.shr_s': ['i32', 0x75],
  'i32.shr_u': ['i32', 0x76], 'i32.rotl': ['i32', 0x77], 'i32.rotr': ['i32', 0x78], 'i64.clz': ['i64', 0x79], 'i64.ctz': ['i64', 0x7a],
  'i64.popcnt': ['i64', 0x7b], 'i64.add': ['i64', 0x7c], 'i64.sub': ['i64', 0x7d], 'i64.mul': ['i64', 0x7e], 'i64.div_s': ['i64', 0x7f],
  'i64.div_u': ['i64', 0x80], 'i64.rem_s': ['i64', 0x81], 'i64.rem_u': ['i64', 0x82], 'i64.and': ['i64', 0x83], 'i64.or': ['i64', 0x84],
  'i64.xor': ['i64', 0x85], 'i64.shl': ['i64', 0x86], 'i64.shr_s': ['i64', 0x87], 'i64.shr_u': ['i64', 0x88], 'i64.rotl': ['i64', 0x89],
  'i64.rotr': ['i64', 0x8a],
  // f32 and f64: arithmetic
  'f32.abs': ['f32', 0x8b], 'f32.neg': ['f32', 0x8c], 'f32.ceil': ['f32', 0x8d], 'f32.floor': ['f32', 0x8e], 'f32.trunc': ['f32', 0x8f],
  'f32.nearest': ['f32', 0x90], 'f32.sqrt': ['f32', 0x91], 'f32.add': ['f32', 0x92], 'f32.sub': ['f32', 0x93], 'f32.mul': ['f32', 0x94],
  'f32.div': ['f32', 0x95], 'f32.min': ['f32', 0x96], 'f32.max': ['f32', 0x97], 'f32.copysign': ['f32', 0x98], 'f64.abs': ['f64', 0x99],
  'f64.neg': ['f64', 0x9a], 'f64.ceil': ['f64', 0x9b], 'f64.floor': ['f64', 0x9c], 'f64.trunc': ['f64', 0x9d], 'f64.nearest': ['f64', 0x9e],
  'f64.sqrt': ['f64', 0x9f], 'f64.add': ['f64', 0xa0], 'f64.sub': ['f64', 0xa1], 'f64.mul': ['f64', 0xa2], 'f64.div': ['f64', 0xa3], 'f64.min': ['f64', 0xa4],
  'f64.max': ['f64', 0xa5], 'f64.copysign': ['f64', 0xa6],
  // Conversion
  'i32.wrap_i64': ['i32', 0xa7], 'i64.extend_i32_s': ['i64', 0xac], 'i64.extend_i32_u': ['i64', 0xad], 'f32.convert_i32_s': ['f32', 0xb2],
  'f32.convert_i32_u': ['f32', 0xb3], 'f32.convert_i64_s': ['f32', 0xb4], 'f32.convert_i64_u': ['f32', 0xb5], 'f32.demote_f64': ['f32', 0xb6],
  'f64.convert_i32_s': ['f64', 0xb7], 'f64.convert_i32_u': ['f64', 0xb8], 'f64.convert_i64_s': ['f64', 0xb9], 'f64.convert_i64_u': ['f64', 0xba],
  'f64.promote_f32': ['f64', 0xbb], 'i32.reinterpret_f32': ['i32', 0xbc], 'i64.reinterpret_f64': ['i64', 0xbd], 'f32.reinterpret_i32': ['f32', 0xbe],
  'f64.reinterpret_i64': ['f64', 0xbf], 'i32.extend8_s': ['i32', 0xc0], 'i32.extend16_s': ['i32', 0xc1], 'i64.extend8_s': ['i64', 0xc2],
  'i64.extend16_s': ['i64', 0xc3], 'i64.extend32_s': ['i64', 0xc4], 'i32.trunc_sat_f32_s': ['i32', 0xfc, 0x00], 'i32.trunc_sat_f32_u': ['i32', 0xfc, 0x01],
  'i32.trunc_sat_f64_s': ['i32', 0xfc, 0x02], 'i32.trunc_sat_f64_u': ['i32', 0xfc, 0x03], 'i64.trunc_sat_f32_s': ['i64', 0xfc, 0x04],
  'i64.trunc_sat_f32_u': ['i64', 0xfc, 0x05], 'i64.trunc_sat_f64_s': ['i64', 0xfc, 0x06], 'i64.trunc_sat_f64_u': ['i64', 0xfc, 0x07],
  // v128: lanes
  'i8x16.shuffle': ['v128', 0xfd, 0x0d], 'i8x16.swizzle': ['v128', 0xfd, 0x0e], 'i8x16.splat': ['v128', 0xfd, 0x0f], 'i16x8.splat': ['v128', 0xfd, 0x10],
  'i32x4.splat': ['v128', 0xfd, 0x11], 'i64x2.splat': ['v128', 0xfd, 0x12], 'f32x4.splat': ['v128', 0xfd, 0x13], 'f64x2.splat': ['v128', 0xfd, 0x14],
  'i8x16.extract_lane_s': ['i32', 0xfd, 0x15], 'i8x16.extract_lane_u': ['i32', 0xfd, 0x16], 'i8x16.replace_lane': ['v128', 0xfd, 0x17],
  'i16x8.extract_lane_s': ['i32', 0xfd, 0x18], 'i16x8.extract_lane_u': ['i32', 0xfd, 0x19], 'i16x8.replace_lane': ['v128', 0xfd, 0x1a],
  'i32x4.extract_lane': ['i32', 0xfd, 0x1b], 'i32x4.replace_lane': ['v128', 0xfd, 0x1c], 'i64x2.extract_lane': ['i64', 0xfd, 0x1d],
  'i64x2.replace_lane': ['v128', 0xfd, 0x1e], 'f32x4.extract_lane': ['f32', 0xfd, 0x1f], 'f32x4.replace_lane': ['v128', 0xfd, 0x20],
  'f64x2.extract_lane': ['f64', 0xfd, 0x21], 'f64x2.replace_lane': ['v128', 0xfd, 0x22],
  // v128: comparison
  'i8x16.eq': ['v128', 0xfd, 0x23], 'i8x16.ne': ['v128', 0xfd, 0x24], 'i8x16.lt_s': ['v128', 0xfd, 0x25], 'i8x16.lt_u': ['v128', 0xfd, 0x26],
  'i8x16.gt_s': ['v128', 0xfd, 0x27], 'i8x16.gt_u': ['v128', 0xfd, 0x28], 'i8x16.le_s': ['v128', 0xfd, 0x29], 'i8x16.le_u': ['v128', 0xfd, 0x2a],
  'i8x16.ge_s': ['v128', 0xfd, 0x2b], 'i8x16.ge_u': ['v128', 0xfd, 0x2c], 'i16x8.eq': ['v128', 0xfd, 0x2d], 'i16x8.ne': ['v128', 0xfd, 0x2e],
  'i16x8.lt_s': ['v128', 0xfd, 0x2f], 'i16x8.lt_u': ['v128', 0xfd, 0x30], 'i16x8.gt_s': ['v128', 0xfd, 0x31], 'i16x8.gt_u': ['v128', 0xfd, 0x32],
  'i16x8.le_s': ['v128', 0xfd, 0x33], 'i16x8.le_u': ['v128', 0xfd, 0x34], 'i16x8.ge_s': ['v128', 0xfd, 0x35], 'i16x8.ge_u': ['v128', 0xfd, 0x36],
  'i32x4.eq': ['v128', 0xfd, 0x37], 'i32x4.ne': ['v128', 0xfd, 0x38], 'i32x4.lt_s': ['v128', 0xfd, 0x39], 'i32x4.lt_u': ['v128', 0xfd, 0x3a],
  'i32x4.gt_s': ['v128', 0xfd, 0x3b], 'i32x4.gt_u': ['v128', 0xfd, 0x3c], 'i32x4.le_s': ['v128', 0xfd, 0x3d], 'i32x4.le_u': ['v128', 0xfd, 0x3e],
  'i32x4.ge_s': ['v128', 0xfd, 0x3f], 'i32x4.ge_u': ['v128', 0xfd, 0x40], 'i64x2.eq': ['v128', 0xfd, 0xd6, 0x01], 'i64x2.ne': ['v128', 0xfd, 0xd7, 0x01],
  'i64x2.lt_s': ['v128', 0xfd, 0xd8, 0x01], 'i64x2.gt_s': ['v128', 0xfd, 0xd9, 0x01], 'i64x2.le_s': ['v128', 0xfd, 0xda, 0x01],
  'i64x2.ge_s': ['v128', 0xfd, 0xdb, 0x01], 'f32x4.eq': ['v128', 0xfd, 0x41], 'f32x4.ne': ['v128', 0xfd, 0x42], 'f32x4.lt': ['v128', 0xfd, 0x43],
  'f32x4.gt': ['v128', 0xfd, 0x44], 'f32x4.le': ['v128', 0xfd, 0x45], 'f32x4.ge': ['v128', 0xfd, 0x46], 'f64x2.eq': ['v128', 0xfd, 0x47],
  'f64x2.ne': ['v128', 0xfd, 0x48], 'f64x2.lt': ['v128', 0xfd, 0x49], 'f64x2.gt': ['v128', 0xfd, 0x4a], 'f64x2.le': ['v128', 0xfd, 0x4b],
  'f64x2.ge': ['v128', 0xfd, 0x4c],
  // v128: logic
  'v128.not': ['v128', 0xfd, 0x4d], 'v128.and': ['v128', 0xfd, 0x4e], 'v128.andnot': ['v128', 0xfd, 0x4f], 'v128.or': ['v128', 0xfd, 0x50],
  'v128.xor': ['v128', 0xfd, 0x51], 'v128.bitselect': ['v128', 0xfd, 0x52], 'v128.any_true': ['i32', 0xfd, 0x53],
  // i8x16
  'i8x16.abs': ['v128', 0xfd, 0x60], 'i8x16.neg': ['v128', 0xfd, 0x61], 'i8x16.popcnt': ['v128', 0xfd, 0x62], 'i8x16.all_true': ['i32', 0xfd, 0x63],
  'i8x16.bitmask': ['i32', 0xfd, 0x64], 'i8x16.narrow_i16x8_s': ['v128', 0xfd, 0x65], 'i8x16.narrow_i16x8_u': ['v128', 0xfd, 0x66],
  'i8x16.shl': ['v128', 0xfd, 0x6b], 'i8x16.shr_s': ['v128', 0xfd, 0x6c], 'i8x16.shr_u': ['v128', 0xfd, 0x6d], 'i8x16.add': ['v128', 0xfd, 0x6e],
  'i8x16.add_sat_s': ['v128', 0xfd, 0x6f], 'i8x16.add_sat_u': ['v128', 0xfd, 0x70], 'i8x16.sub': ['v128', 0xfd, 0x71], 'i8x16.sub_sat_s': ['v128', 0xfd, 0x72],
  'i8x16.sub_sat_u': ['v128', 0xfd, 0x73], 'i8x16.min_s': ['v128', 0xfd, 0x76], 'i8x16.min_u': ['v128', 0xfd, 0x77], 'i8x16.max_s': ['v128', 0xfd, 0x78],
  'i8x16.max_u': ['v128', 0xfd, 0x79], 'i8x16.avgr_u': ['v128', 0xfd, 0x7b],
  // i16x8
  'i16x8.extadd_pairwise_i8x16_s': ['v128', 0xfd, 0x7c], 'i16x8.extadd_pairwise_i8x16_u': ['v128', 0xfd, 0x7d], 'i16x8.abs': ['v128', 0xfd, 0x80, 0x01],
  'i16x8.neg': ['v128', 0xfd, 0x81, 0x01], 'i16x8.q15mulr_sat_s': ['v128', 0xfd, 0x82, 0x01], 'i16x8.all_true': ['i32', 0xfd, 0x83, 0x01],
  'i16x8.bitmask': ['i32', 0xfd, 0x84, 0x01], 'i16x8.narrow_i32x4_s': ['v128', 0xfd, 0x85, 0x01], 'i16x8.narrow_i32x4_u': ['v128', 0xfd, 0x86, 0x01],
  'i16x8.extend_low_i8x16_s': ['v128', 0xfd, 0x87, 0x01], 'i16x8.extend_high_i8x16_s': ['v128', 0xfd, 0x88, 0x01],
  'i16x8.extend_low_i8x16_u': ['v128', 0xfd, 0x89, 0x01], 'i16x8.extend_high_i8x16_u': ['v128', 0xfd, 0x8a, 0x01], 'i16x8.shl': ['v128', 0xfd, 0x8b, 0x01],
  'i16x8.shr_s': ['v128', 0xfd, 0x8c, 0x01], 'i16x8.shr_u': ['v128', 0xfd, 0x8d, 0x01], 'i16x8.add': ['v128', 0xfd, 0x8e, 0x01],
  'i16x8.add_sat_s': ['v128', 0xfd, 0x8f, 0x01], 'i16x8.add_sat_u': ['v128', 0xfd, 0x90, 0x01], 'i16x8.sub': ['v128', 0xfd, 0x91, 0x01],
  'i16x8.sub_sat_s': ['v128', 0xfd, 0x92, 0x01], 'i16x8.sub_sat_u': ['v128', 0xfd, 0x93, 0x01], 'i16x8.mul': ['v128', 0xfd, 0x95, 0x01],
  'i16x8.min_s': ['v128', 0xfd, 0x96, 0x01], 'i16x8.min_u': ['v128', 0xfd, 0x97, 0x01], 'i16x8.max_s': ['v128', 0xfd, 0x98, 0x01],
  'i16x8.max_u': ['v128', 0xfd, 0x99, 0x01], 'i16x8.avgr_u': ['v128', 0xfd, 0x9b, 0x01], 'i16x8.extmul_low_i8x16_s': ['v128', 0xfd, 0x9c, 0x01],
  'i16x8.extmul_high_i8x16_s': ['v128', 0xfd, 0x9d, 0x01], 'i16x8.extmul_low_i8x16_u': ['v128', 0xfd, 0x9e, 0x01],
  'i16x8.extmul_high_i8x16_u': ['v128', 0xfd, 0x9f, 0x01],
  // i32x4
  'i32x4.extadd_pairwise_i16x8_s': ['v128', 0xfd, 0x7e], 'i32x4.extadd_pairwise_i16x8_u': ['v128', 0xfd, 0x7f], 'i32x4.abs': ['v128', 0xfd, 0xa0, 0x01],
  'i32x4.neg': ['v128', 0xfd, 0xa1, 0x01], 'i32x4.all_true': ['i32', 0xfd, 0xa3, 0x01], 'i32x4.bitmask': ['i32', 0xfd, 0xa4, 0x01],
  'i32x4.extend_low_i16x8_s': ['v128', 0xfd, 0xa7, 0x01], 'i32x4.extend_high_i16x8_s': ['v128', 0xfd, 0xa8, 0x01],
  'i32x4.extend_low_i16x8_u': ['v128', 0xfd, 0xa9, 0x01], 'i32x4.extend_high_i16x8_u': ['v128', 0xfd, 0xaa, 0x01], 'i32x4.shl': ['v128', 0xfd, 0xab, 0x01],
  'i32x4.shr_s': ['v128', 0xfd, 0xac, 0x01], 'i32x4.shr_u': ['v128', 0xfd, 0xad, 0x01], 'i32x4.add': ['v128', 0xfd, 0xae, 0x01],
  'i32x4.sub': ['v128', 0xfd, 0xb1, 0x01], 'i32x4.mul': ['v128', 0xfd, 0xb5, 0x01], 'i32x4.min_s': ['v128', 0xfd, 0xb6, 0x01],
  'i32x4.min_u': ['v128', 0xfd, 0xb7, 0x01], 'i32x4.max_s': ['v128', 0xfd, 0xb8, 0x01], 'i32x4.max_u': ['v128', 0xfd, 0xb9, 0x01],
  'i32x4.dot_i16x8_s': ['v128', 0xfd, 0xba, 0x01], 'i32x4.extmul_low_i16x8_s': ['v128', 0xfd, 0xbc, 0x01],
  'i32x4.extmul_high_i16x8_s': ['v128', 0xfd, 0xbd, 0x01], 'i32x4.extmul_low_i16x8_u': ['v128', 0xfd, 0xbe, 0x01],
  'i32x4.extmul_high_i16x8_u': ['v128', 0xfd, 0xbf, 0x01],
  // i64x2
  'i64x2.abs': ['v128', 0xfd, 0xc0, 0x01], 'i64x2.neg': ['v128', 0xfd, 0xc1, 0x01], 'i64x2.all_true': ['i32', 0xfd, 0xc3, 0x01],
  'i64x2.bitmask': ['i32', 0xfd, 0xc4, 0x01], 'i64x2.extend_low_i32x4_s': ['v128', 0xfd, 0xc7, 0x01], 'i64x2.extend_high_i32x4_s': ['v128', 0xfd, 0xc8, 0x01],
  'i64x2.extend_low_i32x4_u': ['v128', 0xfd, 0xc9, 0x01], 'i64x2.extend_high_i32x4_u': ['v128', 0xfd, 0xca, 0x01], 'i64x2.shl': ['v128', 0xfd, 0xcb, 0x01],
  'i64x2.shr_s': ['v128', 0xfd, 0xcc, 0x01], 'i64x2.shr_u': ['v128', 0xfd, 0xcd, 0x01], 'i64x2.add': ['v128', 0xfd, 0xce, 0x01],
  'i64x2.sub': ['v128', 0xfd, 0xd1, 0x01], 'i64x2.mul': ['v128', 0xfd, 0xd5, 0x01], 'i64x2.extmul_low_i32x4_s': ['v128', 0xfd, 0xdc, 0x01],
  'i64x2.extmul_high_i32x4_s': ['v128', 0xfd, 0xdd, 0x01], 'i64x2.extmul_low_i32x4_u': ['v128', 0xfd, 0xde, 0x01],
  'i64x2.extmul_high_i32x4_u': ['v128', 0xfd, 0xdf, 0x01],
  // f32x4 and f64x2
  'f32x4.ceil': ['v128', 0xfd, 0x67], 'f32x4.floor': ['v128', 0xfd, 0x68], 'f32x4.trunc': ['v128', 0xfd, 0x69], 'f32x4.nearest': ['v128', 0xfd, 0x6a],
  'f32x4.abs': ['v128', 0xfd, 0xe0, 0x01], 'f32x4.neg': ['v128', 0xfd, 0xe1, 0x01], 'f32x4.sqrt': ['v128', 0xfd, 0xe3, 0x01],
  'f32x4.add': ['v128', 0xfd, 0xe4, 0x01], 'f32x4.sub': ['v128', 0xfd, 0xe5, 0x01], 'f32x4.mul': ['v128', 0xfd, 0xe6, 0x01],
  'f32x4.div': ['v128', 0xfd, 0xe7, 0x01], 'f32x4.min': ['v128', 0xfd, 0xe8, 0x01], 'f32x4.max': ['v128', 0xfd, 0xe9, 0x01],
  'f32x4.pmin': ['v128', 0xfd, 0xea, 0x01], 'f32x4.pmax': ['v128', 0xfd, 0xeb, 0x01], 'f64x2.ceil': ['v128', 0xfd, 0x74], 'f64x2.floor': ['v128', 0xfd, 0x75],
  'f64x2.trunc': ['v128', 0xfd, 0x7a], 'f64x2.nearest': ['v128', 0xfd, 0x94, 0x01], 'f64x2.abs': ['v128', 0xfd, 0xec, 0x01],
  'f64x2.neg': ['v128', 0xfd, 0xed, 0x01], 'f64x2.sqrt': ['v128', 0xfd, 0xef, 0x01], 'f64x2.add': ['v128', 0xfd, 0xf0, 0x01],
  'f64x2.sub': ['v128', 0xfd, 0xf1, 0x01], 'f64x2.mul': ['v128', 0xfd, 0xf2, 0x01], 'f64x2.div': ['v128', 0xfd, 0xf3, 0x01],
  'f64x2.min': ['v128', 0xfd, 0xf4, 0x01], 'f64x2.max': ['v128', 0xfd, 0xf5, 0x01], 'f64x2.pmin': ['v128', 0xfd, 0xf6, 0x01],
  'f64x2.pmax': ['v128', 0xfd, 0xf7, 0x01],
  // v128: conversion
  'f32x4.demote_f64x2_zero': ['v128', 0xfd, 0x5e], 'f64x2.promote_low_f32x4': ['v128', 0xfd, 0x5f], 'i32x4.trunc_sat_f32x4_s': ['v128', 0xfd, 0xf8, 0x01],
  'i32x4.trunc_sat_f32x4_u': ['v128', 0xfd, 0xf9, 0x01], 'f32x4.convert_i32x4_s': ['v128', 0xfd, 0xfa, 0x01],
  'f32x4.convert_i32x4_u': ['v128', 0xfd, 0xfb, 0x01], 'i32x4.trunc_sat_f64x2_s_zero': ['v128', 0xfd, 0xfc, 0x01],
  'i32x4.trunc_sat_f64x2_u_zero': ['v128', 0xfd, 0xfd, 0x01], 'f64x2.convert_low_i32x4_s': ['v128', 0xfd, 0xfe, 0x01],
  'f64x2.convert_low_i32x4_u': ['v128', 0xfd, 0xff, 0x01],
  // Relaxed: a * b + c, rounded once or twice, as the host does
  'f32x4.relaxed_madd': ['v128', 0xfd, 0x85, 0x02], 'f64x2.relaxed_madd': ['v128', 0xfd, 0x87, 0x02],
} as const;

export type OperatorName = keyof typeof operators;

/** Memory instructions by width in bits; narrow loads are zero-extended to 64 bits. */
export const loads: Readonly<Record<8 | 16 | 32 | 64 | 128, readonly number[]>> = {
  8: [0x31],
  16: [0x33],
  32: [0x35],
  64: [0x29],
  128: [0xfd, 0x00],
};

export const stores: Readonly<Record<8 | 16 | 32 | 64 | 128, readonly number[]>> = {
  8: [0x3c],
  16: [0x3d],
  32: [0x3e],
  64: [0x37],
  128: [0xfd, 0x0b],
};
