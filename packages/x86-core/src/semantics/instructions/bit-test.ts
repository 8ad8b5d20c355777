/** BT, BTC, BTR, BTS: SDM 1 7.3.7.1. */
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import type { Definition } from './definition.ts';
import { setCarry } from './status-flags.ts';

type Change = (a: Value, bit: Value) => Value;

/** CF becomes the bit; the other flags stay. A number in a register reaches any bit around the memory operand, one in an immediate is taken modulo the width. */
function bitTest(change: Change | undefined): Definition {
  return (m) => {
    const bits = m.bits(0);
    const number = m.read(1);
    const position = m.let(v.and(number, bits - 1));
    const far = m.kind(0) === 'memory' && m.kind(1) === 'gpr';
    const delta = far ? m.let(unitsAway(bits, number)) : undefined;
    const mask = v.shiftLeft(v.constant(1), position);
    const a = change === undefined ? m.read(0, delta) : changeAway(m, delta, (value) => change(value, mask));
    setCarry(m, m.let(v.and(v.shiftRight(a, position), 1)));
  };
}

/** Bytes from the operand to the unit of its width that holds the bit. */
function unitsAway(bits: Bits, number: Value): Value {
  return v.and(v.shiftRightSigned(v.signed(bits, number), 3), -bits / 8);
}

function changeAway(m: MeaningBuilder, delta: Value | undefined, change: (a: Value) => Value): Value {
  const a = m.readForWrite(0, delta);
  m.write(0, m.let(change(a)));
  return a;
}

export const bitTestDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['bt', bitTest(undefined)],
  ['btc', bitTest((a, bit) => v.xor(a, bit))],
  ['btr', bitTest((a, bit) => v.and(a, v.not(bit)))],
  ['bts', bitTest((a, bit) => v.or(a, bit))],
]);
