/** Whether an operand fits what a row asks for. */
import type { Immediate, Memory, Mode, Operand } from '../operand.ts';
import type { Row, TrailingField } from '../table/notation.ts';
import type { OperandKind } from '../table/operand-kind.ts';

/** True when each operand fits the row's. Sizes of memory operands that say 0 fit every size. */
export function fits(row: Row, mode: Mode, operands: readonly Operand[]): boolean {
  return operands.length === row.operands.length && countFitting(row, mode, operands) === operands.length;
}

/** How many of the operands fit the row's at their positions. */
export function countFitting(row: Row, mode: Mode, operands: readonly Operand[]): number {
  let field = 0;
  let count = 0;
  for (let i = 0; i < Math.min(operands.length, row.operands.length); i++) {
    const role = row.roles[i];
    const trailing = role === 'I' || role === 'D' ? row.trailing[field++] : undefined;
    const kind = row.operands[i] as OperandKind;
    if (operandFits(row, mode, kind, operands[i] as Operand, trailing, role === 'O')) count++;
  }
  return count;
}

function operandFits(
  row: Row,
  mode: Mode,
  kind: OperandKind,
  operand: Operand,
  field: TrailingField | undefined,
  inOpcode: boolean,
): boolean {
  switch (kind.type) {
    case 'fixed':
      return operand === kind.fixed;
    case 'one':
      return operand === 1 || operand === 1n;
    case 'far':
      if (typeof operand !== 'object' || operand.kind !== 'far') return false;
      return typeof operand.offset === 'object' || inRange(operand.offset, kind.bits, false, true);
    case 'relative':
      if (typeof operand === 'object') return operand.kind === 'symbol' && (operand.bits ?? kind.bits) === kind.bits;
      return inRange(operand, kind.bits, true, false);
    case 'immediate':
      if (typeof operand === 'object') return operand.kind === 'symbol' && symbolFits(operand.bits, kind.bits);
      return immediateFits(row, mode, kind.bits, operand, field?.signExtended === true);
    case 'offset':
      return (
        typeof operand === 'object' &&
        operand.kind === 'memory' &&
        operand.base === undefined &&
        operand.index === undefined &&
        memoryBitsFit(kind, operand)
      );
    default:
      if (typeof operand !== 'object') return false;
      if (operand.kind === 'memory') return kind.memory && memoryBitsFit(kind, operand) && indexFits(kind, operand);
      if (operand.kind !== 'register' || operand.bits !== kind.registerBits) return false;
      if (inOpcode && row.notRegister0 && operand.number === 0) return false;
      return operand.class === kind.registerClass || (operand.class === 'gprHigh' && kind.registerClass === 'gpr');
  }
}

function memoryBitsFit(kind: OperandKind, memory: Memory): boolean {
  return kind.memoryBits === 0 || memory.bits === 0 || memory.bits === kind.memoryBits;
}

function indexFits(kind: OperandKind, memory: Memory): boolean {
  const vector = memory.index !== undefined && memory.index.class !== 'gpr' ? memory.index.bits : undefined;
  return vector === kind.vectorIndex;
}

function symbolFits(wanted: number | undefined, bits: number): boolean {
  return wanted === undefined ? bits >= 16 : wanted === bits;
}

/** An immediate fits when the field gives its value back at the operand's size, read as signed or as unsigned. */
function immediateFits(row: Row, mode: Mode, bits: number, value: Immediate, signExtended: boolean): boolean {
  if (!signExtended) return inRange(value, bits, true, true);
  if (inRange(value, bits, true, false)) return true;
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  const size = sizeInBits(row, mode);
  const wide = BigInt(value);
  const full = 1n << BigInt(size);
  return wide < full && wide >= full - (1n << BigInt(bits - 1));
}

function sizeInBits(row: Row, mode: Mode): number {
  if (row.operandSize === 'o16') return 16;
  if (row.operandSize === 'o32') return 32;
  return row.operandSize === 'any' ? mode : 64;
}

function inRange(value: Immediate, bits: number, signed: boolean, unsigned: boolean): boolean {
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  if (typeof value === 'number' && bits <= 32) {
    return value >= (signed ? -(2 ** (bits - 1)) : 0) && value < 2 ** (unsigned ? bits : bits - 1);
  }
  const wide = BigInt(value);
  return wide >= (signed ? -(1n << BigInt(bits - 1)) : 0n) && wide < 1n << BigInt(unsigned ? bits : bits - 1);
}
