/** String moves and DF: SDM 1 7.3.9. Address size 64. */
import type { Bits } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../value.ts';

const RCX = 1;
const RSI = 6;
const RDI = 7;

export function movs(bits: Bits): (m: MeaningBuilder) => void {
  return (m) => {
    if (!m.shape.repeated) {
      moveElement(m, bits);
      return;
    }
    m.if(v.operation('i64.ne', m.gpr(RCX, 64), v.constant(0)), () =>
      m.loop(() => {
        const left = m.let(v.sub(64, m.gpr(RCX, 64), v.constant(1)));
        moveElement(m, bits);
        m.setGpr(RCX, 64, left);
        return v.operation('i64.ne', left, v.constant(0));
      }),
    );
  };
}

function moveElement(m: MeaningBuilder, bits: Bits): void {
  const source = m.gpr(RSI, 64);
  const destination = m.gpr(RDI, 64);
  const step = m.let(v.operation('i64.mul', m.direction(), v.constant(bits / 8)));
  m.store(destination, bits, m.load(source, bits));
  m.setGpr(RSI, 64, v.add(64, source, step));
  m.setGpr(RDI, 64, v.add(64, destination, step));
}

export function cld(m: MeaningBuilder): void {
  m.setDirection(1);
}

export function std(m: MeaningBuilder): void {
  m.setDirection(-1);
}
