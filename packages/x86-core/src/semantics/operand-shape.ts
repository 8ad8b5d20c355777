/** What an instruction's meaning may depend on: mnemonic, and kind and width of each operand. Not which register, nor which value. */
import type { Instruction } from '../decode/instruction.ts';
import type { Memory, Operand } from '../operand.ts';
import type { Bits } from './language.ts';

export interface OperandShape {
  readonly kind: 'gpr' | 'xmm' | 'memory' | 'immediate';
  readonly bits: Bits;
  /** memory: whether the address has an index register. */
  readonly indexed: boolean;
}

export interface Shape {
  readonly mnemonic: string;
  readonly operands: readonly OperandShape[];
  /** A REP prefix that the row takes. */
  readonly repeated: boolean;
  /** Written flags are read by nobody: the instruction need not keep them. */
  readonly flagsDead: boolean;
}

/** @returns undefined where an operand is of a kind that has no meaning here: segment, control, x87, MMX and YMM registers, far pointers. */
export function shapeOf(instruction: Instruction, flagsDead: boolean): Shape | undefined {
  const { row, operands } = instruction;
  const shapes: OperandShape[] = [];
  for (const operand of operands) {
    const shape = operandShape(operand, shapes[0]?.bits ?? instruction.operandSize);
    if (shape === undefined) return undefined;
    shapes.push(shape);
  }
  const repeated = row.repeat !== 'none' && instruction.repeat !== 0;
  return { mnemonic: row.mnemonic, operands: shapes, repeated, flagsDead };
}

function operandShape(operand: Operand, firstBits: Bits): OperandShape | undefined {
  if (typeof operand !== 'object') return { kind: 'immediate', bits: firstBits, indexed: false };
  if (operand.kind === 'memory') {
    if (operand.bits > 128 || operand.bits === 48 || operand.bits === 80) return undefined;
    const bits = operand.bits === 0 ? firstBits : (operand.bits as Bits);
    return { kind: 'memory', bits, indexed: operand.index !== undefined };
  }
  if (operand.kind !== 'register') return undefined;
  if (operand.class === 'gpr' || operand.class === 'gprHigh') {
    return { kind: 'gpr', bits: operand.bits as Bits, indexed: false };
  }
  return operand.class === 'xmm' ? { kind: 'xmm', bits: 128, indexed: false } : undefined;
}

/** Equal shapes have equal keys. Rows that differ in their encoding only (`add r, r/m` and `add r/m, r` with registers) share them. */
export function keyOf(shape: Shape): string {
  const operands = shape.operands.map(({ kind, bits, indexed }) => `${kind}${bits}${indexed ? '+' : ''}`);
  return `${shape.repeated ? 'rep ' : ''}${shape.mnemonic} ${operands.join(',')}${shape.flagsDead ? ' -' : ''}`;
}

export function memoryOf(instruction: Instruction): Memory | undefined {
  return instruction.operands.find((operand) => typeof operand === 'object' && operand.kind === 'memory');
}
