/** Decimal adjustment: SDM 1 7.3.4. What the manual leaves undefined of the flags follows the result in AL. */
import { carryFlag } from '../flags.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import { type Definition, RAX } from './definition.ts';
import { auxFlag, setResultFlags } from './status-flags.ts';

const AH_ONE = 0x100;

/** 1 where the low digit of AL must be adjusted: it is above nine, or AF. */
function needsAdjustment(m: MeaningBuilder, al: Value): Value {
  const aboveNine = v.operation('i64.gt_u', v.and(al, 0xf), v.constant(9));
  return m.let(v.or(v.bit(aboveNine), m.let(auxFlag())));
}

/** AAA adds 6 to AL and 1 to AH, with the carry between them; AAS subtracts. */
function adjustUnpacked(operation: 'i64.add' | 'i64.sub'): Definition {
  return (m) => {
    const ax = m.gpr(RAX, 16);
    const adjust = needsAdjustment(m, ax);
    const changed = v.operation(operation, ax, v.operation('i64.mul', adjust, v.constant(AH_ONE + 6)));
    const result = m.let(v.and(changed, 0xff0f));
    m.setGpr(RAX, 16, result);
    setResultFlags(m, 8, result, { carry: adjust, aux: adjust });
  };
}

/** DAA and DAS: the low digit as above, then the high one where AL was above 0x99, or CF. */
function adjustPacked(operation: 'i64.add' | 'i64.sub'): Definition {
  return (m) => {
    const al = m.gpr(RAX, 8);
    const low = needsAdjustment(m, al);
    const aboveMost = v.operation('i64.gt_u', al, v.constant(0x99));
    const high = m.let(v.or(v.bit(aboveMost), m.let(carryFlag())));
    const adjustment = v.or(v.operation('i64.mul', low, v.constant(6)), v.operation('i64.mul', high, v.constant(0x60)));
    const result = m.let(v.and(v.operation(operation, al, adjustment), 0xff));
    // A borrow of the low digit is a carry too; a carry from it comes with AL above 0x99 only.
    const borrow = v.and(low, v.bit(v.below(al, 6)));
    const carry = operation === 'i64.sub' ? m.let(v.or(high, borrow)) : high;
    m.setGpr(RAX, 8, result);
    setResultFlags(m, 8, result, { carry, aux: low });
  };
}

function aam(m: MeaningBuilder): void {
  const base = m.let(m.immediate(0));
  m.raiseIf(v.equal(base, 0), 0);
  const al = m.gpr(RAX, 8);
  const quotient = v.operation('i64.div_u', al, base);
  const remainder = m.let(v.operation('i64.rem_u', al, base));
  m.setGpr(RAX, 16, v.or(v.shiftLeft(quotient, 8), remainder));
  setResultFlags(m, 8, remainder);
}

function aad(m: MeaningBuilder): void {
  const ax = m.gpr(RAX, 16);
  const tens = v.operation('i64.mul', v.shiftRight(ax, 8), m.immediate(0));
  const result = m.let(v.add(8, ax, tens));
  m.setGpr(RAX, 16, result);
  setResultFlags(m, 8, result);
}

export const decimalDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['aaa', adjustUnpacked('i64.add')],
  ['aas', adjustUnpacked('i64.sub')],
  ['daa', adjustPacked('i64.add')],
  ['das', adjustPacked('i64.sub')],
  ['aam', aam],
  ['aad', aad],
]);
