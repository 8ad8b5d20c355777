/** XCHG, XADD, CMPXCHG and its wide forms: SDM 1 7.3.1.2. What lies between a readForWrite and its write is one atomic step where LOCK asks for it. */
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import { type Definition, RAX, RBX, RCX, RDX } from './definition.ts';
import { setZero } from './status-flags.ts';

/** With memory always atomic. */
function xchg(m: MeaningBuilder): void {
  const target = m.kind(1) === 'memory' ? 1 : 0;
  const other = 1 - target;
  const replacement = m.read(other);
  const a = m.readForWrite(target);
  m.write(target, replacement);
  m.write(other, a);
}

/** Memory is written first; of two registers the destination last, which is what remains where they are the same. */
function xadd(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const b = m.read(1);
  const a = m.readForWrite(0);
  const sum = m.let(v.add(bits, a, b));
  if (m.kind(0) === 'memory') m.write(0, sum);
  m.write(1, a);
  if (m.kind(0) !== 'memory') m.write(0, sum);
  m.flags('add', bits, a, b, sum);
}

/** Memory is written in both cases. The accumulator changes only where the comparison fails, a register only where it holds. */
function cmpxchg(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const expected = m.gpr(RAX, bits);
  const replacement = m.read(1);
  const a = m.readForWrite(0);
  const equal = m.let(v.equal(expected, a));
  const toRegister = m.kind(0) === 'gpr';
  if (!toRegister) m.write(0, m.let(v.select(equal, replacement, a)));
  m.if(
    equal,
    () => {
      if (toRegister) m.write(0, replacement);
    },
    () => m.setGpr(RAX, bits, a),
  );
  m.flags('sub', bits, expected, a, m.let(v.sub(bits, expected, a)), true);
}

function cmpxchg8b(m: MeaningBuilder): void {
  const pair = (high: number, low: number): Value => m.let(v.or(v.shiftLeft(m.gpr(high, 32), 32), m.gpr(low, 32)));
  const expected = pair(RDX, RAX);
  const replacement = pair(RCX, RBX);
  const a = m.readForWrite(0);
  const equal = m.let(v.equal(expected, a));
  m.write(0, m.let(v.select(equal, replacement, a)));
  m.if(v.isFalse(equal), () => {
    m.setGpr(RAX, 32, v.truncate(32, a));
    m.setGpr(RDX, 32, v.shiftRight(a, 32));
  });
  setZero(m, m.let(v.bit(equal)));
}

/** Both halves are translated as one aligned access. */
function cmpxchg16b(m: MeaningBuilder): void {
  m.requireAligned(0, 16);
  const place = m.translate(m.operandAddress(0), 16, 'modify');
  if (m.shape.lock) m.lockBus(place);
  const low = m.loadFrom(place, 0, 64);
  const high = m.loadFrom(place, 8, 64);
  const equal = m.let(v.both(v.equal(low, m.gpr(RAX, 64)), v.equal(high, m.gpr(RDX, 64))));
  m.storeTo(place, 0, 64, m.let(v.select(equal, m.gpr(RBX, 64), low)));
  m.storeTo(place, 8, 64, m.let(v.select(equal, m.gpr(RCX, 64), high)));
  m.commit(place);
  if (m.shape.lock) m.unlockBus();
  m.if(v.isFalse(equal), () => {
    m.setGpr(RAX, 64, low);
    m.setGpr(RDX, 64, high);
  });
  setZero(m, m.let(v.bit(equal)));
}

export const exchangeDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['xchg', xchg],
  ['xadd', xadd],
  ['cmpxchg', cmpxchg],
  ['cmpxchg8b', cmpxchg8b],
  ['cmpxchg16b', cmpxchg16b],
]);
