/** ENTER with a nesting level: the display of enclosing frames (SDM 1 6.6.2, SDM 2 ENTER). */
import type { Instruction } from '../decode/instruction.ts';
import { linearAddress } from './address.ts';
import { type CoreContext, type MemoryBytes, Segment } from './core-context.ts';
import { stackBits } from './mode.ts';
import { writeRegister } from './operand.ts';
import { Stack } from './stack.ts';

const RSP = 4;
const RBP = 5;

export function enterNested(core: CoreContext, instruction: Instruction): void {
  const [size = 0, nesting = 0] = instruction.operands.map(Number);
  const level = nesting & 31;
  const bits = stackBits(core);
  const bytes = (instruction.operandSize / 8) as MemoryBytes;
  const stack = Stack.current(core);
  stack.push(core.gpr[RBP] as bigint, bytes);
  // With a stack of 64 KiB a 32-bit frame pointer has the upper half of ESP.
  const frame = bits === 16 ? ((core.gpr[RSP] as bigint) & ~0xffffn) | stack.pointer : stack.pointer;
  let display = core.gpr[RBP] as bigint;
  for (let each = 1; each < level; each++) {
    display = BigInt.asUintN(bits, display - BigInt(bytes));
    stack.push(core.read(linearAddress(core, Segment.ss, display, bytes, false), bytes, 'current'), bytes);
  }
  if (level > 0) stack.push(frame, bytes);
  stack.skip(-(size & 0xffff));
  core.checkWrite(linearAddress(core, Segment.ss, stack.pointer, bytes, true), bytes, 'current');
  writeRegister(core, RBP, instruction.operandSize, frame);
  stack.commit();
}
