/** MOV and POP of segment registers. */
import type { Instruction } from '../decode/instruction.ts';
import { type CoreContext, Segment, type SegmentNumber } from './core-context.ts';
import { readOperand, registerOperand } from './operand.ts';
import { loadSegment } from './segment-load.ts';
import { Stack } from './stack.ts';

/** MOV Sreg, r/m16. */
export function moveToSegment(core: CoreContext, instruction: Instruction): void {
  const number = registerOperand(instruction, 0).number as SegmentNumber;
  loadSegment(core, number, Number(readOperand(core, instruction, 1, 16)));
  if (number === Segment.ss) inhibitAfterStackLoad(core);
}

/** The stack pointer that moves is as wide as the old stack. */
export function popSegment(core: CoreContext, instruction: Instruction): void {
  const number = registerOperand(instruction, 0).number as SegmentNumber;
  const stack = Stack.current(core);
  const selector = Number(stack.pop(2) & 0xffffn);
  stack.skip(instruction.operandSize / 8 - 2);
  loadSegment(core, number, selector);
  stack.commit();
  if (number === Segment.ss) inhibitAfterStackLoad(core);
}

/** Neither interrupts nor debug exceptions come before the next instruction, which loads the stack pointer (SDM 3A 6.8.3). */
function inhibitAfterStackLoad(core: CoreContext): void {
  core.inhibitNext();
  core.system.debugInhibited = true;
  core.system.inhibitedAt = core.rip;
}
