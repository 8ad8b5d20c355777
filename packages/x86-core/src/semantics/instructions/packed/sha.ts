/** SHA-1 and SHA-256: SDM 2 SHA1MSG1 to SHA256RNDS2, FIPS 180-4. */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { binary, control } from './packed.ts';

/** Doublewords as i32, the lowest first. */
type Four = readonly [Value, Value, Value, Value];

function split(m: MeaningBuilder, a: Value): Four {
  return [0, 1, 2, 3].map((number) => m.let(v.doubleword(a, number))) as unknown as Four;
}

function join([a, b, c, d]: Four): Value {
  const low = v.operation('i32x4.splat', a);
  return [b, c, d].reduce((result, lane, number) => v.lane('i32x4.replace_lane', number + 1, result, lane), low);
}

const add = (...values: Value[]): Value => values.reduce((sum, each) => v.operation('i32.add', sum, each));
const xor = (...values: Value[]): Value => values.reduce((sum, each) => v.operation('i32.xor', sum, each));
const and = (a: Value, b: Value): Value => v.operation('i32.and', a, b);
const left = (a: Value, by: number): Value => v.operation('i32.rotl', a, v.constant32(by));
const right = (a: Value, by: number): Value => v.operation('i32.rotr', a, v.constant32(by));
const down = (a: Value, by: number): Value => v.operation('i32.shr_u', a, v.constant32(by));

const choose = (x: Value, y: Value, z: Value): Value => xor(and(x, y), and(xor(x, v.constant32(-1)), z));
const parity = (x: Value, y: Value, z: Value): Value => xor(x, y, z);
const majority = (x: Value, y: Value, z: Value): Value => xor(and(x, y), and(x, z), and(y, z));

/** W15 to W13 of the first source's doublewords 0 to 2 and so on: the operands have the newest at the bottom. */
function sha1Message1(m: MeaningBuilder, a: Value, b: Value): Value {
  return v.vectorXor(a, m.let(v.shuffle(b, a, [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23])));
}

function sha1Message2(m: MeaningBuilder, a: Value, b: Value): Value {
  const [a0, a1, a2, a3] = split(m, a);
  const [b0, b1, b2] = split(m, b);
  const w16 = m.let(left(xor(a3, b2), 1));
  const w17 = m.let(left(xor(a2, b1), 1));
  const w18 = m.let(left(xor(a1, b0), 1));
  return join([m.let(left(xor(a0, w16), 1)), w18, w17, w16]);
}

/** E of the next four rounds, added to the top doubleword of the message. */
function sha1NextE(m: MeaningBuilder, a: Value, b: Value): Value {
  const rotated = left(v.doubleword(a, 3), 30);
  return v.lane('i32x4.replace_lane', 3, b, add(v.doubleword(b, 3), rotated));
}

const sha1Functions = [choose, parity, majority, parity] as const;
const sha1Constants = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6] as const;

/** Four rounds; bits 1:0 of the immediate choose function and constant. The first round's E is in the message already. */
function sha1Rounds(m: MeaningBuilder): void {
  binary((_, first, second) => {
    const choice = m.let(v.operation('i64.and', control(m), v.constant(3)));
    const isChoice = (number: number): Value => v.operation('i64.eq', choice, v.constant(number));
    const chosen = (values: readonly Value[]): Value =>
      m.let(
        values
          .slice(1)
          .reduce((result, value, number) => v.select(isChoice(number + 1), value, result), values[0] as Value),
      );
    const constant = chosen(sha1Constants.map((value) => v.constant32(value | 0)));
    let [d, c, b, a] = split(m, first);
    let e: Value = v.constant32(0);
    for (const word of split(m, second).toReversed()) {
      const mixed = chosen(sha1Functions.map((mix) => mix(b, c, d)));
      const next = m.let(add(mixed, left(a, 5), word, e, constant));
      [a, b, c, d, e] = [next, a, m.let(left(b, 30)), c, d];
    }
    return join([d, c, b, a]);
  })(m);
}

const sigma0 = (x: Value): Value => xor(right(x, 7), right(x, 18), down(x, 3));
const sigma1 = (x: Value): Value => xor(right(x, 17), right(x, 19), down(x, 10));
const upperSigma0 = (x: Value): Value => xor(right(x, 2), right(x, 13), right(x, 22));
const upperSigma1 = (x: Value): Value => xor(right(x, 6), right(x, 11), right(x, 25));

function sha256Message1(m: MeaningBuilder, a: Value, b: Value): Value {
  const [w0, w1, w2, w3] = split(m, a);
  const [w4] = split(m, b);
  return join([add(w0, sigma0(w1)), add(w1, sigma0(w2)), add(w2, sigma0(w3)), add(w3, sigma0(w4))]);
}

function sha256Message2(m: MeaningBuilder, a: Value, b: Value): Value {
  const [a0, a1, a2, a3] = split(m, a);
  const [, , w14, w15] = split(m, b);
  const w16 = m.let(add(a0, sigma1(w14)));
  const w17 = m.let(add(a1, sigma1(w15)));
  const w18 = m.let(add(a2, sigma1(w16)));
  return join([w16, w17, w18, m.let(add(a3, sigma1(w17)))]);
}

/** Two rounds. The first operand holds C, D, G, H, the second A, B, E, F, each from the top; XMM0 the words with their constants. */
function sha256Rounds(m: MeaningBuilder): void {
  binary((_, first, second) => {
    let [h, g, d, c] = split(m, first);
    let [f, e, b, a] = split(m, second);
    const [word0, word1] = split(m, m.vectorRegister(0));
    for (const word of [word0, word1]) {
      const t1 = m.let(add(h, upperSigma1(e), choose(e, f, g), word));
      const t2 = add(upperSigma0(a), majority(a, b, c));
      [a, b, c, d, e, f, g, h] = [m.let(add(t1, t2)), a, b, c, m.let(add(d, t1)), e, f, g];
    }
    return join([f, e, b, a]);
  })(m);
}

export const shaDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['sha1msg1', binary(sha1Message1)],
  ['sha1msg2', binary(sha1Message2)],
  ['sha1nexte', binary(sha1NextE)],
  ['sha1rnds4', sha1Rounds],
  ['sha256msg1', binary(sha256Message1)],
  ['sha256msg2', binary(sha256Message2)],
  ['sha256rnds2', sha256Rounds],
]);
