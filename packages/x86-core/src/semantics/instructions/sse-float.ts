/** Arithmetic of SSE and AVX: SDM 1 11.4.1.2. On the host where float/fast-path.ts allows it, else by the runtime. */
import {
  areOrdinary,
  arePositive,
  both,
  type Format,
  gather,
  isFast,
  isPlainProduct,
  isPlainSum,
  operator,
} from '../float/fast-path.ts';
import * as code from '../float/operation.ts';
import {
  type Halves,
  high,
  lastSource,
  NO_VECTOR,
  raiseFloat,
  readHalves,
  readScalar,
  requireVectorAlignment,
  resultHalves,
  writeScalar,
} from '../float/operands.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

interface Arithmetic {
  /** Of operation.ts. */
  readonly code: number;
  /** One operand. */
  readonly unary?: boolean;
  /** Of two vectors, on the host. */
  readonly compute: (format: Format, a: Value, b: Value) => Value;
  /** i32: the host's result is right. Of vectors of which every lane counts. */
  readonly check: (m: MeaningBuilder, format: Format, operands: readonly Value[], result: Value) => Value;
}

function plain(name: string): Arithmetic['compute'] {
  return (format, a, b) => v.operation(operator(format, name), a, b);
}

const sum: Arithmetic['check'] = (m, format, operands, result) =>
  both(isFast(m), isPlainSum(m, format, operands, result));
const product: Arithmetic['check'] = (m, format, operands, result) =>
  both(isFast(m), isPlainProduct(m, format, operands, result));

const arithmetic: Readonly<Record<string, Arithmetic>> = {
  add: { code: code.ADD, compute: plain('add'), check: sum },
  sub: { code: code.SUBTRACT, compute: plain('sub'), check: sum },
  mul: { code: code.MULTIPLY, compute: plain('mul'), check: product },
  div: { code: code.DIVIDE, compute: plain('div'), check: product },
  // "If the values are both 0.0s the second operand is returned": b < a ? b : a is what pmin and pmax do, the other way round.
  min: {
    code: code.MINIMUM,
    compute: (format, a, b) => v.operation(operator(format, 'pmin'), b, a),
    check: areOrdinary,
  },
  max: {
    code: code.MAXIMUM,
    compute: (format, a, b) => v.operation(operator(format, 'pmax'), b, a),
    check: areOrdinary,
  },
  sqrt: {
    code: code.SQUARE_ROOT,
    unary: true,
    compute: (format, _, b) => v.operation(operator(format, 'sqrt'), b),
    check: (m, format, [b]) => both(isFast(m), arePositive(format, b as Value)),
  },
};

/** Even lanes are subtracted: their sign bits in b are changed. */
const evenSigns = {
  32: v.vector(Array.from({ length: 16 }, (_, at) => (at % 8 === 3 ? 0x80 : 0))),
  64: v.vector(Array.from({ length: 16 }, (_, at) => (at === 7 ? 0x80 : 0))),
};
const addSubtract: Arithmetic = {
  code: code.ADD_SUBTRACT,
  compute: (format, a, b) => v.operation(operator(format, 'add'), a, v.operation('v128.xor', b, evenSigns[format])),
  check: sum,
};

function packed(operation: Arithmetic, format: Format): Definition {
  return (m) => {
    const source = lastSource(m);
    requireVectorAlignment(m, source);
    const count = m.halves(0);
    const b = readHalves(m, source, count);
    const a = operation.unary === true ? b : readHalves(m, m.vex ? 1 : 0, count);
    computePacked(m, operation, format, a, b);
  };
}

function computePacked(m: MeaningBuilder, operation: Arithmetic, format: Format, a: Halves, b: Halves): void {
  const count = a.length;
  const results: Value[] = [];
  let right: Value | undefined;
  for (const [half, first] of a.entries()) {
    const second = b[half] as Value;
    const result = m.let(operation.compute(format, first, second));
    const operands = operation.unary === true ? [second] : [first, second];
    const check = m.let(operation.check(m, format, operands, result));
    results.push(result);
    right = right === undefined ? check : both(right, check);
  }
  m.if(
    right as Value,
    () => m.writeVector(0, results),
    () => {
      const numbers = [operation.code, format, (count * 128) / format].map((number) => v.constant32(number));
      raiseFloat(m, m.call('sseArithmetic', m.core(), ...numbers, a[0], high(a), b[0], high(b)));
      m.writeVector(0, resultHalves(m, count));
    },
  );
}

function scalar(operation: Arithmetic, format: Format): Definition {
  return (m) => {
    const first = m.readVector(m.vex ? 1 : 0);
    const b = readScalar(m, lastSource(m), format);
    const a = operation.unary === true ? b : first;
    // The lowest elements alone: others may be denormal, which is slow on hosts.
    const low = (value: Value): Value => v.lane(operator(format, 'extract_lane'), 0, value);
    const computed = scalarOperators[operation.code]?.(format, low(a), low(b));
    const result = m.let(
      computed === undefined ? operation.compute(format, a, b) : v.operation(operator(format, 'splat'), computed),
    );
    const operands = m.let(gather(format, operation.unary === true ? [b] : [a, b]));
    const check = operation.check(m, format, [operands], m.let(gather(format, [result])));
    m.if(
      check,
      () => writeScalar(m, format, first, result),
      () => {
        const numbers = [operation.code, format, 1].map((number) => v.constant32(number));
        raiseFloat(m, m.call('sseArithmetic', m.core(), ...numbers, a, NO_VECTOR, b, NO_VECTOR));
        writeScalar(m, format, first, resultHalves(m, 1)[0]);
      },
    );
  };
}

type ScalarOperator = (format: Format, a: Value, b: Value) => Value;

/** On f32 and f64. Minimum and maximum have none with x86's rules. */
const scalarOperators: Readonly<Record<number, ScalarOperator>> = {
  [code.ADD]: (format, a, b) => v.operation(`f${format}.add`, a, b),
  [code.SUBTRACT]: (format, a, b) => v.operation(`f${format}.sub`, a, b),
  [code.MULTIPLY]: (format, a, b) => v.operation(`f${format}.mul`, a, b),
  [code.DIVIDE]: (format, a, b) => v.operation(`f${format}.div`, a, b),
  [code.SQUARE_ROOT]: (format, _, b) => v.operation(`f${format}.sqrt`, b),
};

/** HADDxx and HSUBxx: neighbours, of the first operand below those of the second, in each half. */
function horizontal(operation: Arithmetic, format: Format): Definition {
  return (m) => {
    requireVectorAlignment(m, lastSource(m));
    const count = m.halves(0);
    const y = readHalves(m, lastSource(m), count);
    const x = readHalves(m, m.vex ? 1 : 0, count);
    const pick = (odd: 0 | 1): Halves =>
      x.map((each, half) => m.let(v.shuffle(each, y[half] as Value, neighbours(format, odd)))) as unknown as Halves;
    computePacked(m, operation, format, pick(0), pick(1));
  };
}

function neighbours(format: Format, odd: 0 | 1): number[] {
  const bytes = format / 8;
  return Array.from({ length: 16 }, (_, at) => bytes * (2 * Math.floor(at / bytes) + odd) + (at % bytes));
}

function reciprocal(root: 0 | 1, isScalar: boolean): Definition {
  return (m) => {
    const source = lastSource(m);
    if (isScalar) {
      const first = m.readVector(m.vex ? 1 : 0);
      const b = readScalar(m, source, 32);
      m.call('sseReciprocal', m.core(), v.constant32(root), v.constant32(1), b, NO_VECTOR);
      writeScalar(m, 32, first, resultHalves(m, 1)[0]);
      return;
    }
    requireVectorAlignment(m, source);
    const count = m.halves(0);
    const b = readHalves(m, source, count);
    m.call('sseReciprocal', m.core(), v.constant32(root), v.constant32(4 * count), b[0], high(b));
    m.writeVector(0, resultHalves(m, count));
  };
}

/** DPPS, DPPD: by the runtime alone. */
function dotProduct(format: Format): Definition {
  return (m) => {
    requireVectorAlignment(m, lastSource(m));
    const count = m.halves(0);
    const b = readHalves(m, lastSource(m), count);
    const a = readHalves(m, m.vex ? 1 : 0, count);
    const control = v.operation('i32.wrap_i64', m.read(m.operandCount - 1));
    const numbers = [control, v.constant32(format), v.constant32(count)];
    raiseFloat(m, m.call('sseDotProduct', m.core(), ...numbers, a[0], high(a), b[0], high(b)));
    m.writeVector(0, resultHalves(m, count));
  };
}

const entries: [string, Definition][] = [
  ...Object.entries(arithmetic).flatMap(([name, operation]): [string, Definition][] => [
    [`${name}ps`, packed(operation, 32)],
    [`${name}pd`, packed(operation, 64)],
    [`${name}ss`, scalar(operation, 32)],
    [`${name}sd`, scalar(operation, 64)],
  ]),
  ['addsubps', packed(addSubtract, 32)],
  ['addsubpd', packed(addSubtract, 64)],
  ['haddps', horizontal(arithmetic['add'] as Arithmetic, 32)],
  ['haddpd', horizontal(arithmetic['add'] as Arithmetic, 64)],
  ['hsubps', horizontal(arithmetic['sub'] as Arithmetic, 32)],
  ['hsubpd', horizontal(arithmetic['sub'] as Arithmetic, 64)],
  ['rcpps', reciprocal(0, false)],
  ['rcpss', reciprocal(0, true)],
  ['rsqrtps', reciprocal(1, false)],
  ['rsqrtss', reciprocal(1, true)],
  ['dpps', dotProduct(32)],
  ['dppd', dotProduct(64)],
];

/** VEX forms have the same meaning with a destination of their own. */
export const sseFloatDefinitions: ReadonlyMap<string, Definition> = new Map(
  entries.flatMap(([name, definition]) => [
    [name, definition],
    [`v${name}`, definition],
  ]),
);
