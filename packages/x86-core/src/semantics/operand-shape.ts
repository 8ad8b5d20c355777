/** What an instruction's meaning may depend on: mnemonic, kind and width of each operand, sizes, segmentation. Not which register, nor which value. */
import type { Instruction } from '../decode/instruction.ts';
import type { Memory, Operand, RegisterClass } from '../operand.ts';
import type { Bits } from './language.ts';
import { segmentUse } from './segment-use.ts';

export type OperandKindName =
  | 'gpr'
  | 'vector'
  | 'mmx'
  | 'x87'
  | 'segment'
  | 'control'
  | 'debug'
  | 'memory'
  | 'immediate'
  | 'farPointer';

export interface OperandShape {
  readonly kind: OperandKindName;
  readonly bits: Bits;
  /** memory: whether the address has an index register in the general-purpose file. */
  readonly indexed: boolean;
  /** memory: whether RSP is the base, which POP moves first. */
  readonly stackBased: boolean;
  /** x87, segment, control, debug: the register's number; else -1. */
  readonly number: number;
}

/**
 * long: 64-bit mode; only FS and GS have a base. flat: DS, ES and SS are the whole of 4 GiB from 0; the others are as segmented.
 * segmented: base and limit count, as they do in real mode.
 */
export type Segmentation = 'long' | 'flat' | 'segmented';

/** What code is decoded for, as far as meanings see it. */
export interface CodeShape {
  /** Code size. */
  readonly mode: 16 | 32 | 64;
  readonly segmentation: Segmentation;
  /** Width of the stack pointer. */
  readonly stackBits: 16 | 32 | 64;
  /** Width of a linear address: 57 with 5-level paging. */
  readonly linearBits: 32 | 48 | 57;
}

export const longMode: CodeShape = { mode: 64, segmentation: 'long', stackBits: 64, linearBits: 48 };

export interface Shape {
  readonly mnemonic: string;
  readonly operands: readonly OperandShape[];
  readonly code: CodeShape;
  readonly operandSize: 16 | 32 | 64;
  readonly addressSize: 16 | 32 | 64;
  /** Of the memory operand, or of the source of a string instruction: es cs ss ds fs gs. */
  readonly segment: number;
  /** A REP prefix that the row takes: 0 none, 0xf3 REP or REPE, 0xf2 REPNE. */
  readonly repeat: 0 | 0xf2 | 0xf3;
  readonly lock: boolean;
  readonly vex: boolean;
  /** Written flags are read by nobody: the instruction need not keep them. */
  readonly flagsDead: boolean;
}

export function shapeOf(instruction: Instruction, code: CodeShape, flagsDead: boolean): Shape {
  const { row, operands } = instruction;
  const shapes: OperandShape[] = [];
  for (let position = 0; position < operands.length; position++) {
    const relative = row.operands[position]?.type === 'relative';
    const firstBits = relative ? instruction.operandSize : (shapes[0]?.bits ?? instruction.operandSize);
    shapes.push(operandShape(operands[position] as Operand, firstBits, row.mnemonic === 'pop'));
  }
  return {
    mnemonic: row.mnemonic,
    operands: shapes,
    code,
    operandSize: instruction.operandSize,
    addressSize: instruction.addressSize,
    segment: segmentOf(instruction),
    repeat: row.repeat === 'none' ? 0 : instruction.repeat,
    lock: instruction.lock || (row.mnemonic === 'xchg' && memoryOf(instruction) !== undefined),
    vex: row.vex !== undefined,
    flagsDead,
  };
}

const kinds: Readonly<Record<RegisterClass, OperandKindName>> = {
  gpr: 'gpr',
  gprHigh: 'gpr',
  xmm: 'vector',
  ymm: 'vector',
  mmx: 'mmx',
  x87: 'x87',
  segment: 'segment',
  control: 'control',
  debug: 'debug',
};
const numbered: readonly OperandKindName[] = ['x87', 'segment', 'control', 'debug'];

function operandShape(operand: Operand, firstBits: Bits, pops: boolean): OperandShape {
  const none = { indexed: false, stackBased: false, number: -1 };
  if (typeof operand !== 'object') return { kind: 'immediate', bits: firstBits, ...none };
  if (operand.kind === 'memory') {
    const { base, index } = operand;
    // Only POP asks: other instructions share their handlers.
    const stackBased = pops && typeof base === 'object' && base.class === 'gpr' && base.number === 4;
    const indexed = index?.class === 'gpr';
    // Of a gather's memory the width of its index counts.
    const whole = index === undefined || indexed ? firstBits : index.bits;
    return { kind: 'memory', bits: operand.bits === 0 ? whole : operand.bits, indexed, stackBased, number: -1 };
  }
  if (operand.kind !== 'register') return { kind: 'farPointer', bits: firstBits, ...none };
  const kind = kinds[operand.class];
  return { kind, bits: operand.bits, ...none, number: numbered.includes(kind) ? operand.number : -1 };
}

const SS = 2;
const DS = 3;

/** The default segment is SS where the base is SP, BP or their wide forms (SDM 1 3.7.4). */
function segmentOf(instruction: Instruction): number {
  if (instruction.segment !== undefined) return instruction.segment.number;
  const base = memoryOf(instruction)?.base;
  return typeof base === 'object' && (base.number === 4 || base.number === 5) ? SS : DS;
}

/** Equal shapes have equal keys. Rows that differ in their encoding only (`add r, r/m` and `add r/m, r` with registers) share them. */
export function keyOf(shape: Shape): string {
  const { code, mnemonic, repeat } = shape;
  let operands = '';
  for (const { kind, bits, indexed, stackBased, number } of shape.operands) {
    operands += `${kind}${bits}${indexed ? '+' : ''}${stackBased ? 's' : ''}${number < 0 ? '' : `#${number}`},`;
  }
  const sizes = `${code.mode}${code.segmentation}${code.stackBits}/${code.linearBits} ${shape.operandSize} ${shape.addressSize}`;
  const marks = `${shape.lock ? ' lock' : ''}${shape.vex ? ' vex' : ''}${shape.flagsDead ? ' -' : ''}`;
  return `${mnemonic} ${operands} ${sizes} ${shape.segment} ${repeat}${marks}`;
}

/**
 * Shapes with equal keys have one handler: which segment an operand is in does not count where no segment does, and the width of a linear address in
 * 64-bit mode only where a target is looked at.
 */
export function handlerKeyOf(shape: Shape): string {
  const { code } = shape;
  const plain = shape.segment !== DS && shape.operands.some(({ kind }) => kind === 'memory');
  const counts = !plain || segmentUse(code.segmentation, shape.segment) !== 'none';
  const isWide = code.linearBits === 57 && !checksTarget(shape);
  if (counts && !isWide) return keyOf(shape);
  return keyOf({
    ...shape,
    segment: counts ? shape.segment : DS,
    code: isWide ? { ...code, linearBits: 48 } : code,
  });
}

/** Whether the instruction goes where a register or memory says, which must be canonical. */
function checksTarget({ mnemonic, operands }: Shape): boolean {
  if (mnemonic === 'ret') return true;
  return (mnemonic === 'jmp' || mnemonic === 'call') && operands[0]?.kind !== 'immediate';
}

export function memoryOf(instruction: Instruction): Memory | undefined {
  for (const operand of instruction.operands) {
    if (typeof operand === 'object' && operand.kind === 'memory') return operand;
  }
  return undefined;
}
