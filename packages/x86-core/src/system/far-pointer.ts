/** Operands of far transfers and of LDS and its relatives: an offset and a selector behind it in memory, or both in the instruction. */
import type { Instruction } from '../decode/instruction.ts';
import { type CoreContext, type MemoryBytes, type SegmentNumber } from './core-context.ts';
import { effectiveAddress, readMemory, registerOperand, writeRegister } from './operand.ts';
import { loadSegment } from './segment-load.ts';

export interface LogicalAddress {
  readonly selector: number;
  readonly offset: bigint;
}

export function farOperand(core: CoreContext, instruction: Instruction, position: number): LogicalAddress {
  const operand = instruction.operands[position];
  if (typeof operand === 'object' && operand.kind === 'far') {
    const { selector, offset } = operand;
    return { selector, offset: BigInt.asUintN(instruction.operandSize, BigInt(offset as number | bigint)) };
  }
  const address = effectiveAddress(core, instruction, position);
  const bytes = (instruction.operandSize / 8) as MemoryBytes;
  const offset = readMemory(core, address, bytes);
  return { selector: Number(readMemory(core, address, 2, bytes)), offset };
}

/** LDS, LES, LFS, LGS, LSS. */
export function loadFarPointer(core: CoreContext, instruction: Instruction, number: SegmentNumber): void {
  const { selector, offset } = farOperand(core, instruction, 1);
  loadSegment(core, number, selector);
  writeRegister(core, registerOperand(instruction, 0).number, instruction.operandSize, offset);
}
