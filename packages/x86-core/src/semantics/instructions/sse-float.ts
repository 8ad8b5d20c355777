/** Arithmetic of SSE and AVX: SDM 1 11.4.1.2. On the host where float/fast-path.ts allows it, else by the runtime. */
import {
  anyOf,
  areLowestInRange,
  type Format,
  isInRange,
  isRight,
  isUnordered,
  lowestNumbers,
  numbers,
  once,
  operator,
} from '../float/fast-path.ts';
import * as code from '../float/operation.ts';
import {
  type Halves,
  high,
  lastSource,
  lowestOf,
  NO_VECTOR,
  raiseFloat,
  readHalves,
  readScalar,
  requireVectorAlignment,
  resultHalves,
  withLowest,
  writeScalar,
} from '../float/operands.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

interface Arithmetic {
  /** Of operation.ts. */
  readonly code: number;
  /** What is asked of operands and result before the host's result is taken. */
  readonly kind: 'arithmetic' | 'root' | 'order';
  /** Of two vectors, on the host. */
  readonly compute: (format: Format, a: Value, b: Value) => Value;
  /** Of two scalars; without it vectors do. */
  readonly scalarName?: 'add' | 'sub' | 'mul' | 'div' | 'sqrt';
}

function plain(name: string): Arithmetic['compute'] {
  return (format, a, b) => v.operation(operator(format, name), a, b);
}

const arithmetic = {
  add: { code: code.ADD, kind: 'arithmetic', compute: plain('add'), scalarName: 'add' },
  sub: { code: code.SUBTRACT, kind: 'arithmetic', compute: plain('sub'), scalarName: 'sub' },
  mul: { code: code.MULTIPLY, kind: 'arithmetic', compute: plain('mul'), scalarName: 'mul' },
  div: { code: code.DIVIDE, kind: 'arithmetic', compute: plain('div'), scalarName: 'div' },
  // "If the values are both 0.0s the second operand is returned": b < a ? b : a is what pmin and pmax do, the other way round.
  min: { code: code.MINIMUM, kind: 'order', compute: (format, a, b) => v.operation(operator(format, 'pmin'), b, a) },
  max: { code: code.MAXIMUM, kind: 'order', compute: (format, a, b) => v.operation(operator(format, 'pmax'), b, a) },
  sqrt: {
    code: code.SQUARE_ROOT,
    kind: 'root',
    compute: (format, _, b) => v.operation(operator(format, 'sqrt'), b),
    scalarName: 'sqrt',
  },
} satisfies Record<string, Arithmetic>;

/** Even lanes are subtracted: their sign bits in b are changed. */
const evenSigns = {
  32: v.vector(Array.from({ length: 16 }, (_, at) => (at % 8 === 3 ? 0x80 : 0))),
  64: v.vector(Array.from({ length: 16 }, (_, at) => (at === 7 ? 0x80 : 0))),
};
const addSubtract: Arithmetic = {
  code: code.ADD_SUBTRACT,
  kind: 'arithmetic',
  compute: (format, a, b) => v.operation(operator(format, 'add'), a, v.operation('v128.xor', b, evenSigns[format])),
};

function isUnary(operation: Arithmetic): boolean {
  return operation.kind === 'root';
}

function packed(operation: Arithmetic, format: Format): Definition {
  return (m) => {
    const source = lastSource(m);
    requireVectorAlignment(m, source);
    const count = m.halves(0);
    const b = readHalves(m, source, count);
    const a = isUnary(operation) ? b : readHalves(m, m.vex ? 1 : 0, count);
    computePacked(m, operation, format, a, b);
  };
}

function computePacked(m: MeaningBuilder, operation: Arithmetic, format: Format, a: Halves, b: Halves): void {
  const count = a.length;
  const results = a.map((each, half) => m.let(operation.compute(format, each, b[half] as Value)));
  const operands = isUnary(operation) ? b : [...a, ...b];
  const isHosts =
    operation.kind === 'order'
      ? isRight(anyOf(operands.map((each) => isUnordered(numbers(format, each)))), format)
      : isInRange(m, format, operands, results);
  const host = (): void => m.writeVector(0, results);
  m.if(isHosts, host, () => {
    const parameters = [operation.code, format, (count * 128) / format].map((number) => v.constant32(number));
    raiseFloat(m, m.call('sseArithmetic', m.core(), ...parameters, a[0], high(a), b[0], high(b)));
    m.writeVector(0, resultHalves(m, count));
  });
}

function scalar(operation: Arithmetic, format: Format): Definition {
  return (m) => {
    const first = m.readVector(m.vex ? 1 : 0);
    const b = readScalar(m, lastSource(m), format);
    const a = isUnary(operation) ? b : first;
    const result = m.let(withLowest(format, first, computeScalar(operation, format, a, b)));
    const isHosts =
      operation.kind === 'order'
        ? isRight(isUnordered(once(m, lowestNumbers(format, a, b))), format)
        : areLowestInRange(m, format, [a, b, result]);
    const host = (): void => m.writeVector(0, [result]);
    m.if(isHosts, host, () => {
      const parameters = [operation.code, format, 1].map((number) => v.constant32(number));
      raiseFloat(m, m.call('sseArithmetic', m.core(), ...parameters, a, NO_VECTOR, b, NO_VECTOR));
      writeScalar(m, format, first, resultHalves(m, 1)[0]);
    });
  };
}

/** f32 or f64. */
function computeScalar({ scalarName, compute, kind }: Arithmetic, format: Format, a: Value, b: Value): Value {
  if (scalarName === undefined) return lowestOf(format, compute(format, a, b));
  const operands = kind === 'root' ? [b] : [a, b];
  return v.operation(`f${format}.${scalarName}`, ...operands.map((each) => lowestOf(format, each)));
}

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

function reciprocal(ofRoot: 0 | 1, isScalar: boolean): Definition {
  return (m) => {
    const source = lastSource(m);
    if (isScalar) {
      const first = m.readVector(m.vex ? 1 : 0);
      const b = readScalar(m, source, 32);
      m.call('sseReciprocal', m.core(), v.constant32(ofRoot), v.constant32(1), b, NO_VECTOR);
      writeScalar(m, 32, first, resultHalves(m, 1)[0]);
      return;
    }
    requireVectorAlignment(m, source);
    const count = m.halves(0);
    const b = readHalves(m, source, count);
    m.call('sseReciprocal', m.core(), v.constant32(ofRoot), v.constant32(4 * count), b[0], high(b));
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
  ['haddps', horizontal(arithmetic.add, 32)],
  ['haddpd', horizontal(arithmetic.add, 64)],
  ['hsubps', horizontal(arithmetic.sub, 32)],
  ['hsubpd', horizontal(arithmetic.sub, 64)],
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
