/** Comparison of SSE and AVX: CMPxx with its 32 predicates, COMIxx and UCOMIxx (SDM 2 CMPPD table 3-1). */
import { anyOf, type Format, isRight, isUnordered, lowestNumbers, numbers, operator } from '../float/fast-path.ts';
import {
  high,
  lowestOf,
  NO_VECTOR,
  raiseFloat,
  readHalves,
  readScalar,
  requireVectorAlignment,
  resultHalves,
  writeScalar,
} from '../float/operands.ts';
import { FLOAT_RESULT } from '../float/state.ts';
import { carryWord, rflagsWords } from '../flags.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';

/** Bit n: predicate n (and n + 16) holds where a is less than, equal to, greater than b. */
const WHERE_LESS = 0x9696;
const WHERE_EQUAL = 0xa5a5;
const WHERE_GREATER = 0xf0f0;

/** Masks of a comparison of operands that are no NaNs. */
function answers(m: MeaningBuilder, format: Format, predicate: Value, a: Value, b: Value): Value {
  const where = (name: string, predicates: number): Value => {
    const holds = v.operation('i64.and', v.operation('i64.shr_u', v.constant(predicates), predicate), v.constant(1));
    const mask = v.operation('i64x2.splat', v.operation('i64.sub', v.constant(0), holds));
    return v.operation('v128.and', mask, v.operation(operator(format, name), a, b));
  };
  const less = where('lt', WHERE_LESS);
  const equal = where('eq', WHERE_EQUAL);
  return m.let(v.operation('v128.or', v.operation('v128.or', less, equal), where('gt', WHERE_GREATER)));
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
    const fault = anyOf([...a, ...b].map((each) => isUnordered(numbers(format, each))));
    m.if(
      isRight(fault, format),
      () => {
        const halves = a.map((each, half) => answers(m, format, predicate.ordered, each, b[half] as Value));
        m.writeVector(0, halves);
      },
      () => {
        const numbers = [v.operation('i32.wrap_i64', predicate.all), v.constant32(format)];
        const lanes = v.constant32((count * 128) / format);
        raiseFloat(m, m.call('sseCompare', m.core(), ...numbers, lanes, a[0], high(a), b[0], high(b)));
        m.writeVector(0, resultHalves(m, count));
      },
    );
  };
}

/** i32: neither is denormal, a NaN or infinite. */
function areUsual(m: MeaningBuilder, format: Format, a: Value, b: Value): Value {
  const exponents = lowestNumbers(format, a, b);
  return isRight(isUnordered({ ...exponents, lanes: m.let(exponents.lanes) }), format);
}

function compareScalar(format: Format): Definition {
  return (m) => {
    const a = m.readVector(m.vex ? 1 : 0);
    const b = readScalar(m, m.operandCount - 2, format);
    const predicate = predicateOf(m);
    m.if(
      areUsual(m, format, a, b),
      () => writeScalar(m, format, a, answers(m, format, predicate.ordered, a, b)),
      () => {
        const parameters = [v.operation('i32.wrap_i64', predicate.all), v.constant32(format), v.constant32(1)];
        raiseFloat(m, m.call('sseCompare', m.core(), ...parameters, a, NO_VECTOR, b, NO_VECTOR));
        writeScalar(m, format, a, resultHalves(m, 1)[0]);
      },
    );
  };
}

/** ZF, PF and CF as a comparison of unsigned integers would set them; all three for unordered operands. OF, SF and AF are cleared. */
function compareOrder(format: Format, quietly: 0 | 1): Definition {
  return (m) => {
    const b = readScalar(m, 1, format);
    const a = m.readVector(0);
    m.if(
      areUsual(m, format, a, b),
      () => {
        const [x, y] = [lowestOf(format, a), lowestOf(format, b)];
        const less = m.let(v.bit(v.operation(`f${format}.lt`, x, y)));
        const equal = v.bit(v.operation(`f${format}.eq`, x, y));
        // A result of 0 is ZF with PF, which bit 8 of the word for AF turns off; 1 is neither (PF is even parity).
        const notEqual = m.let(v.operation('i64.xor', equal, v.constant(1)));
        const aux = m.let(v.operation('i64.shl', v.operation('i64.xor', notEqual, v.constant(1)), v.constant(8)));
        m.flags('settled', 64, m.let(carryWord(less, v.constant(0))), aux, notEqual);
      },
      () => {
        const bits = [a, b].map((each) => lowestBits(format, each));
        raiseFloat(m, m.call('sseOrder', m.core(), v.constant32(quietly), v.constant32(format), ...bits));
        const words = rflagsWords(m.stateLoad(FLOAT_RESULT, 64));
        const [carry, aux, result] = [m.let(words.carry), m.let(words.aux), m.let(words.result)];
        m.flags('settled', 64, carry, aux, result);
      },
    );
  };
}

/** As an i64. */
function lowestBits(format: Format, vector: Value): Value {
  if (format === 64) return v.lane('i64x2.extract_lane', 0, vector);
  return v.operation('i64.extend_i32_u', v.lane('i32x4.extract_lane', 0, vector));
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
