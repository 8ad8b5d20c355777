/** Comparison of SSE and AVX: CMPxx with its 32 predicates, COMIxx and UCOMIxx (SDM 2 CMPPD table 3-1). */
import { type Format, operator } from '../float/fast-path.ts';
import {
  high,
  lowestOf,
  NO_VECTOR,
  raiseFloat,
  readHalves,
  readScalar,
  requireVectorAlignment,
  resultHalf,
  writeScalar,
} from '../float/operands.ts';
import { FLOAT_RESULT } from '../float/state.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

/** Relations of a and b: each is one predicate of the first sixteen, and its negation another. None holds for 11, all for 15. */
const relations: readonly {
  readonly is: number;
  readonly isNot: number;
  readonly names: readonly ('eq' | 'lt' | 'le' | 'ge' | 'gt')[];
}[] = [
  { is: 0, isNot: 4, names: ['eq'] },
  { is: 1, isNot: 5, names: ['lt'] },
  { is: 2, isNot: 6, names: ['le'] },
  { is: 7, isNot: 3, names: ['le', 'gt'] },
  { is: 12, isNot: 8, names: ['lt', 'gt'] },
  { is: 13, isNot: 9, names: ['ge'] },
  { is: 14, isNot: 10, names: ['gt'] },
];
const NEGATIONS = relations.reduce((set, { isNot }) => set | (1 << isNot), 1 << 15);

/** Bits of RFLAGS. */
const CF = 0;
const PF = 2;
const ZF = 6;

/** Masks of a comparison, NaNs included. `predicate`: of the first sixteen; the others differ in what they report. */
function answers(m: MeaningBuilder, format: Format, predicate: Value, a: Value, b: Value): Value {
  const isAmong = (predicates: number): Value => {
    const holds = v.operation('i64.and', v.operation('i64.shr_u', v.constant(predicates), predicate), v.constant(1));
    return v.operation('i64x2.splat', v.operation('i64.sub', v.constant(0), holds));
  };
  const found = relations.map(({ is, isNot, names }) => {
    const holds = names.map((name) => v.operation(operator(format, name), a, b));
    const mask = isAmong((1 << is) | (1 << isNot));
    return v.operation(
      'v128.and',
      mask,
      holds.reduce((x, y) => v.operation('v128.or', x, y)),
    );
  });
  const any = found.reduce((x, y) => v.operation('v128.or', x, y));
  return m.let(v.operation('v128.xor', any, isAmong(NEGATIONS)));
}

/** Legacy forms know the first eight predicates. */
function predicateOf(m: MeaningBuilder): { all: Value; ordered: Value } {
  const immediate = m.read(m.operandCount - 1);
  const all = m.let(v.operation('i64.and', immediate, v.constant(m.vex ? 31 : 7)));
  return { all, ordered: m.let(v.operation('i64.and', all, v.constant(15))) };
}

function comparePacked(format: Format): Definition {
  return (m) => {
    const source = m.operandCount - 2;
    requireVectorAlignment(m, source);
    const count = m.halves(0);
    const b = readHalves(m, source, count);
    const a = readHalves(m, m.vex ? 1 : 0, count);
    const predicate = predicateOf(m);
    const results = a.map((each, half) => m.let(answers(m, format, predicate.ordered, each, b[half] as Value)));
    const parts = [{ operands: [...a, ...b] }];
    m.unlessHosts({ format, lanes: 'all', parts, operation: 'order' }, () => {
      const numbers = [v.operation('i32.wrap_i64', predicate.all), v.constant32(format)];
      const lanes = v.constant32((count * 128) / format);
      raiseFloat(m, m.call('sseCompare', m.core(), ...numbers, lanes, a[0], high(a), b[0], high(b)));
      for (const [half, result] of results.entries()) m.assign(result, resultHalf(m, half as 0 | 1));
    });
    m.writeVector(0, results);
  };
}

function compareScalar(format: Format): Definition {
  return (m) => {
    const a = m.readVector(m.vex ? 1 : 0);
    const b = readScalar(m, m.operandCount - 2, format);
    const predicate = predicateOf(m);
    const result = m.let(answers(m, format, predicate.ordered, a, b));
    const parts = [{ operands: [a, b].map((each) => m.let(lowestOf(format, each))) }];
    m.unlessHosts({ format, lanes: 'lowest', parts, operation: 'order' }, () => {
      const parameters = [v.operation('i32.wrap_i64', predicate.all), v.constant32(format), v.constant32(1)];
      raiseFloat(m, m.call('sseCompare', m.core(), ...parameters, a, NO_VECTOR, b, NO_VECTOR));
      m.assign(result, resultHalf(m, 0));
    });
    writeScalar(m, format, a, result);
  };
}

/**
 * ZF, PF and CF as a comparison of unsigned integers would set them; all three for unordered operands. OF, SF and AF are cleared. What the runtime
 * says, denormals may count as zeros, two numbers stand for.
 */
function compareOrder(format: Format, quietly: 0 | 1): Definition {
  return (m) => {
    const [b, a] = [m.let(lowestOf(format, readScalar(m, 1, format))), m.let(lowestOf(format, m.readVector(0)))];
    m.unlessHosts({ format, lanes: 'lowest', parts: [{ operands: [a, b] }], operation: 'order' }, () => {
      const bits = [a, b].map((each) => bitsOf(format, each));
      raiseFloat(m, m.call('sseOrder', m.core(), v.constant32(quietly), v.constant32(format), ...bits));
      const flags = m.stateLoad(FLOAT_RESULT, 64);
      const bit = (number: number): Value =>
        v.operation('i64.and', v.operation('i64.shr_u', flags, v.constant(number)), v.constant(1));
      // 1, 0 or -1 beside 0; or something beside a NaN.
      const below = v.operation('i64.add', bit(ZF), v.operation('i64.shl', bit(CF), v.constant(1)));
      m.assign(a, v.operation(`f${format}.convert_i64_s`, v.operation('i64.sub', v.constant(1), below)));
      m.assign(b, numberOf(format, v.operation('i64.sub', v.constant(0), bit(PF))));
    });
    m.flags('order', format, a, b, v.constant(0));
  };
}

/** As an i64. */
function bitsOf(format: Format, number: Value): Value {
  if (format === 64) return v.operation('i64.reinterpret_f64', number);
  return v.operation('i64.extend_i32_u', v.operation('i32.reinterpret_f32', number));
}

/** From an i64. */
function numberOf(format: Format, bits: Value): Value {
  if (format === 64) return v.operation('f64.reinterpret_i64', bits);
  return v.operation('f32.reinterpret_i32', v.operation('i32.wrap_i64', bits));
}

const entries: [string, Definition][] = [
  ['cmpps', comparePacked(32)],
  ['cmppd', comparePacked(64)],
  ['cmpss', compareScalar(32)],
  ['cmpsd', compareScalar(64)],
  ['comiss', compareOrder(32, 0)],
  ['comisd', compareOrder(64, 0)],
  ['ucomiss', compareOrder(32, 1)],
  ['ucomisd', compareOrder(64, 1)],
];

export const sseFloatCompareDefinitions: ReadonlyMap<string, Definition> = new Map(
  entries.flatMap(([name, definition]) => [
    [name, definition],
    [`v${name}`, definition],
  ]),
);
