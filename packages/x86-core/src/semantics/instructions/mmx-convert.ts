/** Conversions between MMX registers and floating point: CVTPI2PS to CVTTPD2PI (SDM 1 10.4.4). By the runtime alone. */
import * as code from '../float/operation.ts';
import { NO_VECTOR, raiseFloat, requireVectorAlignment, resultHalves } from '../float/operands.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Definition } from './definition.ts';
import { checkPendingException } from './packed/packed.ts';

const TRUNCATE = 3;

/** Two lanes. The x87 is left for MMX before exceptions are found, and so also where one is raised. */
function convert(m: MeaningBuilder, conversion: number, control: number, operand: Value, usesMmx: boolean): Value {
  if (usesMmx) m.call('x87EnterMmx', m.core());
  const numbers = [conversion, 2, control].map((each) => v.constant32(each));
  raiseFloat(m, m.call('sseConvert', m.core(), ...numbers, operand, NO_VECTOR));
  return resultHalves(m, 1)[0];
}

/** CVTPI2PS keeps the upper half of its destination. Operands in memory leave the x87 alone. */
function fromIntegers(format: 32 | 64): Definition {
  return (m) => {
    const usesMmx = m.kind(1) === 'mmx';
    if (usesMmx) checkPendingException(m);
    const operand = m.let(v.operation('i64x2.splat', m.read(1)));
    const conversion = format === 32 ? code.INT32_TO_FLOAT32 : code.INT32_TO_FLOAT64;
    const result = convert(m, conversion, code.ROUND_AS_MXCSR, operand, usesMmx);
    if (format === 64) m.writeVector(0, [result]);
    else m.writeLow(0, 64, v.lane('i64x2.extract_lane', 0, result), true);
  };
}

function toIntegers(format: 32 | 64, control: number): Definition {
  return (m) => {
    checkPendingException(m);
    if (format === 64) requireVectorAlignment(m, 1);
    const operand = format === 64 ? m.readVector(1) : v.operation('i64x2.splat', m.readLow(1, 64));
    const conversion = format === 32 ? code.FLOAT32_TO_INT32 : code.FLOAT64_TO_INT32;
    const result = convert(m, conversion, control, m.let(operand), true);
    m.write(0, v.lane('i64x2.extract_lane', 0, result));
  };
}

export const mmxConvertDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['cvtpi2ps', fromIntegers(32)],
  ['cvtpi2pd', fromIntegers(64)],
  ['cvtps2pi', toIntegers(32, code.ROUND_AS_MXCSR)],
  ['cvtpd2pi', toIntegers(64, code.ROUND_AS_MXCSR)],
  ['cvttps2pi', toIntegers(32, TRUNCATE)],
  ['cvttpd2pi', toIntegers(64, TRUNCATE)],
]);
