/** What a record or a region knows of a decoded instruction besides its shape: the effective address's parts, the immediates. */
import type { Instruction } from '../decode/instruction.ts';
import type { FarPointer, Operand, Register } from '../operand.ts';
import { memoryOf, type Shape } from './operand-shape.ts';

export interface AddressParts {
  readonly base: number | undefined;
  /** Number of the index in the general-purpose file. */
  readonly index: number | undefined;
  /** Number of the index in the vector file: gathers. */
  readonly vectorIndex: number | undefined;
  /** Shift count of the index. */
  readonly scale: number;
  readonly displacement: bigint;
}

const shiftCounts = { 1: 0, 2: 1, 4: 2, 8: 3 } as const;
const none: AddressParts = { base: undefined, index: undefined, vectorIndex: undefined, scale: 0, displacement: 0n };

export function addressOf(instruction: Instruction, next: bigint): AddressParts {
  const memory = memoryOf(instruction);
  if (memory === undefined) return none;
  const displacement = memory.exactDisplacement ?? BigInt(memory.displacement);
  const { base, index } = memory;
  return {
    base: base === 'rip' ? undefined : base?.number,
    index: index?.class === 'gpr' ? index.number : undefined,
    vectorIndex: index !== undefined && index.class !== 'gpr' ? index.number : undefined,
    scale: shiftCounts[memory.scale],
    displacement: BigInt.asUintN(64, base === 'rip' ? next + displacement : displacement),
  };
}

/**
 * The immediate as the first operand's width has it; of a near branch the offset it goes to; of a far pointer the offset, and the selector from bit 32
 * on. A second immediate is in the upper half.
 */
export function immediateOf(instruction: Instruction, shape: Shape, next: bigint): bigint | undefined {
  let value: bigint | undefined;
  for (let position = 0; position < shape.operands.length; position++) {
    if (!isImmediate(shape, position)) continue;
    if (value !== undefined) return value | (BigInt(instruction.operands[position] as number) << 32n);
    value = oneImmediate(instruction, shape, position, next);
  }
  return value;
}

function isImmediate(shape: Shape, position: number): boolean {
  const kind = shape.operands[position]?.kind;
  return kind === 'immediate' || kind === 'farPointer';
}

function oneImmediate(instruction: Instruction, shape: Shape, position: number, next: bigint): bigint {
  const operand = instruction.operands[position] as Exclude<Operand, Register>;
  if (typeof operand === 'object') {
    const { offset, selector } = operand as FarPointer;
    return BigInt(offset as number) | (BigInt(selector) << 32n);
  }
  const bits = shape.operands[position]?.bits ?? 64;
  if (instruction.row.operands[position]?.type !== 'relative')
    return BigInt.asUintN(Math.min(bits, 64), BigInt(operand));
  return BigInt.asUintN(instruction.operandSize, next + BigInt(operand));
}

export function registerAt(instruction: Instruction, operand: number): Register {
  return instruction.operands[operand] as Register;
}
