/** WebAssembly's operators that pop their operands and push one result: name to encoding and result (core specification 5.4). */

export type ValueType = 'i32' | 'i64' | 'v128';

/** Result type, then the bytes of the opcode. */
export const operators = {
  'i32.eqz': ['i32', 0x45],
  'i32.eq': ['i32', 0x46],
  'i32.lt_s': ['i32', 0x48],
  'i32.popcnt': ['i32', 0x69],
  'i32.add': ['i32', 0x6a],
  'i32.sub': ['i32', 0x6b],
  'i32.and': ['i32', 0x71],
  'i32.or': ['i32', 0x72],
  'i32.shl': ['i32', 0x74],
  'i64.eqz': ['i32', 0x50],
  'i64.eq': ['i32', 0x51],
  'i64.ne': ['i32', 0x52],
  'i64.lt_s': ['i32', 0x53],
  'i64.lt_u': ['i32', 0x54],
  'i64.le_s': ['i32', 0x57],
  'i64.le_u': ['i32', 0x58],
  'i64.add': ['i64', 0x7c],
  'i64.sub': ['i64', 0x7d],
  'i64.mul': ['i64', 0x7e],
  'i64.and': ['i64', 0x83],
  'i64.or': ['i64', 0x84],
  'i64.xor': ['i64', 0x85],
  'i64.shl': ['i64', 0x86],
  'i64.shr_s': ['i64', 0x87],
  'i64.shr_u': ['i64', 0x88],
  'i32.wrap_i64': ['i32', 0xa7],
  'i64.extend_i32_u': ['i64', 0xad],
  'i64.extend8_s': ['i64', 0xc2],
  'i64.extend16_s': ['i64', 0xc3],
  'i64.extend32_s': ['i64', 0xc4],
  'f32x4.add': ['v128', 0xfd, 0xe4, 0x01],
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
