/** Vector conversions, and operators that widen their lanes. */
import type { Value } from '../ir/graph.ts';
import type { VectorCode } from './vector-code.ts';

/** Instruction that widens the low lanes of a shape, by sign. */
const EXTEND: Readonly<Record<string, string>> = {
  i8x16_s: 'pmovsxbw',
  i8x16_u: 'pmovzxbw',
  i16x8_s: 'pmovsxwd',
  i16x8_u: 'pmovzxwd',
  i32x4_s: 'pmovsxdq',
  i32x4_u: 'pmovzxdq',
};

/** @returns false where `name` is something else. */
export function selectVectorConvert(code: VectorCode, value: Value, name: string): boolean {
  const [, kind] = name.split('.') as [string, string];
  const [a, b] = value.args as [Value, Value];
  const result = code.result(value);
  const widening = /^(extend|extmul)_(low|high)_(i\d+x\d+_[su])$/.exec(kind);
  if (widening !== null) {
    const [, operation, half, from] = widening as unknown as [string, string, string, string];
    if (operation === 'extend') extend(code, result, a, half === 'high', from);
    else extendedMultiply(code, result, a, b, half === 'high', from);
    return true;
  }
  switch (kind) {
    case 'extadd_pairwise_i8x16_s': {
      // PMADDUBSW multiplies unsigned bytes of the first with signed ones of the second operand.
      const operand = code.operand(a);
      code.set('movaps', result, code.splat(8, 1n));
      code.op('pmaddubsw', result, operand);
      return true;
    }
    case 'extadd_pairwise_i8x16_u':
      code.into(result, a);
      code.op('pmaddubsw', result, code.splat(8, 1n));
      return true;
    case 'extadd_pairwise_i16x8_s':
      code.into(result, a);
      code.op('pmaddwd', result, code.splat(16, 1n));
      return true;
    case 'extadd_pairwise_i16x8_u':
      // Less 0x8000 each they are signed; the sum gets the two back.
      code.into(result, a);
      code.op('pxor', result, code.splat(16, 0x8000n));
      code.op('pmaddwd', result, code.splat(16, 1n));
      code.op('paddd', result, code.splat(32, 0x10000n));
      return true;
    case 'convert_i32x4_u':
      convertUnsigned(code, result, a);
      return true;
    case 'convert_low_i32x4_u':
      // 2^52 + x as bits, less 2^52.
      code.into(result, a);
      code.op('unpcklps', result, code.splat(32, 0x43300000n));
      code.op('subpd', result, code.splatFloat(64, 2 ** 52));
      return true;
    case 'trunc_sat_f32x4_s':
      truncateSigned(code, result, a);
      return true;
    case 'trunc_sat_f32x4_u':
      truncateUnsigned(code, result, a);
      return true;
    case 'trunc_sat_f64x2_s_zero': {
      // NaN becomes 0 and the upper bound is cut; CVTTPD2DQ gives the least integer for all below it.
      const source = code.register(a);
      const bound = code.copy(source);
      code.op('cmppd', bound, source, 0);
      code.op('andps', bound, code.splatFloat(64, 2147483647));
      const limited = code.copy(source);
      code.op('minpd', limited, bound);
      code.set('cvttpd2dq', result, code.selector.read(limited, 128));
      return true;
    }
    case 'trunc_sat_f64x2_u_zero': {
      const limited = code.copy(a);
      const zero = code.zero();
      code.op('maxpd', limited, zero);
      code.op('minpd', limited, code.splatFloat(64, 4294967295));
      code.op('roundpd', limited, limited, 11);
      code.op('addpd', limited, code.splatFloat(64, 2 ** 52));
      code.into(result, limited);
      code.op('shufps', result, zero, 0x88);
      return true;
    }
    default:
      return false;
  }
}

function extend(code: VectorCode, result: number, a: Value, high: boolean, from: string): void {
  const instruction = EXTEND[from] as string;
  if (!high) {
    code.set(instruction, result, code.selector.read(code.register(a), 128));
    return;
  }
  code.set('pshufd', result, code.selector.read(code.register(a), 128), 0xee);
  code.op(instruction, result, result);
}

function extendedMultiply(code: VectorCode, result: number, a: Value, b: Value, high: boolean, from: string): void {
  if (from.startsWith('i32x4')) {
    // PMULDQ takes lanes 0 and 2: put the wanted pair there.
    const order = high ? 0xfa : 0x50;
    const other = code.selector.newRegister(0x7b);
    code.set('pshufd', other, code.selector.read(code.register(b), 128), order);
    code.set('pshufd', result, code.selector.read(code.register(a), 128), order);
    code.op(from.endsWith('_s') ? 'pmuldq' : 'pmuludq', result, other);
    return;
  }
  const other = code.selector.newRegister(0x7b);
  extend(code, other, b, high, from);
  extend(code, result, a, high, from);
  code.op(from.startsWith('i8x16') ? 'pmullw' : 'pmulld', result, other);
}

/** The halves of each lane are converted exactly; their sum rounds once. */
function convertUnsigned(code: VectorCode, result: number, a: Value): void {
  const low = code.copy(a);
  code.op('pand', low, code.splat(32, 0xffffn));
  code.op('cvtdq2ps', low, low);
  code.into(result, a);
  code.shift('psrld', result, 16);
  code.op('cvtdq2ps', result, result);
  code.op('mulps', result, code.splatFloat(32, 65536));
  code.op('addps', result, low);
}

/** CVTTPS2DQ gives 0x80000000 for all out of range: right below, and its complement above. */
function truncateSigned(code: VectorCode, result: number, a: Value): void {
  const source = code.register(a);
  const ordered = code.copy(source);
  code.op('cmpps', ordered, source, 7);
  code.op('andps', ordered, source);
  const above = code.selector.newRegister(0x7b);
  code.set('movaps', above, code.splatFloat(32, 2 ** 31));
  code.op('cmpps', above, ordered, 2);
  code.set('cvttps2dq', result, code.selector.read(ordered, 128));
  code.op('pxor', result, above);
}

/** What is above 2^31 is converted less 2^31 and added; above 2^32 the two parts saturate to all ones. */
function truncateUnsigned(code: VectorCode, result: number, a: Value): void {
  const limited = code.copy(a);
  const zero = code.zero();
  code.op('maxps', limited, zero);
  const upper = code.copy(limited);
  code.op('subps', upper, code.splatFloat(32, 2 ** 31));
  const beyond = code.selector.newRegister(0x7b);
  code.set('movaps', beyond, code.splatFloat(32, 2 ** 31));
  code.op('cmpps', beyond, upper, 2);
  code.op('cvttps2dq', upper, upper);
  code.op('pxor', upper, beyond);
  code.op('pmaxsd', upper, zero);
  code.set('cvttps2dq', result, code.selector.read(limited, 128));
  code.op('paddd', result, upper);
}
