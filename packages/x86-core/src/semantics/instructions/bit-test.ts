/** BT, BTC, BTR, BTS: SDM 1 7.3.7.1. */
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import { accessBits } from '../statement-builder.ts';
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
    const a = change === undefined ? readAway(m, delta) : changeAway(m, delta, (value) => change(value, mask));
    setCarry(m, m.let(v.and(v.shiftRight(a, position), 1)));
  };
}

/** Bytes from the operand to the unit of its width that holds the bit. */
function unitsAway(bits: Bits, number: Value): Value {
  return v.and(v.shiftRightSigned(v.signed(bits, number), 3), -bits / 8);
}

function readAway(m: MeaningBuilder, delta: Value | undefined): Value {
  return delta === undefined ? m.read(0) : m.load(m.operandAddress(0, delta), m.bits(0));
}

function changeAway(m: MeaningBuilder, delta: Value | undefined, change: (a: Value) => Value): Value {
  if (delta === undefined) {
    const a = m.readForWrite(0);
    m.write(0, m.let(change(a)));
    return a;
  }
  const bits = accessBits(m.bits(0));
  const place = m.translate(m.operandAddress(0, delta), bits / 8, 'modify');
  const a = m.loadFrom(place, 0, bits);
  m.storeTo(place, 0, bits, m.let(change(a)));
  m.commit(place);
  return a;
}

export const bitTestDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['bt', bitTest(undefined)],
  ['btc', bitTest((a, bit) => v.xor(a, bit))],
  ['btr', bitTest((a, bit) => v.and(a, v.not(bit)))],
  ['bts', bitTest((a, bit) => v.or(a, bit))],
]);
