/** Vector comparisons. SSE has equal and signed greater; the rest is made of those, of minimum and maximum, and of complements. */
import type { Value } from '../ir/graph.ts';
import type { VectorCode } from './vector-code.ts';

const SUFFIX: Readonly<Record<string, string>> = { i8x16: 'b', i16x8: 'w', i32x4: 'd', i64x2: 'q' };
/** Predicates of CMPPS and CMPPD, and whether the operands change places. */
const FLOAT: Readonly<Record<string, readonly [number, boolean]>> = {
  eq: [0, false],
  ne: [4, false],
  lt: [1, false],
  gt: [1, true],
  le: [2, false],
  ge: [2, true],
};

/** @returns false where `name` is no comparison. */
export function selectVectorCompare(code: VectorCode, value: Value, name: string): boolean {
  const [shape, kind] = name.split('.') as [string, string];
  let [a, b] = value.args as [Value, Value];
  const result = code.result(value);
  if (shape.startsWith('f')) {
    const float = FLOAT[kind];
    if (float === undefined) return false;
    if (float[1]) [a, b] = [b, a];
    const operand = code.operand(b);
    code.into(result, a);
    code.op(shape === 'f32x4' ? 'cmpps' : 'cmppd', result, operand, float[0]);
    return true;
  }
  if (!/^(eq|ne|[lg][te]_[su])$/.test(kind)) return false;
  const suffix = SUFFIX[shape] as string;
  const [relation, sign] = kind.split('_') as [string, string?];
  if (relation === 'eq' || relation === 'ne') {
    const operand = code.operand(b);
    code.into(result, a);
    code.op(`pcmpeq${suffix}`, result, operand);
    if (relation === 'ne') complement(code, result);
  } else if (sign === 'u') compareUnsigned(code, result, suffix, relation, a, b);
  else {
    // a < b is b > a, and its complement is a >= b.
    if (relation === 'lt' || relation === 'ge') [a, b] = [b, a];
    if (suffix === 'q') greaterWide(code, result, a, b);
    else {
      const operand = code.operand(b);
      code.into(result, a);
      code.op(`pcmpgt${suffix}`, result, operand);
    }
    if (relation === 'le' || relation === 'ge') complement(code, result);
  }
  return true;
}

function complement(code: VectorCode, register: number): void {
  code.op('pxor', register, code.ones());
}

/** a >= b where the greater of the two is a. */
function compareUnsigned(code: VectorCode, result: number, suffix: string, relation: string, a: Value, b: Value): void {
  const extreme = relation === 'ge' || relation === 'lt' ? `pmaxu${suffix}` : `pminu${suffix}`;
  const left = code.register(a);
  const operand = code.operand(b);
  code.into(result, left);
  code.op(extreme, result, operand);
  code.op(`pcmpeq${suffix}`, result, left);
  if (relation === 'lt' || relation === 'gt') complement(code, result);
}

/**
 * Greater for 64-bit lanes without SSE4.2: the high halves decide; where they are equal, the borrow of b - a is in the high half.
 * Its answer, in the high half, is copied to the low one.
 */
function greaterWide(code: VectorCode, result: number, a: Value, b: Value): void {
  const left = code.register(a);
  const right = code.register(b);
  const difference = code.copy(right);
  code.op('psubq', difference, left);
  const equal = code.copy(left);
  code.op('pcmpeqd', equal, right);
  code.op('pand', difference, equal);
  const greater = code.copy(left);
  code.op('pcmpgtd', greater, right);
  code.op('por', greater, difference);
  code.set('pshufd', result, code.selector.read(greater, 128), 0xf5);
}
