/** What a record or a region knows of a decoded instruction besides its shape: the effective address's parts, the immediate. */
import type { Instruction } from '../decode/instruction.ts';
import type { Memory, Register } from '../operand.ts';
import { memoryOf, type Shape } from './operand-shape.ts';

export interface AddressParts {
  readonly base: number | undefined;
  readonly index: number | undefined;
  /** Shift count of the index. */
  readonly scale: number;
  readonly displacement: bigint;
}

const none: AddressParts = { base: undefined, index: undefined, scale: 0, displacement: 0n };

export function addressOf(instruction: Instruction, next: bigint): AddressParts {
  const memory = memoryOf(instruction);
  if (memory === undefined) return none;
  const displacement = memory.exactDisplacement ?? BigInt(memory.displacement);
  const { base, index } = memory;
  return {
    base: base === 'rip' ? undefined : base?.number,
    index: index?.number,
    scale: Math.log2(memory.scale),
    displacement: BigInt.asUintN(64, base === 'rip' ? next + displacement : displacement),
  };
}

/** Whether the address is one that has a meaning here: 64 bits, no segment with a base of its own. */
export function isPlainAddress(memory: Memory | undefined, addressSize: number): boolean {
  return addressSize === 64 && memory?.segment === undefined;
}

/** The immediate as the first operand's width has it; of a near branch the address it goes to. */
export function immediateOf(instruction: Instruction, shape: Shape, next: bigint): bigint | undefined {
  const position = shape.operands.findIndex(({ kind }) => kind === 'immediate');
  if (position < 0) return undefined;
  const value = BigInt(instruction.operands[position] as number | bigint);
  const relative = instruction.row.operands[position]?.type === 'relative';
  const bits = shape.operands[position]?.bits ?? 64;
  return relative ? BigInt.asUintN(64, next + value) : BigInt.asUintN(bits, value);
}

export function registerAt(instruction: Instruction, operand: number): Register {
  return instruction.operands[operand] as Register;
}
