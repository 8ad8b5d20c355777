/** Near jumps, calls, returns, loops; BOUND and the instructions that are always undefined: SDM 1 7.3.8. */
import type { Bits, Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import { conditionNames, type Definition, RCX, SS } from './definition.ts';

const BOUND_RANGE = 5;
const INVALID_OPCODE = 6;
const NEXT: Value = { kind: 'next' };

function jumpIf(code: number): Definition {
  return (m) => m.jump(m.read(0), 'direct', m.condition(code));
}

function jmp(m: MeaningBuilder): void {
  m.jump(m.read(0), m.kind(0) === 'immediate' ? 'direct' : 'indirect');
}

function call(m: MeaningBuilder): void {
  const target = m.read(0);
  const direct = m.kind(0) === 'immediate';
  // The return address is written also where the target is refused.
  const bits = m.operandSize;
  const top = m.let(v.sub(m.stackBits, m.stackPointer(), v.constant(bits / 8)));
  m.early(() => m.store(top, bits, NEXT, SS));
  m.setStackPointer(top);
  m.jump(target, direct ? 'call' : 'indirect');
}

function ret(m: MeaningBuilder): void {
  const bits = m.operandSize;
  const target = m.peek(bits);
  m.release(m.operandCount === 0 ? bits / 8 : m.let(v.add(64, m.immediate(0), v.constant(bits / 8))));
  m.jump(target, 'return');
}

/** The counter has the address size. `zero`: what ZF must be besides. */
function loop(zero: boolean | undefined): Definition {
  return (m) => {
    const bits: Bits = m.addressSize;
    const left = m.let(v.sub(bits, m.gpr(RCX, bits), v.constant(1)));
    const more = v.different(left, 0);
    const again = zero === undefined ? more : v.both(more, m.condition(zero ? 4 : 5));
    const taken = m.let(again);
    m.setGpr(RCX, bits, left);
    m.jump(m.read(0), 'direct', taken);
  };
}

function jumpIfCounterIsZero(bits: Bits): Definition {
  return (m) => m.jump(m.read(0), 'direct', v.equal(m.gpr(RCX, bits), 0));
}

/** Signed bounds, both of them inside. */
function bound(m: MeaningBuilder): void {
  const bits = m.operandSize;
  const index = m.let(v.signed(bits, m.read(0)));
  const pair = m.let(m.read(1));
  const lower = v.signed(bits, v.truncate(bits, pair));
  const upper = v.signed(bits, v.shiftRight(pair, bits));
  m.raiseIf(v.either(v.operation('i64.lt_s', index, lower), v.operation('i64.gt_s', index, upper)), BOUND_RANGE);
}

function undefinedInstruction(m: MeaningBuilder): void {
  m.raise(INVALID_OPCODE);
}

/** INTO is nothing but a branch while OF is clear. */
function into(m: MeaningBuilder): void {
  m.if(m.condition(0), () => m.assist());
}

export const controlDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ...conditionNames.map((name, code): [string, Definition] => [`j${name}`, jumpIf(code)]),
  ['jmp', jmp],
  ['call', call],
  ['ret', ret],
  ['loop', loop(undefined)],
  ['loope', loop(true)],
  ['loopne', loop(false)],
  ['jcxz', jumpIfCounterIsZero(16)],
  ['jecxz', jumpIfCounterIsZero(32)],
  ['jrcxz', jumpIfCounterIsZero(64)],
  ['bound', bound],
  ['into', into],
  ['int3', (m) => m.assist()],
  ['int', (m) => m.assist()],
  ['int1', (m) => m.assist()],
  ['ud0', undefinedInstruction],
  ['ud1', undefinedInstruction],
  ['ud2', undefinedInstruction],
]);
