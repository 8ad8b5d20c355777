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
  return (m) => {
    // A fault is that of the first push that has one.
    const first = m.let(v.sub(m.stackBits, m.stackPointer(), v.constant(bits / 8)));
    m.translate({ offset: first, segment: SS }, bits / 8, 'write');
    m.pushes(
      [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI].map((register) => m.gpr(register, bits)),
      bits,
    );
  };
}

/** What PUSHA stored of SP is skipped. A fault leaves the registers that were popped before it. */
function popAll(bits: 16 | 32): Definition {
  return (m) => {
    for (const [slot, register] of [RDI, RSI, RBP, undefined, RBX, RDX, RCX, RAX].entries()) {
      if (register === undefined) continue;
      const value = m.peek(bits, (slot * bits) / 8);
      m.early(() => m.setGpr(register, bits, value));
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
  m.early(() => {
    m.storeTo(place, 0, bits, frame);
    m.commit(place);
  });
  m.translate({ offset: end, segment: SS }, bits / 8, 'write');
  // With a stack of 64 KiB, EBP gets the upper half of ESP too.
  const upper = m.stackBits === 16 && bits === 32 ? v.and(m.gpr(RSP, 32), 0xffff_0000) : v.constant(0);
  m.setGpr(RBP, bits, m.let(v.truncate(bits, v.or(top, upper))));
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
