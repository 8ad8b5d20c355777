/** Status flags of instructions that are no addition, subtraction or logic: given one by one, or only some of the six. */
import { carryWord, heldFlags } from '../flags.ts';
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';

const ZERO: Value = v.constant(0);

/** CF, OF and AF as given: 0 or 1, left out: 0. */
export interface ResultFlags {
  readonly carry?: Value;
  readonly overflow?: Value;
  readonly aux?: Value;
  /** PF is 0, whatever the result. */
  readonly parityIsZero?: true;
}

/** Sets all six: SF, ZF and PF by the result, which counts in its low `bits`. */
export function setResultFlags(m: MeaningBuilder, bits: Bits, result: Value, flags: ResultFlags = {}): void {
  if (m.shape.flagsDead) return;
  const carry =
    flags.carry === undefined && flags.overflow === undefined
      ? ZERO
      : m.let(carryWord(flags.carry ?? ZERO, flags.overflow ?? ZERO));
  let aux: Value = flags.aux === undefined ? ZERO : m.let(v.shiftLeft(flags.aux, 4));
  // What PF is computed from is then 1.
  if (flags.parityIsZero) aux = m.let(v.or(aux, v.shiftLeft(v.and(v.xor(result, 1), 0xff), 8)));
  m.flags('settled', bits, carry, aux, m.let(v.signed(bits, result)));
}

/** Sets CF and OF (0 or 1) and keeps the other four. Without `overflow` OF is kept too. */
export function setCarry(m: MeaningBuilder, carry: Value, overflow?: Value): void {
  if (m.shape.flagsDead) return;
  const word = m.let(carryWord(carry, overflow ?? m.let(overflowFlag())));
  m.flags('settled', 64, word, m.let(heldFlags.aux), m.let(heldFlags.result));
}

/** Sets ZF (0 or 1) and keeps the other five. */
export function setZero(m: MeaningBuilder, zero: Value): void {
  if (m.shape.flagsDead) return;
  const before = m.let(heldFlags.result);
  const aux = m.let(heldFlags.aux);
  // ZF is result == 0: where that changes, the two corrections in aux keep what SF and PF say.
  const result = m.let(v.xor(zero, 1));
  const sign = v.and(v.xor(before, aux), 1n << 63n);
  const parity = v.and(v.xor(v.xor(v.shiftLeft(before, 8), aux), v.shiftLeft(result, 8)), 0xff00);
  const corrected = m.let(v.or(v.or(v.and(aux, 0x10), sign), parity));
  m.flags('settled', 64, m.let(heldFlags.carry), corrected, result);
}

/** OF as 0 or 1. */
export function overflowFlag(): Value {
  return v.bit({ kind: 'condition', code: 0 });
}

/** AF as 0 or 1. */
export function auxFlag(): Value {
  return v.and(v.shiftRight(heldFlags.aux, 4), 1);
}
