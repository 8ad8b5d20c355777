/** AES (SDM 1 12.13), carry-less products (12.13.4) and SHA (SDM 1 5.18) by their definitions: FIPS 197, FIPS 180-4. */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { type Binary, binary, bothEncodings, control, unary } from './packed.ts';
import { inverseSubstitution, substitution } from './aes-substitution.ts';

const bytes = (value: number): Value => v.lanes(...new Array<number>(16).fill(value));

/** Byte r + 4c of the state is row r, column c (FIPS 197 3.4). */
const SHIFT_ROWS = [0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11];
const INVERSE_SHIFT_ROWS = [0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3];

/** Each byte by a table of 256: sixteen swizzles, each of which gives 0 for bytes that are not in its part. */
function substitute(m: MeaningBuilder, a: Value, table: readonly number[]): Value {
  let result: Value = v.ZERO;
  let places = a;
  for (let part = 0; part < 16; part++) {
    const found = v.swizzle(v.lanes(...table.slice(16 * part, 16 * part + 16)), places);
    result = m.let(v.vectorOr(result, found));
    places = m.let(v.operation('i8x16.sub', places, bytes(16)));
  }
  return result;
}

function permute(m: MeaningBuilder, a: Value, places: readonly number[]): Value {
  return m.let(v.shuffle(a, a, places));
}

/** The product of each byte with x, modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 4.2.1). */
function timesX(m: MeaningBuilder, a: Value): Value {
  const overflow = v.vectorAnd(v.shiftLanes('i8x16.shr_s', a, 7), bytes(0x1b));
  return m.let(v.vectorXor(v.shiftLanes('i8x16.shl', a, 1), overflow));
}

/** Rows of each column moved up by some: row r becomes row r + by. */
function rotateColumns(m: MeaningBuilder, a: Value, by: number): Value {
  return permute(
    m,
    a,
    Array.from({ length: 16 }, (_, byte) => (byte & 12) | ((byte + by) & 3)),
  );
}

/** 2 a + 3 b + c + d in each column: 2 (a + b) + b + c + d. */
function mixColumns(m: MeaningBuilder, a: Value): Value {
  const next = rotateColumns(m, a, 1);
  const doubled = timesX(m, m.let(v.vectorXor(a, next)));
  const rest = v.vectorXor(rotateColumns(m, a, 2), rotateColumns(m, a, 3));
  return m.let(v.vectorXor(doubled, v.vectorXor(next, rest)));
}

/** By 14, 11, 13, 9: first each column plus 4 (a + c), then as the forward one (Daemen and Rijmen, The Design of Rijndael, 4.1.3). */
function inverseMixColumns(m: MeaningBuilder, a: Value): Value {
  const opposite = m.let(v.vectorXor(a, rotateColumns(m, a, 2)));
  return mixColumns(m, m.let(v.vectorXor(a, timesX(m, timesX(m, opposite)))));
}

const encrypt: Binary = (m, state, key) =>
  v.vectorXor(mixColumns(m, substitute(m, permute(m, state, SHIFT_ROWS), substitution)), key);
const encryptLast: Binary = (m, state, key) =>
  v.vectorXor(substitute(m, permute(m, state, SHIFT_ROWS), substitution), key);
const decrypt: Binary = (m, state, key) =>
  v.vectorXor(inverseMixColumns(m, substitute(m, permute(m, state, INVERSE_SHIFT_ROWS), inverseSubstitution)), key);
const decryptLast: Binary = (m, state, key) =>
  v.vectorXor(substitute(m, permute(m, state, INVERSE_SHIFT_ROWS), inverseSubstitution), key);

/** SubWord and RotWord of doublewords 1 and 3, the round constant in the rotated ones (SDM 2 AESKEYGENASSIST). */
function assistKey(m: MeaningBuilder, a: Value): Value {
  const substituted = substitute(m, a, substitution);
  const places = [4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12];
  const constants = v.vectorAnd(v.splat32(control(m)), v.lanes(0, 0xffff_ffff, 0, 0xffff_ffff));
  return v.vectorXor(permute(m, substituted, places), constants);
}

/** Bits 0 and 4 choose the quadwords. */
const carrylessProduct: Binary = (m, a, b) => {
  const imm = control(m);
  const chosen = (of: Value, bit: number): Value => {
    const high = v.operation('i64.ne', v.operation('i64.and', imm, v.constant(bit)), v.constant(0));
    return m.let(v.select(high, v.quadword(of, 1), v.quadword(of, 0)));
  };
  const [x, y] = [chosen(a, 1), chosen(b, 16)];
  return v.pair64(m.call('carrylessLow', x, y), m.call('carrylessHigh', x, y));
};

export const cryptoDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...bothEncodings('aesenc', binary(encrypt)),
  ...bothEncodings('aesenclast', binary(encryptLast)),
  ...bothEncodings('aesdec', binary(decrypt)),
  ...bothEncodings('aesdeclast', binary(decryptLast)),
  ...bothEncodings('aesimc', unary(inverseMixColumns)),
  ...bothEncodings('aeskeygenassist', unary(assistKey)),
  ...bothEncodings('pclmulqdq', binary(carrylessProduct)),
]);
