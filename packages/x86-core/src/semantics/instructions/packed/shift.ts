/** Packed shifts: SDM 1 9.4.6, 11.4.2; AVX2: SDM 2 VPSLLV, VPSRLV, VPSRAV. */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import type { OperatorName } from '../../../wasm/operators.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { alignLegacy, binary, bothEncodings, checkPendingException, control, halvesOf, setMmxState } from './packed.ts';

/** All lanes by one count: the low 64 bits of a register or memory, or an immediate. Counts from the width on give 0, or the sign. */
function shift(operator: OperatorName, width: number): Definition {
  const arithmetic = operator.endsWith('shr_s');
  return (m) => {
    const operand = m.operandCount - 1;
    const value = m.vex ? 1 : 0;
    if (m.kind(0) === 'mmx') checkPendingException(m);
    const count = m.let(countOf(m, operand));
    const fits = m.let(v.operation('i64.lt_u', count, v.constant(width)));
    const number = m.let(v.narrow(arithmetic ? v.select(fits, count, v.constant(width - 1)) : count));
    const shifted = (a: Value): Value => {
      const result = m.let(v.operation(operator, a, number));
      return arithmetic ? result : m.let(v.select(fits, result, v.ZERO));
    };
    if (m.kind(0) === 'mmx') {
      const result = m.let(v.quadword(shifted(m.let(v.low64(m.read(0)))), 0));
      setMmxState(m);
      m.write(0, result);
    } else
      m.writeVector(
        0,
        halvesOf(m).map((half) => shifted(m.readVector(value, half))),
      );
  };
}

function countOf(m: MeaningBuilder, operand: number): Value {
  if (m.kind(operand) === 'immediate') return control(m);
  if (m.kind(0) === 'mmx') return m.read(operand);
  alignLegacy(m, operand);
  return v.quadword(m.readVector(operand), 0);
}

/** The whole of 128 bits by bytes: a swizzle whose numbers run over the end. */
function shiftBytes(direction: 'left' | 'right'): Definition {
  return (m) => {
    const bytes = control(m);
    const count = v.splat8(m.let(v.select(v.operation('i64.lt_u', bytes, v.constant(16)), bytes, v.constant(16))));
    const numbers = m.let(v.operation(direction === 'left' ? 'i8x16.sub' : 'i8x16.add', v.byteNumbers, count));
    m.writeVector(
      0,
      halvesOf(m).map((half) => m.let(v.swizzle(m.readVector(m.vex ? 1 : 0, half), numbers))),
    );
  };
}

type Shift64 = 'i64.shl' | 'i64.shr_u' | 'i64.shr_s';

/** Each lane by a count of its own. */
function shiftEach(width: 32 | 64, operator: Shift64): Definition {
  return binary((m, a, b) => {
    const lane = (number: number): Value => {
      const value = m.let(element(width, a, number, operator === 'i64.shr_s'));
      const count = m.let(element(width, b, number, false));
      const fits = v.operation('i64.lt_u', count, v.constant(width));
      if (operator === 'i64.shr_s') {
        return m.let(v.operation(operator, value, v.select(fits, count, v.constant(width - 1))));
      }
      return m.let(v.select(fits, v.operation(operator, value, count), v.constant(0)));
    };
    if (width === 64) return v.pair64(lane(0), lane(1));
    return [0, 1, 2, 3].reduce(
      (result, number) => v.lane('i32x4.replace_lane', number, result, v.narrow(lane(number))),
      v.ZERO,
    );
  });
}

function element(width: 32 | 64, of: Value, number: number, signed: boolean): Value {
  if (width === 64) return v.quadword(of, number as 0 | 1);
  return v.operation(signed ? 'i64.extend_i32_s' : 'i64.extend_i32_u', v.doubleword(of, number));
}

export const packedShiftDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...bothEncodings('psllw', shift('i16x8.shl', 16)),
  ...bothEncodings('pslld', shift('i32x4.shl', 32)),
  ...bothEncodings('psllq', shift('i64x2.shl', 64)),
  ...bothEncodings('psrlw', shift('i16x8.shr_u', 16)),
  ...bothEncodings('psrld', shift('i32x4.shr_u', 32)),
  ...bothEncodings('psrlq', shift('i64x2.shr_u', 64)),
  ...bothEncodings('psraw', shift('i16x8.shr_s', 16)),
  ...bothEncodings('psrad', shift('i32x4.shr_s', 32)),
  ...bothEncodings('pslldq', shiftBytes('left')),
  ...bothEncodings('psrldq', shiftBytes('right')),
  ['vpsllvd', shiftEach(32, 'i64.shl')],
  ['vpsllvq', shiftEach(64, 'i64.shl')],
  ['vpsrlvd', shiftEach(32, 'i64.shr_u')],
  ['vpsrlvq', shiftEach(64, 'i64.shr_u')],
  ['vpsravd', shiftEach(32, 'i64.shr_s')],
]);
