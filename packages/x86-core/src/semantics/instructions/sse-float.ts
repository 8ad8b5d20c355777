/** Arithmetic of SSE and AVX: SDM 1 11.4.1.2. On the host where float/fast-path.ts allows it, else by the runtime. */
import { type Format, operator } from '../float/fast-path.ts';
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
  resultHalf,
  withLowest,
  writeScalar,
} from '../float/operands.ts';
import type { HostCheck, HostOperation, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

interface Arithmetic {
  /** Of operation.ts. */
  readonly code: number;
  readonly operation: HostOperation;
  /** Of two vectors, on the host. */
  readonly compute: (format: Format, a: Value, b: Value) => Value;
  /** Of two scalars; without it vectors do. */
  readonly scalarName?: 'add' | 'sub' | 'mul' | 'div' | 'sqrt';
}

function plain(name: string): Arithmetic['compute'] {
  return (format, a, b) => v.operation(operator(format, name), a, b);
}

const arithmetic = {
  add: { code: code.ADD, operation: 'sum', compute: plain('add'), scalarName: 'add' },
  sub: { code: code.SUBTRACT, operation: 'difference', compute: plain('sub'), scalarName: 'sub' },
  mul: { code: code.MULTIPLY, operation: 'product', compute: plain('mul'), scalarName: 'mul' },
  div: { code: code.DIVIDE, operation: 'quotient', compute: plain('div'), scalarName: 'div' },
  // "If the values are both 0.0s the second operand is returned": b < a ? b : a is what pmin and pmax do, the other way round.
  min: {
    code: code.MINIMUM,
    operation: 'order',
    compute: (format, a, b) => v.operation(operator(format, 'pmin'), b, a),
  },
  max: {
    code: code.MAXIMUM,
    operation: 'order',
    compute: (format, a, b) => v.operation(operator(format, 'pmax'), b, a),
  },
  sqrt: {
    code: code.SQUARE_ROOT,
    operation: 'root',
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
  operation: 'alternating sum',
  compute: (format, a, b) => v.operation(operator(format, 'add'), a, v.operation('v128.xor', b, evenSigns[format])),
};

function isUnary({ operation }: Arithmetic): boolean {
  return operation === 'root';
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
  const parts = results.map((result, half) => partOf(operation, a[half] as Value, b[half] as Value, result));
  m.unlessHosts({ format, lanes: 'all', parts, operation: operation.operation }, () => {
    const parameters = [operation.code, format, (count * 128) / format].map((number) => v.constant32(number));
    raiseFloat(m, m.call('sseArithmetic', m.core(), ...parameters, a[0], high(a), b[0], high(b)));
    for (const [half, result] of results.entries()) m.assign(result, resultHalf(m, half as 0 | 1));
  });
  m.writeVector(0, results);
}

/** What is asked of operands and result before the host's result is taken. */
function partOf({ operation }: Arithmetic, a: Value, b: Value, result: Value): HostCheck['parts'][number] {
  const operands = operation === 'root' ? [b] : [a, b];
  return operation === 'order' ? { operands } : { operands, result };
}

function scalar(operation: Arithmetic, format: Format): Definition {
  return (m) => {
    const first = m.readVector(m.vex ? 1 : 0);
    const second = readScalar(m, lastSource(m), format);
    const b = m.let(lowestOf(format, second));
    const a = isUnary(operation) ? b : m.let(lowestOf(format, first));
    const result = m.let(computeScalar(operation, format, a, b));
    const parts = [partOf(operation, a, b, result)];
    m.unlessHosts({ format, lanes: 'lowest', parts, operation: operation.operation }, () => {
      const parameters = [operation.code, format, 1].map((number) => v.constant32(number));
      const vectors = [isUnary(operation) ? second : first, NO_VECTOR, second, NO_VECTOR];
      raiseFloat(m, m.call('sseArithmetic', m.core(), ...parameters, ...vectors));
      m.assign(result, lowestOf(format, resultHalf(m, 0)));
    });
    m.writeVector(0, [m.let(withLowest(format, first, result))]);
  };
}

/** f32 or f64. */
function computeScalar({ scalarName, code: number, operation }: Arithmetic, format: Format, a: Value, b: Value): Value {
  if (scalarName !== undefined)
    return v.operation(`f${format}.${scalarName}`, ...(operation === 'root' ? [b] : [a, b]));
  // As compute of min and max: the second operand where the two are equal.
  const isFirst = v.operation(`f${format}.${number === code.MINIMUM ? 'lt' : 'gt'}`, a, b);
  return v.select(isFirst, a, b);
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
