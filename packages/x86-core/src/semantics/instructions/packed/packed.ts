/**
 * Definitions of packed instructions from what they do with vectors of 128 bits: on MMX registers, on XMM registers in the legacy and the
 * VEX encoding, and on both halves of YMM registers.
 */
import type { Value } from '../../language.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import { X87_EMPTY, X87_STATUS, X87_TOP } from '../../state.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';

/** `half`: 1 of the upper 128 bits of a YMM register. */
export type Unary = (m: MeaningBuilder, a: Value, half: 0 | 1) => Value;
export type Binary = (m: MeaningBuilder, a: Value, b: Value, half: 0 | 1) => Value;

/** Numbers of the operands: of two sources the legacy encoding's first is the destination. */
export function sourcesOf(m: MeaningBuilder): { a: number; b: number } {
  return m.vex ? { a: 1, b: 2 } : { a: 0, b: 1 };
}

/** "Memory operands of 128 bits must be aligned", except in VEX encodings (SDM 2 2.4, table 2-15): call before the operand is read. */
export function alignLegacy(m: MeaningBuilder, operand: number): void {
  if (!m.vex && m.bits(operand) === 128) m.requireAligned(operand, 16);
}

export function halvesOf(m: MeaningBuilder): readonly (0 | 1)[] {
  return m.halves(0) === 2 ? [0, 1] : [0];
}

/** The change of every MMX instruction but EMMS: all x87 registers become valid, and TOP 0 (SDM 1 9.5.1). */
export function setMmxState(m: MeaningBuilder): void {
  m.stateStore(X87_TOP, 32, v.constant(0));
  m.stateStore(X87_EMPTY, 32, v.constant(0));
}

const MATH_FAULT = 16;
/** ES: an unmasked x87 exception waits. */
const EXCEPTION_SUMMARY = 0x80;

/** #MF where an x87 exception waits: before anything else that an MMX instruction may raise. */
export function checkPendingException(m: MeaningBuilder): void {
  const summary = v.operation('i64.and', m.stateLoad(X87_STATUS, 32), v.constant(EXCEPTION_SUMMARY));
  m.raiseIf(v.operation('i64.ne', summary, v.constant(0)), MATH_FAULT);
}

/** One source. */
export function unary(compute: Unary): Definition {
  return (m) => {
    if (m.kind(0) === 'mmx') {
      checkPendingException(m);
      const result = m.let(v.quadword(compute(m, m.let(v.low64(m.read(1))), 0), 0));
      setMmxState(m);
      m.write(0, result);
      return;
    }
    alignLegacy(m, 1);
    m.writeVector(
      0,
      halvesOf(m).map((half) => m.let(compute(m, m.readVector(1, half), half))),
    );
  };
}

/** Two sources, lane by lane: of MMX registers the low half counts. */
export function binary(compute: Binary): Definition {
  return binaryWith(compute, (m, a, b) => v.quadword(compute(m, m.let(v.low64(a)), m.let(v.low64(b)), 0), 0));
}

/** Two sources, whose lanes come together, the first's below: of MMX registers both halves are the pair of them. */
export function joining(compute: Binary): Definition {
  return binaryWith(compute, (m, a, b) => {
    const both = m.let(v.pair64(a, b));
    return v.quadword(compute(m, both, both, 0), 0);
  });
}

function binaryWith(compute: Binary, computeMmx: (m: MeaningBuilder, a: Value, b: Value) => Value): Definition {
  return (m) => {
    const { a, b } = sourcesOf(m);
    if (m.kind(0) === 'mmx') {
      checkPendingException(m);
      const second = m.read(b);
      const result = m.let(computeMmx(m, m.read(a), second));
      setMmxState(m);
      m.write(0, result);
      return;
    }
    alignLegacy(m, b);
    m.writeVector(
      0,
      halvesOf(m).map((half) => m.let(compute(m, m.readVector(a, half), m.readVector(b, half), half))),
    );
  };
}

/** The mnemonic of the legacy and of the VEX encoding: `paddb`, `vpaddb`. */
export function bothEncodings(name: string, definition: Definition): [string, Definition][] {
  return [
    [name, definition],
    [`v${name}`, definition],
  ];
}

/** The immediate, 8 bits as an i64. */
export function control(m: MeaningBuilder): Value {
  return m.let(v.operation('i64.and', m.immediate(m.operandCount - 1), v.constant(0xff)));
}

/** Bytes of the pair of a (0 to 15) and b (16 to 31), by number; 0 for numbers from 32 on. */
export function swizzlePair(m: MeaningBuilder, a: Value, b: Value, numbers: Value): Value {
  const once = m.let(numbers);
  const above = v.operation('i8x16.sub', once, v.operation('i8x16.splat', v.constant32(16)));
  return v.vectorOr(v.swizzle(a, once), v.swizzle(b, above));
}
