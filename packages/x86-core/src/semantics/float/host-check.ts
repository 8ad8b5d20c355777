/**
 * Code that asks whether the host's arithmetic does: see fast-path.ts.
 *
 * First comes a quick look at the exponents (range.ts): of results, and of operands of which nothing is known. What it turns down for no reason, zero
 * mostly, a second one lets pass, in code that is out of the way; where nothing is compared, handlers leave that to the runtime.
 */
import type { OperatorName } from '../../wasm/operators.ts';
import type { HostCheck, Value } from '../language.ts';
import type { Target } from '../lowering.ts';
import * as v from '../value.ts';
import { hostFuses } from './host-fma.ts';
import type { HostFloats } from './host-floats.ts';
import { BIAS32, BIAS64 } from './range.ts';
import { SSE_RANGE32, SSE_RANGE64 } from './state.ts';

/** What a look at exponents takes from the region (host-floats.ts). calm: NaNs and infinite numbers pass where they raise nothing new. */
export interface Kind extends Pick<HostCheck, 'format' | 'lanes'> {
  readonly calm: boolean;
}

/** Of a region's biases and limits: all 64 bits of one number are compared, for it takes an instruction to get at its upper half. */
export function typeOfRange({ format, lanes }: Lanes): 'v128' | 'i64' | 'i32' {
  return lanes === 'all' ? 'v128' : format === 64 ? 'i64' : 'i32';
}

const ONE: Value = v.constant32(1);

/** `slow`: generates what is done instead. */
export function lowerHostCheck(
  target: Target,
  check: HostCheck,
  lower: (value: Value) => void,
  slow: () => void,
): void {
  const { body, floats } = target;
  const terms = termsOf(check, floats);
  const done = body.block();
  const wrong = body.block();
  const kind = { format: check.format, lanes: check.lanes, calm: floats !== undefined && isCalm(check, floats) };
  if (check.lanes === 'lowest') {
    for (const term of terms) {
      const isWide = typeOfRange(kind) === 'i64' && floats !== undefined;
      lower(v.operation(isWide ? 'i64.lt_s' : 'i32.lt_s', biased(kind, term, floats), limitOf(kind, floats)));
      body.branchIf(wrong, true);
    }
  } else if (terms.length > 0) {
    const least = terms.map((term) => biased(kind, term, floats)).reduce((a, b) => v.operation('i32x4.min_s', a, b));
    const outside = v.operation('i32x4.gt_s', limitOf(kind, floats), least);
    lower(v.operation(check.format === 64 ? 'i64x2.bitmask' : 'i32x4.bitmask', outside));
    body.branchIf(wrong, true);
  }
  if (terms.length === 0 && floats !== undefined) {
    lower(floats.odd);
    body.branchIf(wrong, true);
  }
  body.branch(done);
  body.end();
  const exact = floats === undefined ? undefined : areExact(check, floats);
  if (floats !== undefined && exact !== undefined) {
    lower(floats.isExact);
    body.if();
    lower(exact);
    body.branchIf(done);
    body.end();
  }
  if (check.operation === 'order') lower(areOrdered(check, operandsOf(check)));
  else if (floats !== undefined) lower(v.operation('i32.gt_u', areRight(check, floats), floats.odd));
  if (check.operation === 'order' || floats !== undefined) body.branchIf(done, true);
  slow();
  floats?.lose();
  body.end();
}

/** Quotients may be infinite for another reason: a divisor of zero. */
function isCalm(check: HostCheck, { facts }: HostFloats): boolean {
  return check.operation !== 'quotient' && operandsOf(check).every((each) => facts.knows(each, check));
}

function operandsOf({ parts }: HostCheck): Value[] {
  return parts.flatMap(({ operands }) => operands);
}

/** Numbers whose exponents are looked at, each once. */
function termsOf(check: HostCheck, floats: HostFloats | undefined): Value[] {
  const terms = new Map<Value | string, Value>();
  for (const operand of operandsOf(check)) {
    if (floats?.facts.knows(operand, check) !== true) terms.set(floats?.facts.nameOf(operand) ?? operand, operand);
  }
  for (const { result } of check.parts) if (result !== undefined) terms.set(result, result);
  return [...terms.values()];
}

/** See range.ts. */
function biased(kind: Kind, number: Value, floats: HostFloats | undefined): Value {
  const { format, lanes } = kind;
  if (lanes === 'all') {
    const bias = floats?.bias(kind) ?? stateVector(format, 0);
    return v.operation('i32x4.add', v.operation('i32x4.add', number, number), bias);
  }
  if (floats !== undefined && format === 64) {
    const bits = v.operation('i64.reinterpret_f64', number);
    return v.operation('i64.add', v.operation('i64.shl', bits, v.constant(1)), floats.bias(kind));
  }
  const top =
    format === 32
      ? v.operation('i32.reinterpret_f32', number)
      : v.operation(
          'i32.wrap_i64',
          v.operation('i64.shr_u', v.operation('i64.reinterpret_f64', number), v.constant(32)),
        );
  const bias = floats?.bias(kind) ?? v.constant32(format === 64 ? BIAS64 : BIAS32);
  return v.operation('i32.add', v.operation('i32.shl', top, ONE), bias);
}

function stateVector(format: 32 | 64, offset: number): Value {
  const at = (format === 64 ? SSE_RANGE64 : SSE_RANGE32) + offset;
  return { kind: 'register', type: 'v128', location: { file: 'state', bits: 128, offset: at } };
}

function limitOf(kind: Kind, floats: HostFloats | undefined): Value {
  if (floats !== undefined) return floats.limit(kind);
  if (kind.lanes === 'all') return stateVector(kind.format, 16);
  const offset = (kind.format === 64 ? SSE_RANGE64 : SSE_RANGE32) + 16;
  return v.operation('i32.wrap_i64', { kind: 'register', type: 'i64', location: { file: 'state', bits: 32, offset } });
}

type Lanes = Pick<HostCheck, 'format' | 'lanes'>;

/** Operators on numbers that come singly, or in vectors; comparisons give 0 or 1, or masks. */
interface Operators {
  readonly on: (name: string, ...operands: Value[]) => Value;
  readonly both: (a: Value, b: Value) => Value;
  readonly either: (a: Value, b: Value) => Value;
  readonly not: (a: Value) => Value;
  readonly holds: (a: Value) => Value;
  readonly number: (bits: bigint) => Value;
  /** Rounded once. */
  readonly multiplyAdd: (a: Value, b: Value, c: Value) => Value;
  /** Whether the bits are the same. */
  readonly same: (a: Value, b: Value) => Value;
  /** An i32 of 0 or 1 as the result of a comparison. */
  readonly when: (condition: Value) => Value;
}

function operatorsOf({ format, lanes }: Lanes): Operators {
  if (lanes === 'lowest') {
    return {
      on: (name, ...operands) => v.operation(`f${format}.${name}` as OperatorName, ...operands),
      both: (a, b) => v.operation('i32.and', a, b),
      either: (a, b) => v.operation('i32.or', a, b),
      not: (a) => v.operation('i32.eqz', a),
      holds: (a) => a,
      multiplyAdd: (...operands) => {
        const type = format === 64 ? 'f64x2' : 'f32x4';
        const vectors = operands.map((each) => v.operation(`${type}.splat`, each));
        return v.lane(`${type}.extract_lane`, 0, v.operation(`${type}.relaxed_madd`, ...vectors));
      },
      same: (a, b) =>
        format === 64
          ? v.operation('i64.eq', v.operation('i64.reinterpret_f64', a), v.operation('i64.reinterpret_f64', b))
          : v.operation('i32.eq', v.operation('i32.reinterpret_f32', a), v.operation('i32.reinterpret_f32', b)),
      when: (condition) => condition,
      number: (bits) =>
        format === 64
          ? v.operation('f64.reinterpret_i64', v.constant(bits))
          : v.operation('f32.reinterpret_i32', v.constant32(Number(bits))),
    };
  }
  return {
    on: (name, ...operands) => v.operation(`${format === 64 ? 'f64x2' : 'f32x4'}.${name}` as OperatorName, ...operands),
    both: (a, b) => v.operation('v128.and', a, b),
    either: (a, b) => v.operation('v128.or', a, b),
    not: (a) => v.operation('v128.not', a),
    holds: (a) => v.operation('i8x16.all_true', a),
    multiplyAdd: (...operands) => v.operation(format === 64 ? 'f64x2.relaxed_madd' : 'f32x4.relaxed_madd', ...operands),
    same: (a, b) => v.operation(format === 64 ? 'i64x2.eq' : 'i32x4.eq', a, b),
    when: (condition) => v.operation('i32x4.splat', v.operation('i32.sub', v.constant32(0), condition)),
    number: (bits) =>
      v.vectorConstant(format === 64 ? (bits << 64n) | bits : bits * 0x1_0000_0001_0000_0001_0000_0001n),
  };
}

function leastNormal({ number }: Operators, format: 32 | 64): Value {
  return number(format === 64 ? 1n << 52n : 1n << 23n);
}

function infinity({ number }: Operators, format: 32 | 64): Value {
  return number(format === 64 ? 0x7ffn << 52n : 0xffn << 23n);
}

/** i32: neither denormal nor NaNs. `calmly` (i32): or NaNs as the processor makes them. */
export function areOrdered(lanes: Lanes, values: readonly Value[], calmly?: Value): Value {
  const operators = operatorsOf(lanes);
  const { on, both, either, holds, number, when, same } = operators;
  const isOrdered = (value: Value): Value => {
    const ordered = either(
      on('ge', on('abs', value), leastNormal(operators, lanes.format)),
      on('eq', value, number(0n)),
    );
    if (calmly === undefined) return ordered;
    return either(
      ordered,
      both(when(calmly), same(value, number(lanes.format === 64 ? 0xfff8n << 48n : 0xffc0n << 16n))),
    );
  };
  return holds(values.map(isOrdered).reduce(both));
}

/** i32: as the quick look, but operands may be zero, and so may results that are so without rounding. Facts need not be looked at. */
function areRight(check: HostCheck, floats: HostFloats): Value {
  const operators = operatorsOf(check);
  const { on, both, either, not, holds, when } = operators;
  const [least, most] = [leastNormal(operators, check.format), infinity(operators, check.format)];
  const conditions = check.parts.flatMap(({ operands, result }) => {
    const ordered = unknownOrdered(check, operands, floats);
    if (result === undefined) return ordered;
    const size = on('abs', result);
    const normal =
      check.operation === 'quotient'
        ? both(on('gt', size, least), on('lt', size, most))
        : both(not(on('le', size, least)), either(on('lt', size, most), when(floats.calmly)));
    const zero = exactZero(check, operands, result);
    return [...ordered, zero === undefined ? normal : either(normal, zero)];
  });
  return holds(conditions.reduce(both));
}

/** Operands of which nothing is known: that they are neither denormal nor NaNs. */
function unknownOrdered(check: HostCheck, operands: readonly Value[], { facts }: HostFloats): Value[] {
  const operators = operatorsOf(check);
  const { on, either, number } = operators;
  return operands
    .filter((each) => !facts.knows(each, check))
    .map((each) => either(on('ge', on('abs', each), leastNormal(operators, check.format)), on('eq', each, number(0n))));
}

/** Whether a result is zero without having been rounded to it. */
function exactZero(check: HostCheck, [a, b]: readonly Value[], result: Value): Value | undefined {
  const { on, both, either, number } = operatorsOf(check);
  const isZero = (value: Value | undefined): Value => on('eq', value as Value, number(0n));
  switch (check.operation) {
    case 'other':
      return undefined;
    case 'product':
      return both(isZero(result), either(isZero(a), isZero(b)));
    case 'quotient':
      return both(isZero(result), isZero(a));
    default:
      return isZero(result);
  }
}

/** Powers of two from which on what a product lost by rounding is no denormal. */
const LEAST_PRODUCT = { 32: BigInt(127 - 100) << 23n, 64: BigInt(1023 - 960) << 52n } as const;

/**
 * i32: nothing was lost by rounding, nor is anything else to be reported. undefined: nobody knows.
 * What a sum lost is a number itself (D. Knuth, The Art of Computer Programming 2, 4.2.2), and so is what a product lost, if it is large enough.
 */
function areExact(check: HostCheck, floats: HostFloats): Value | undefined {
  const operators = operatorsOf(check);
  const { on, both, either, holds, number, multiplyAdd } = operators;
  const { operation, format } = check;
  const isSum = operation === 'sum' || operation === 'difference';
  if (!isSum && (!hostFuses || !['product', 'quotient', 'root'].includes(operation))) return undefined;
  const least = isSum ? leastNormal(operators, format) : number(LEAST_PRODUCT[format]);
  const isLarge = (value: Value): Value => on('ge', on('abs', value), least);
  const conditions = check.parts.flatMap(({ operands, result }) => {
    const [a, b = a] = operands as [Value, Value?];
    const r = result as Value;
    const ordered = unknownOrdered(check, operands, floats);
    const zero = exactZero(check, operands, r) as Value;
    const exactly = (lost: Value): Value => on('eq', lost, number(0n));
    if (isSum) {
      const added = operation === 'sum' ? b : on('neg', b);
      const part = on('sub', r, a);
      const lost = on('add', on('sub', a, on('sub', r, part)), on('sub', added, part));
      return [...ordered, either(isLarge(r), zero), exactly(lost)];
    }
    const [x, y, whole] = operation === 'product' ? [a, b, r] : operation === 'quotient' ? [r, b, a] : [r, r, a];
    const lost = exactly(multiplyAdd(x, y, on('neg', whole)));
    return [...ordered, either([isLarge(r), isLarge(whole), lost].reduce(both), zero)];
  });
  return holds(conditions.reduce(both));
}
