/** Bit scans and counts: SDM 1 7.3.7.2; SDM 2 LZCNT, POPCNT, TZCNT. */
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import type { Definition } from './definition.ts';
import { setResultFlags } from './status-flags.ts';

/** A source of 0 sets ZF and leaves the destination as it was. Of the undefined flags processors set PF by the number, and clear the others. */
function scan(number: (a: Value) => Value): Definition {
  return (m) => {
    const a = m.read(1);
    const result = m.let(number(a));
    const zero = m.let(v.bit(v.equal(a, 0)));
    m.if(v.different(a, 0), () => m.write(0, result));
    const parity = v.select(v.equal(a, 0), v.constant(0), v.xor(result, 1));
    m.flags('settled', 64, v.constant(0), m.let(v.shiftLeft(parity, 8)), m.let(v.xor(zero, 1)));
  };
}

/** CF: the source is 0. ZF: the result is 0. Of the undefined flags processors clear all. */
function count(number: (a: Value, bits: Bits) => Value): Definition {
  return (m) => {
    const bits = m.bits(0);
    const a = m.read(1);
    const result = m.let(number(a, bits));
    const carry = m.let(v.bit(v.equal(a, 0)));
    m.write(0, result);
    setResultFlags(m, bits, result, { carry, parityIsZero: true });
  };
}

function popcnt(m: MeaningBuilder): void {
  const a = m.read(1);
  const result = m.let(v.operation('i64.popcnt', a));
  m.write(0, result);
  setResultFlags(m, 64, result, { parityIsZero: true });
}

export const bitCountDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['bsf', scan((a) => v.operation('i64.ctz', a))],
  ['bsr', scan((a) => v.xor(v.operation('i64.clz', a), 63))],
  ['tzcnt', count((a, bits) => v.operation('i64.ctz', bits === 64 ? a : v.or(a, 1n << BigInt(bits))))],
  ['lzcnt', count((a, bits) => v.sub(64, v.operation('i64.clz', a), v.constant(64 - bits)))],
  ['popcnt', popcnt],
]);
