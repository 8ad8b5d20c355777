/** Vector operators that take several instructions: shifts, negation, wide multiplication, float minimum and maximum, conversions. */
import type { Value } from '../ir/graph.ts';
import { selectVectorConvert } from './select-vector-convert.ts';
import type { VectorCode } from './vector-code.ts';
import { isFloatShape, laneBits } from './vector-shape.ts';

const SUFFIX: Readonly<Record<number, string>> = { 8: 'b', 16: 'w', 32: 'd', 64: 'q' };

/** @returns false where `name` is something else. */
export function selectSequence(code: VectorCode, value: Value, name: string): boolean {
  const [shape, kind] = name.split('.') as [string, string];
  const [a, b, c] = value.args as [Value, Value, Value];
  const result = code.result(value);
  switch (kind) {
    case 'not':
      code.into(result, a);
      code.op('pxor', result, code.ones());
      return true;
    case 'andnot': {
      const operand = code.operand(a);
      code.into(result, b);
      code.op('pandn', result, operand);
      return true;
    }
    case 'bitselect': {
      // ((a ^ b) & mask) ^ b
      const other = code.register(b);
      const mask = code.operand(c);
      code.into(result, a);
      code.op('pxor', result, other);
      code.op('pand', result, mask);
      code.op('pxor', result, other);
      return true;
    }
    case 'neg':
      negate(code, result, shape, a);
      return true;
    case 'abs':
      absolute(code, result, shape, a);
      return true;
    case 'shl':
    case 'shr_s':
    case 'shr_u':
      shift(code, result, laneBits(shape), kind, a, b);
      return true;
    case 'mul':
      multiplyWide(code, result, a, b);
      return true;
    case 'popcnt':
      countBits(code, result, a);
      return true;
    case 'q15mulr_sat_s': {
      // Only -1 * -1 overflows: its result 0x8000 becomes 0x7fff.
      const operand = code.operand(b);
      code.into(result, a);
      code.op('pmulhrsw', result, operand);
      const overflow = code.copy(result);
      code.op('pcmpeqw', overflow, code.splat(16, 0x8000n));
      code.op('pxor', result, overflow);
      return true;
    }
    case 'min':
    case 'max':
      floatExtreme(code, result, shape, kind, a, b);
      return true;
    case 'pmin':
    case 'pmax': {
      // MINPS and MAXPS give their second operand unless the first is strictly less or greater.
      const operand = code.operand(a);
      code.into(result, b);
      code.op(`${kind.slice(1)}${shape === 'f32x4' ? 'ps' : 'pd'}`, result, operand);
      return true;
    }
    default:
      return selectVectorConvert(code, value, name);
  }
}

function negate(code: VectorCode, result: number, shape: string, a: Value): void {
  const bits = laneBits(shape);
  if (isFloatShape(shape)) {
    code.into(result, a);
    code.op('xorps', result, code.splat(bits, 1n << BigInt(bits - 1)));
    return;
  }
  const operand = code.operand(a);
  code.selector.emitKind('zero', 'pxor', code.selector.defined(result, 128));
  code.op(`psub${SUFFIX[bits]}`, result, operand);
}

function absolute(code: VectorCode, result: number, shape: string, a: Value): void {
  const bits = laneBits(shape);
  if (isFloatShape(shape)) {
    code.into(result, a);
    code.op('andps', result, code.splat(bits, (1n << BigInt(bits - 1)) - 1n));
    return;
  }
  // 64-bit lanes: (a ^ sign) - sign
  const sign = code.copy(a);
  code.shift('psrad', sign, 31);
  code.op('pshufd', sign, sign, 0xf5);
  code.into(result, a);
  code.op('pxor', result, sign);
  code.op('psubq', result, sign);
}

function shift(code: VectorCode, result: number, bits: 8 | 16 | 32 | 64, kind: string, a: Value, count: Value): void {
  const constant = count.isConstant ? Number(count.constant & BigInt(bits - 1)) : undefined;
  const amount = constant === undefined ? code.shiftCount(count, bits) : -1;
  const apply = (mnemonic: string, target: number): void => {
    if (constant === undefined) code.op(mnemonic, target, amount);
    else code.shift(mnemonic, target, constant);
  };
  if (bits === 8) return shiftBytes(code, result, kind, a, apply, constant, amount);
  if (bits === 64 && kind === 'shr_s') {
    // Logical shift, then the sign bit, shifted as well, carries itself upwards: (x ^ m) - m.
    const mask = code.copy(code.ones());
    code.shift('psllq', mask, 63);
    apply('psrlq', mask);
    code.into(result, a);
    apply('psrlq', result);
    code.op('pxor', result, mask);
    code.op('psubq', result, mask);
    return;
  }
  code.into(result, a);
  apply(`${kind === 'shl' ? 'psll' : kind === 'shr_s' ? 'psra' : 'psrl'}${SUFFIX[bits]}`, result);
}

/** There are no shifts of bytes: words are shifted, and what came over from the neighbour is masked out. */
function shiftBytes(
  code: VectorCode,
  result: number,
  kind: string,
  a: Value,
  apply: (mnemonic: string, target: number) => void,
  constant: number | undefined,
  amount: number,
): void {
  if (kind === 'shr_s') {
    const source = code.register(a);
    const high = code.copy(source);
    code.op('punpckhbw', high, source);
    code.into(result, source);
    code.op('punpcklbw', result, source);
    for (const half of [high, result]) {
      if (constant !== undefined) code.shift('psraw', half, constant + 8);
      else {
        code.shift('psraw', half, 8);
        code.op('psraw', half, amount);
      }
    }
    code.op('packsswb', result, high);
    return;
  }
  const mnemonic = kind === 'shl' ? 'psllw' : 'psrlw';
  if (constant !== undefined) {
    const mask = kind === 'shl' ? (0xff << constant) & 0xff : 0xff >> constant;
    code.into(result, a);
    code.shift(mnemonic, result, constant);
    code.op('pand', result, code.splat(8, BigInt(mask)));
    return;
  }
  const mask = code.ones();
  code.shift('psrlw', mask, 8);
  apply(mnemonic, mask);
  if (kind === 'shl') code.op('pand', mask, code.splat(16, 0xffn));
  code.op('packuswb', mask, mask);
  code.into(result, a);
  apply(mnemonic, result);
  code.op('pand', result, mask);
}

/** 64-bit lanes: low * low + ((low * high + high * low) << 32). */
function multiplyWide(code: VectorCode, result: number, a: Value, b: Value): void {
  const left = code.register(a);
  const right = code.register(b);
  const crossed = code.copy(left);
  code.shift('psrlq', crossed, 32);
  code.op('pmuludq', crossed, right);
  const other = code.copy(right);
  code.shift('psrlq', other, 32);
  code.op('pmuludq', other, left);
  code.op('paddq', crossed, other);
  code.shift('psllq', crossed, 32);
  code.into(result, left);
  code.op('pmuludq', result, right);
  code.op('paddq', result, crossed);
}

/** Counts of nibbles from a table of 16 (Muła, "SSSE3: fast popcount"). */
function countBits(code: VectorCode, result: number, a: Value): void {
  const counts = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4];
  const nibble = code.splat(8, 0x0fn);
  const high = code.copy(a);
  code.shift('psrlw', high, 4);
  code.op('pand', high, nibble);
  const low = code.copy(a);
  code.op('pand', low, nibble);
  const table = code.selector.newRegister(0x7b);
  code.set('movaps', table, code.bytes(counts));
  code.into(result, table);
  code.op('pshufb', result, low);
  code.op('pshufb', table, high);
  code.op('paddb', result, table);
}

/**
 * NaN if either is NaN, and -0 less than 0: MINPS and MAXPS give the second operand in those cases, so both orders are taken and
 * joined; then NaNs are made canonical by clearing their payload.
 */
function floatExtreme(code: VectorCode, result: number, shape: string, kind: string, a: Value, b: Value): void {
  const suffix = shape === 'f32x4' ? 'ps' : 'pd';
  const payload = shape === 'f32x4' ? 10 : 13;
  const right = shape === 'f32x4' ? 'psrld' : 'psrlq';
  const first = code.register(a);
  const second = code.register(b);
  const one = code.copy(first);
  code.op(`${kind}${suffix}`, one, second);
  const two = code.copy(second);
  code.op(`${kind}${suffix}`, two, first);
  if (kind === 'min') {
    code.op('orps', two, one);
    code.op(`cmp${suffix}`, one, two, 3);
    code.op('orps', two, one);
    code.shift(right, one, payload);
    code.into(result, one);
    code.op('andnps', result, two);
    return;
  }
  // Where the two differ is where a zero's sign or a NaN does; joining and subtracting clears signs of zeros that differ.
  code.op('xorps', two, one);
  code.op('orps', one, two);
  code.op(`sub${suffix}`, one, two);
  code.op(`cmp${suffix}`, two, one, 3);
  code.shift(right, two, payload);
  code.into(result, two);
  code.op('andnps', result, one);
}
