/** Instructions that TypeScript carries out, NOP, and the first of the packed floats. */
import type { MeaningBuilder } from '../meaning-builder.ts';
import { operation } from '../value.ts';

export function nop(): void {}

/** TypeScript fills the registers and sets RIP behind it. */
export function cpuid(m: MeaningBuilder): void {
  m.leave('cpuid', 'this');
}

/** An interrupt goes on behind it. */
export function hlt(m: MeaningBuilder): void {
  m.leave('halt', 'next');
}

/** Rounding to nearest, exceptions masked and their sticky flags not kept. A misaligned memory operand does not fault yet. */
export function addps(m: MeaningBuilder): void {
  const b = m.read(1);
  m.write(0, m.let(operation('f32x4.add', m.read(0), b)));
}
