/** Operand values: the edges of each type, and random ones between them. */
import type { Random } from './random.ts';

export type Element = 'int8' | 'int16' | 'int32' | 'int64' | 'f16' | 'f32' | 'f64' | 'f80' | 'bcd';

export const elementBytes: Readonly<Record<Element, number>> = {
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  f16: 2,
  f32: 4,
  f64: 8,
  f80: 10,
  bcd: 10,
};

export function integer(random: Random, bits: number): bigint {
  const edge = 1n << BigInt(bits - 1);
  const kind = random.below(10);
  if (kind < 4) return random.bits(bits);
  if (kind < 6) return BigInt(random.below(4));
  if (kind === 6) return BigInt.asUintN(bits, edge + BigInt(random.below(3) - 1));
  if (kind === 7) return BigInt.asUintN(bits, -BigInt(1 + random.below(3)));
  if (kind === 8) return BigInt.asUintN(bits, random.bits(bits) >> BigInt(random.below(bits)));
  return BigInt.asUintN(bits, 1n << BigInt(random.below(bits)));
}

/** An IEEE 754 binary format without its sign: so many bits of exponent and of fraction. */
function float(random: Random, exponentBits: number, fractionBits: number): bigint {
  const fraction = BigInt(fractionBits);
  const bias = (1 << (exponentBits - 1)) - 1;
  const top = 2 * bias + 1;
  const make = (exponent: number, mantissa: bigint): bigint =>
    ((random.percent(50) ? 1n : 0n) << (fraction + BigInt(exponentBits))) |
    (BigInt(exponent) << fraction) |
    BigInt.asUintN(fractionBits, mantissa);
  switch (random.below(20)) {
    case 0:
      return make(0, 0n);
    case 1:
      return make(top, 0n);
    case 2: // quiet NaN
      return make(top, (1n << (fraction - 1n)) | (random.percent(50) ? 0n : random.bits(fractionBits)));
    case 3: // signalling NaN
      return make(top, 1n + (random.bits(fractionBits) >> 2n));
    case 4: // denormal
      return make(0, random.percent(30) ? 1n : random.bits(fractionBits) >> BigInt(random.below(fractionBits)));
    case 5: // smallest, largest
      return random.percent(50) ? make(1, BigInt(random.below(2))) : make(top - 1, -BigInt(1 + random.below(2)));
    case 6:
      return make(bias, 0n);
    case 7: // near the powers of two where integers overflow
      return make(
        bias + random.pick([6, 7, 8, 14, 15, 16, 30, 31, 32, 62, 63, 64].filter((each) => each < bias)),
        random.percent(50) ? 0n : random.bits(fractionBits),
      );
    case 8:
    case 9: // integers and halves
      return make(bias + random.below(5), BigInt(random.below(16)) << (fraction - 4n));
    case 10: // far apart
      return make(1 + random.below(top - 1), random.bits(fractionBits));
    case 11: // few bits
      return make(bias - 2 + random.below(5), random.percent(50) ? 1n : -1n);
    default:
      return make(bias - 4 + random.below(9), random.bits(fractionBits));
  }
}

/** The 80-bit format has its integer bit written out; without it the value is invalid, except for denormals. */
function float80(random: Random): bigint {
  const short = float(random, 15, 63);
  const sign = short >> 78n;
  const exponent = (short >> 63n) & 0x7fffn;
  const fraction = BigInt.asUintN(63, short);
  const unusual = random.percent(6);
  const integerBit = (exponent !== 0n) !== unusual ? 1n : 0n;
  return (sign << 79n) | (exponent << 64n) | (integerBit << 63n) | fraction;
}

function bcd(random: Random): bigint {
  let value = random.percent(50) ? 0x80n : 0n;
  if (random.percent(5)) value = random.bits(8);
  for (let digit = 0; digit < 18; digit++) value = (value << 4n) | BigInt(random.below(random.percent(2) ? 16 : 10));
  return value;
}

export function element(random: Random, type: Element): bigint {
  switch (type) {
    case 'f16':
      return float(random, 5, 10);
    case 'f32':
      return float(random, 8, 23);
    case 'f64':
      return float(random, 11, 52);
    case 'f80':
      return float80(random);
    case 'bcd':
      return bcd(random);
    default:
      return integer(random, 8 * elementBytes[type]);
  }
}

export function toBytes(value: bigint, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

/** So many bytes of elements. */
export function lanes(random: Random, type: Element, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  const step = elementBytes[type];
  for (let at = 0; at < bytes; at += step) out.set(toBytes(element(random, type), step).subarray(0, bytes - at), at);
  return out;
}
