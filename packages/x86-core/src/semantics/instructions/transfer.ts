/** Moves, extension, addresses, stack: SDM 1 7.3.1. 64-bit mode. */
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';

const RSP = 4;

export function mov(m: MeaningBuilder): void {
  m.write(0, m.read(1));
}

export function movzx(m: MeaningBuilder): void {
  m.write(0, m.read(1));
}

export function movsx(m: MeaningBuilder): void {
  m.write(0, m.let(v.truncate(m.bits(0), v.signed(m.bits(1), m.read(1)))));
}

export function lea(m: MeaningBuilder): void {
  m.write(0, v.truncate(m.bits(0), m.address()));
}

export function push(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const value = m.read(0);
  const top = m.let(v.sub(64, m.gpr(RSP, 64), v.constant(bits / 8)));
  m.store(top, bits, value);
  m.setGpr(RSP, 64, top);
}

/** POP RSP gets what was popped: RSP is moved first. A memory operand based on RSP would see it moved too (SDM 2 POP): no shape here. */
export function pop(m: MeaningBuilder): void {
  const bits = m.bits(0);
  const top = m.gpr(RSP, 64);
  const value = m.load(top, bits);
  m.setGpr(RSP, 64, v.add(64, top, v.constant(bits / 8)));
  m.write(0, value);
}
