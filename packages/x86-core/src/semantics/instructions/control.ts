/** Jumps, calls, returns: SDM 1 7.3.8. Near ones, 64-bit mode. */
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';

const RSP = 4;
const NEXT: Value = { kind: 'next' };

export function jcc(code: number): (m: MeaningBuilder) => void {
  return (m) => m.jump(m.read(0), 'direct', { kind: 'condition', code });
}

export function jmp(m: MeaningBuilder): void {
  m.jump(m.read(0), m.shape.operands[0]?.kind === 'immediate' ? 'direct' : 'indirect');
}

export function call(m: MeaningBuilder): void {
  const target = m.read(0);
  const top = m.let(v.sub(64, m.gpr(RSP, 64), v.constant(8)));
  m.store(top, 64, NEXT);
  m.setGpr(RSP, 64, top);
  m.jump(target, m.shape.operands[0]?.kind === 'immediate' ? 'call' : 'indirect');
}

export function ret(m: MeaningBuilder): void {
  const top = m.gpr(RSP, 64);
  const target = m.load(top, 64);
  const released = m.shape.operands.length === 0 ? v.constant(8) : v.add(64, m.read(0), v.constant(8));
  m.setGpr(RSP, 64, v.add(64, top, released));
  m.jump(target, 'indirect');
}
