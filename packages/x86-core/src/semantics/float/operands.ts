/** How instructions of SSE and AVX take their operands: packed or scalar, with or without a source of its own for the destination. */
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';
import type { Format } from './fast-path.ts';
import { FLOAT_RESULT } from './state.ts';

export const NO_VECTOR: Value = v.vector(new Array<number>(16).fill(0));

/** A vector operand of one or two halves. */
export type Halves = readonly [Value] | readonly [Value, Value];

export function high(halves: Halves): Value {
  return halves[1] ?? NO_VECTOR;
}

/** The source that may be memory: the last one before an immediate. */
export function lastSource(m: MeaningBuilder): number {
  const last = m.operandCount - 1;
  return m.kind(last) === 'immediate' ? last - 1 : last;
}

/** Legacy instructions want packed operands in memory aligned (SDM 1 11.3). */
export function requireVectorAlignment(m: MeaningBuilder, operand: number): void {
  if (!m.vex && m.bits(operand) === 128) m.requireAligned(operand, 16);
}

export function readHalves(m: MeaningBuilder, operand: number, count: 1 | 2): Halves {
  const low = m.readVector(operand, 0);
  return count === 1 ? [low] : [low, m.readVector(operand, 1)];
}

/** A vector whose lowest element is the last operand: from a register or from memory of its size. The rest is not for use. */
export function readScalar(m: MeaningBuilder, operand: number, format: Format): Value {
  return m.readWidened(operand, format);
}

/** The lowest element as f32 or f64. */
export function lowestOf(format: Format, vector: Value): Value {
  return v.lane(format === 64 ? 'f64x2.extract_lane' : 'f32x4.extract_lane', 0, vector);
}

/** A vector with f32 or f64 as its lowest element. */
export function withLowest(format: Format, vector: Value, number: Value): Value {
  return v.lane(format === 64 ? 'f64x2.replace_lane' : 'f32x4.replace_lane', 0, vector, number);
}

/** `upper` with the lowest element of `lowest`. */
export function mergeLowest(format: Format, upper: Value, lowest: Value): Value {
  return v.shuffle(
    upper,
    lowest,
    Array.from({ length: 16 }, (_, byte) => (byte < format / 8 ? 16 + byte : byte)),
  );
}

/** Writes a scalar result (in the lowest element): the rest comes from the first source. */
export function writeScalar(m: MeaningBuilder, format: Format, first: Value, result: Value): void {
  m.writeVector(0, [m.let(mergeLowest(format, first, result))]);
}

/** What a runtime function left. */
export function resultHalf(m: MeaningBuilder, half: 0 | 1): Value {
  return m.stateLoad(FLOAT_RESULT + 16 * half, 128);
}

export function resultHalves(m: MeaningBuilder, count: 1 | 2): Halves {
  const low = resultHalf(m, 0);
  return count === 1 ? [low] : [low, resultHalf(m, 1)];
}

/** Raises what a runtime function returned: #XM, or #UD where CR4.OSXMMEXCPT is 0 (SDM 3A 2.5). */
export function raiseFloat(m: MeaningBuilder, status: Value): void {
  m.if(status, () => {
    m.raiseIf(v.operation('i32.eq', status, v.constant32(19)), 19);
    m.raiseIf(v.operation('i32.eq', status, v.constant32(6)), 6);
  });
}
