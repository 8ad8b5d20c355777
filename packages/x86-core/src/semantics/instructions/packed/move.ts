/** Moves between vector registers, memory, general-purpose and MMX registers: SDM 1 9.4.1, 10.4.1.1, 11.4.1, 12.3. */
import { mergeLowest } from '../../float/operands.ts';
import type { MeaningBuilder } from '../../meaning-builder.ts';
import * as v from '../../vector-value.ts';
import type { Definition } from '../definition.ts';
import { bothEncodings, checkPendingException, halvesOf, setMmxState } from './packed.ts';
import { X87_EMPTY, X87_TOP } from '../../state.ts';

/** Whole registers. Aligned ones fault also in VEX encodings (SDM 2 2.4, table 2-14). */
function whole(aligned: boolean): Definition {
  return (m) => {
    if (aligned) {
      const bytes = m.halves(0) === 2 ? 32 : 16;
      m.requireAligned(0, bytes);
      m.requireAligned(1, bytes);
    }
    m.writeVector(
      0,
      halvesOf(m).map((half) => m.readVector(1, half)),
    );
  };
}

/** MOVD, MOVQ: the low element, the rest becomes 0. */
function low(bits: 32 | 64): Definition {
  return (m) => {
    if (m.kind(0) === 'mmx' || m.kind(1) === 'mmx') moveMmx(m, bits);
    else if (m.kind(0) === 'vector')
      m.writeLow(0, bits, m.kind(1) === 'vector' ? m.readLow(1, bits) : m.read(1), false);
    else m.write(0, m.readLow(1, bits));
  };
}

/** A store that faults has changed TOP already. */
function moveMmx(m: MeaningBuilder, bits: 32 | 64): void {
  checkPendingException(m);
  if (m.kind(0) === 'memory') m.early(() => m.stateStore(X87_TOP, 32, v.constant(0)));
  const value = m.let(v.truncate(bits, m.read(1)));
  m.prepareWrite(0);
  setMmxState(m);
  m.write(0, value);
}

/** MOVSS, MOVSD: between registers the rest stays, or comes from the second operand; a load clears it. */
function scalar(bits: 32 | 64): Definition {
  return (m) => {
    if (m.operandCount === 3) {
      const upper = m.readVector(1);
      m.writeVector(0, [m.let(withLow(bits, upper, m.readLow(2, bits)))]);
    } else if (m.kind(0) === 'memory') m.writeLow(0, bits, m.readLow(1, bits), false);
    else if (m.kind(1) === 'memory') m.writeVector(0, [m.readWidened(1, bits)]);
    else m.writeVector(0, [m.let(mergeLowest(bits, m.readVector(0), m.readVector(1)))]);
  };
}

function withLow(
  bits: 32 | 64,
  upper: ReturnType<MeaningBuilder['readVector']>,
  value: ReturnType<MeaningBuilder['read']>,
): ReturnType<MeaningBuilder['read']> {
  if (bits === 64) return v.lane('i64x2.replace_lane', 0, upper, value);
  return v.lane('i32x4.replace_lane', 0, upper, v.narrow(value));
}

/** MOVLPS, MOVHPS and their like: one quadword from or to memory, the other from the first source. */
function quadword(number: 0 | 1): Definition {
  return (m) => {
    if (m.kind(0) === 'memory') {
      m.write(0, m.let(v.quadword(m.readVector(1), number)));
      return;
    }
    const loaded = m.read(m.operandCount - 1);
    const kept = m.readVector(m.operandCount - 2);
    m.writeVector(0, [m.let(v.lane('i64x2.replace_lane', number, kept, loaded))]);
  };
}

/** MOVHLPS and MOVLHPS: one quadword of the second source to the other place. */
function crossing(from: 0 | 1, to: 0 | 1): Definition {
  return (m) => {
    const moved = v.quadword(m.readVector(m.operandCount - 1), from);
    const kept = m.readVector(m.operandCount - 2);
    m.writeVector(0, [m.let(v.lane('i64x2.replace_lane', to, kept, moved))]);
  };
}

/** The low quadword of 128 bits twice, in each half. */
function duplicateLow(m: MeaningBuilder): void {
  if (m.halves(0) === 1) m.writeVector(0, [m.let(v.splat64(m.readLow(1, 64)))]);
  else
    m.writeVector(
      0,
      halvesOf(m).map((half) => m.let(v.splat64(v.quadword(m.readVector(1, half), 0)))),
    );
}

function toVectorFromMmx(m: MeaningBuilder): void {
  checkPendingException(m);
  const value = m.read(1);
  setMmxState(m);
  m.writeLow(0, 64, value, false);
}

function toMmxFromVector(m: MeaningBuilder): void {
  checkPendingException(m);
  const value = m.readLow(1, 64);
  setMmxState(m);
  m.write(0, value);
}

/** All x87 registers become empty. */
function emms(m: MeaningBuilder): void {
  checkPendingException(m);
  m.stateStore(X87_TOP, 32, v.constant(0));
  m.stateStore(X87_EMPTY, 32, v.constant(0xff));
}

/** The upper halves of all registers that the mode has, or all of them. */
function clearVectors(halves: readonly (0 | 1)[]): Definition {
  return (m) => {
    for (let register = 0; register < (m.mode === 64 ? 16 : 8); register++) {
      for (const half of halves) m.setVectorRegister(register, half, v.ZERO);
    }
  };
}

const unaligned = ['movups', 'movupd', 'movdqu', 'lddqu'];
const aligned = ['movaps', 'movapd', 'movdqa', 'movntps', 'movntpd', 'movntdq', 'movntdqa'];

export const vectorMoveDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...unaligned.flatMap((name) => bothEncodings(name, whole(false))),
  ...aligned.flatMap((name) => bothEncodings(name, whole(true))),
  ...bothEncodings('movd', low(32)),
  ...bothEncodings('movq', low(64)),
  ...bothEncodings('movss', scalar(32)),
  ...bothEncodings('movsd', scalar(64)),
  ...bothEncodings('movlps', quadword(0)),
  ...bothEncodings('movlpd', quadword(0)),
  ...bothEncodings('movhps', quadword(1)),
  ...bothEncodings('movhpd', quadword(1)),
  ...bothEncodings('movhlps', crossing(1, 0)),
  ...bothEncodings('movlhps', crossing(0, 1)),
  ...bothEncodings('movddup', duplicateLow),
  ['movq2dq', toVectorFromMmx],
  ['movdq2q', toMmxFromVector],
  ['movntq', (m) => moveMmx(m, 64)],
  ['movnti', (m) => m.write(0, m.read(1))],
  ['emms', emms],
  ['vzeroupper', clearVectors([1])],
  ['vzeroall', clearVectors([0, 1])],
]);
