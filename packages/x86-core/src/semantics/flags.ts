/**
 * The status flags, in a form that is cheap to make and exact to read.
 *
 * Three 64-bit words stand for all six flags (Bochs computes its flags in this way):
 *
 *   result  sign-extended from the operand's width
 *   carry   the carries (borrows) out of each bit, moved up so that the one out of the top bit is bit 63
 *   aux     bit 4: AF. bit 63: SF differs from the result's sign. bits 8 to 15: by what the byte of PF differs from the result's
 *
 *   CF = carry[63]   OF = carry[63] ^ carry[62]   AF = aux[4]   ZF = result == 0
 *   SF = result[63] ^ aux[63]   PF = parity of (result ^ aux >> 8) & 0xff
 *
 * Additions and subtractions leave the two upper parts of aux zero; with them every one of the 64 combinations can be written, as POPF needs.
 * No reader asks which instruction set the flags, so Jcc is a few operators and has no table of cases.
 */
import type { Bits, FlagSource, Value } from './language.ts';
import { add, bit, constant, isNegative, not, operation, signed } from './value.ts';

export interface SettledFlags {
  readonly result: Value;
  readonly carry: Value;
  readonly aux: Value;
}

/** The three words for what an instruction did. `a`, `b` and `result` are temporaries or constants: they are used several times. */
export function settle({ operation: kind, bits, a, b, result }: FlagSource): SettledFlags {
  if (kind === 'settled') return { result, carry: a, aux: b };
  if (kind === 'order') return settledOrder(bits, a, b);
  if (kind === 'logic') return { result: signed(bits, result), carry: constant(0), aux: constant(0) };
  const both = operation('i64.and', kind === 'add' ? a : not(a), b);
  const carried =
    kind === 'add'
      ? operation('i64.and', operation('i64.or', a, b), not(result))
      : operation('i64.and', not(operation('i64.xor', a, b)), result);
  return {
    result: signed(bits, result),
    carry: alignTop(bits, operation('i64.or', both, carried)),
    aux: operation('i64.and', operation('i64.xor', operation('i64.xor', a, b), result), constant(0x10)),
  };
}

function compared(bits: Bits, name: 'lt' | 'gt' | 'ge' | 'eq' | 'ne', a: Value, b: Value): Value {
  return operation(`f${bits === 32 ? 32 : 64}.${name}`, a, b);
}

/** Below or unordered is CF, equal or unordered ZF, unordered PF (SDM 2 COMISD). */
function settledOrder(bits: Bits, a: Value, b: Value): SettledFlags {
  const different = operation('i32.or', compared(bits, 'lt', a, b), compared(bits, 'gt', a, b));
  // A result of 0 is ZF with PF, which bit 8 of `aux` turns off; 1 is neither (PF is even parity).
  return {
    result: bit(different),
    carry: carryWord(bit(operation('i32.eqz', compared(bits, 'ge', a, b))), constant(0)),
    aux: operation('i64.shl', bit(compared(bits, 'eq', a, b)), constant(8)),
  };
}

function orderCondition(number: number, bits: Bits, a: Value, b: Value): Value {
  switch (number) {
    case 1:
      return operation('i32.eqz', compared(bits, 'ge', a, b));
    case 2:
    case 7:
      return operation('i32.eqz', operation('i32.or', compared(bits, 'lt', a, b), compared(bits, 'gt', a, b)));
    case 3:
      return operation('i32.eqz', compared(bits, 'gt', a, b));
    case 5:
      return operation('i32.or', compared(bits, 'ne', a, a), compared(bits, 'ne', b, b));
    default:
      return never;
  }
}

function alignTop(bits: Bits, value: Value): Value {
  return bits >= 64 ? value : operation('i64.shl', value, constant(64 - bits));
}

/** A carry word for CF and OF that are given as 0 or 1. */
export function carryWord(cf: Value, of: Value): Value {
  const overflow = operation('i64.shl', operation('i64.xor', cf, of), constant(62));
  return operation('i64.or', operation('i64.shl', cf, constant(63)), overflow);
}

/** Conditions of Jcc, SETcc and CMOVcc, as the low four bits of their opcodes number them; odd ones negate (SDM 1 appendix B). */
export function conditionOf(code: number, flags: SettledFlags): Value {
  const positive = positiveCondition(code >> 1, flags);
  return (code & 1) === 0 ? positive : operation('i32.eqz', positive);
}

function positiveCondition(number: number, { result, carry, aux }: SettledFlags): Value {
  const zero = operation('i64.eqz', result);
  const sign = operation('i64.xor', result, aux);
  const overflow = operation('i64.xor', carry, add(64, carry, carry));
  switch (number) {
    case 0:
      return isNegative(overflow);
    case 1:
      return isNegative(carry);
    case 2:
      return zero;
    case 3:
      return operation('i32.or', isNegative(carry), zero);
    case 4:
      return isNegative(sign);
    case 5:
      return evenParity(operation('i64.xor', result, operation('i64.shr_u', aux, constant(8))));
    case 6:
      return isNegative(operation('i64.xor', sign, overflow));
    default:
      return operation('i32.or', isNegative(operation('i64.xor', sign, overflow)), zero);
  }
}

function evenParity(value: Value): Value {
  const low = operation('i32.wrap_i64', operation('i64.and', value, constant(0xff)));
  return operation('i32.eqz', operation('i32.and', operation('i32.popcnt', low), one));
}

const one: Value = { kind: 'constant', type: 'i32', value: 1n };
const never: Value = { kind: 'constant', type: 'i32', value: 0n };

/**
 * A condition as one comparison of what the instruction compared, without flags.
 * @returns undefined where that does not do: the condition is then read from the settled flags.
 */
export function fusedCondition(code: number, source: FlagSource): Value | undefined {
  const positive = fusedPositive(code >> 1, source);
  return positive === undefined || (code & 1) === 0 ? positive : operation('i32.eqz', positive);
}

function fusedPositive(number: number, { operation: kind, plain, bits, a, b, result }: FlagSource): Value | undefined {
  if (kind === 'order') return orderCondition(number, bits, a, b);
  if (kind !== 'settled' && number === 4) return isNegative(signed(bits, result));
  if (kind === 'sub' && plain) {
    if (number === 1) return operation('i64.lt_u', a, b);
    if (number === 2) return operation('i64.eq', a, b);
    if (number === 3) return operation('i64.le_u', a, b);
    if (number === 6) return operation('i64.lt_s', signed(bits, a), signed(bits, b));
    if (number === 7) return operation('i64.le_s', signed(bits, a), signed(bits, b));
  }
  if (kind === 'logic' && number === 6) return isNegative(signed(bits, result));
  return number === 2 ? operation('i64.eqz', result) : undefined;
}

/** The settled flags as the target holds them. */
export const heldFlags: SettledFlags = { result: word('result'), carry: word('carry'), aux: word('aux') };

function word(of: 'result' | 'carry' | 'aux'): Value {
  return { kind: 'register', type: 'i64', location: { file: 'flag', word: of } };
}

/** CF as 0 or 1. */
export function carryFlag(): Value {
  return bit({ kind: 'condition', code: 2 });
}

/** The words of flags that are held as such: temporaries. */
export type RflagsWords = SettledFlags;

function single(value: Value, from: number, to: number): Value {
  const low = operation('i64.and', operation('i64.shr_u', value, constant(from)), constant(1));
  return to === 0 ? low : operation('i64.shl', low, constant(to));
}

/** RFLAGS from the three words, DF at its bit, and the system flags at theirs. */
export function rflagsValue({ result, carry, aux }: RflagsWords, direction: Value, system: Value): Value {
  const parity = operation(
    'i64.shl',
    bit(evenParity(operation('i64.xor', result, operation('i64.shr_u', aux, constant(8))))),
    constant(2),
  );
  const zero = operation('i64.shl', bit(operation('i64.eqz', result)), constant(6));
  const sign = single(operation('i64.xor', result, aux), 63, 7);
  const overflow = single(operation('i64.xor', carry, add(64, carry, carry)), 63, 11);
  const auxiliary = operation('i64.and', aux, constant(0x10));
  return [single(carry, 63, 0), parity, auxiliary, zero, sign, overflow, direction, system].reduce(
    (sum, each) => operation('i64.or', sum, each),
    constant(2),
  );
}

/** The three words for the status flags of an RFLAGS value, which is a temporary. */
export function rflagsWords(rflags: Value): SettledFlags {
  const zero = single(rflags, 6, 0);
  const wrongParity = operation('i64.shl', operation('i64.xor', single(rflags, 2, 0), zero), constant(8));
  const aux = operation(
    'i64.or',
    operation('i64.and', rflags, constant(0x10)),
    operation('i64.or', wrongParity, single(rflags, 7, 63)),
  );
  return {
    result: operation('i64.xor', zero, constant(1)),
    carry: carryWord(single(rflags, 0, 0), single(rflags, 11, 0)),
    aux,
  };
}
