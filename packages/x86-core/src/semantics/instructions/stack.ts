/** PUSH, POP, PUSHA, POPA, ENTER, LEAVE: SDM 1 6.2, 6.5. The stack pointer is as wide as SS says; pushes wrap within it. */
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import { type Definition, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, SS } from './definition.ts';

/** Immediates are sign-extended to the operand size. Segment registers of 32-bit pushes are stored as 16 bits, and the rest of the slot stays (SDM 2 PUSH). */
function push(m: MeaningBuilder): void {
  const value = m.read(0);
  if (m.kind(0) === 'segment' && m.operandSize === 32) {
    const top = m.let(v.sub(m.stackBits, m.stackPointer(), v.constant(4)));
    m.store(top, 16, value, SS);
    m.setStackPointer(top);
  } else m.push(value, m.operandSize);
}

/** RSP is moved before the value is written, and before an address based on it is computed (SDM 2 POP). */
function pop(m: MeaningBuilder): void {
  if (m.kind(0) === 'segment') {
    m.assist();
    return;
  }
  const bits = m.operandSize;
  const value = m.peek(bits);
  if (m.kind(0) === 'memory') {
    const moved = m.shape.operands[0]?.stackBased === true ? bits / 8 : undefined;
    m.store(m.operandAddress(0, moved), bits, value);
    m.release(bits / 8);
  } else {
    m.release(bits / 8);
    m.write(0, value);
  }
}

/** SP is pushed as it was before. */
function pushAll(bits: 16 | 32): Definition {
  return (m) =>
    m.pushes(
      [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI].map((register) => m.gpr(register, bits)),
      bits,
    );
}

/** What PUSHA stored of SP is skipped. */
function popAll(bits: 16 | 32): Definition {
  return (m) => {
    const registers = [RDI, RSI, RBP, undefined, RBX, RDX, RCX, RAX];
    const values = registers.map((register, slot) =>
      register === undefined ? undefined : m.peek(bits, (slot * bits) / 8),
    );
    for (const [slot, register] of registers.entries()) {
      const value = values[slot];
      if (register !== undefined && value !== undefined) m.setGpr(register, bits, value);
    }
    m.release(bits);
  };
}

/** Nested frames, which no compiler makes, are TypeScript's. Faults as a write at the final stack pointer would. */
function enter(m: MeaningBuilder): void {
  const bits = m.operandSize;
  const level = v.and(m.immediate(1), 31);
  m.if(v.different(level, 0), () => m.assist());
  const top = m.let(v.sub(m.stackBits, m.stackPointer(), v.constant(bits / 8)));
  const end = m.let(v.sub(m.stackBits, top, v.and(m.immediate(0), 0xffff)));
  const frame = m.gpr(RBP, bits);
  const place = m.translate({ offset: top, segment: SS }, bits / 8, 'write');
  m.translate({ offset: end, segment: SS }, bits / 8, 'write');
  m.storeTo(place, 0, bits, frame);
  m.commit(place);
  m.setGpr(RBP, bits, v.truncate(bits, top));
  m.setStackPointer(end);
}

function leave(m: MeaningBuilder): void {
  const bits = m.operandSize;
  const top = m.gpr(RBP, m.stackBits);
  const frame = m.load(top, bits, SS);
  m.setStackPointer(m.let(v.add(m.stackBits, top, v.constant(bits / 8))));
  m.setGpr(RBP, bits, frame);
}

export const stackDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['push', push],
  ['pop', pop],
  ['pusha', pushAll(16)],
  ['pushad', pushAll(32)],
  ['popa', popAll(16)],
  ['popad', popAll(32)],
  ['enter', enter],
  ['leave', leave],
]);
