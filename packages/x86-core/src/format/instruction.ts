/** Instructions as text, in Intel syntax: the disassembler. What it prints, the assembler's mnemonics and operands accept. */
import type { Instruction } from '../decode/instruction.ts';
import type { Operand } from '../operand.ts';
import { formatNumber, formatOperand } from './operand.ts';

export interface FormatOptions {
  /** Address of the instruction's first byte: relative targets are then printed as addresses; without it as `$+5`, counted from the start. */
  readonly address?: bigint;
  /** A name for a code address, if it has one. */
  readonly nameOf?: (address: bigint) => string | undefined;
}

/** `lock xadd dword ptr [rbx], eax`. */
export function formatInstruction(instruction: Instruction, options: FormatOptions = {}): string {
  const { row, operands } = instruction;
  const texts = operands.map((operand, position) => {
    if (typeof operand !== 'object') return numberText(instruction, operand, position, options);
    return formatOperand(operand);
  });
  const words = [...prefixes(instruction), row.mnemonic].join(' ');
  return texts.length === 0 ? words : `${words} ${texts.join(', ')}`;
}

function numberText(
  instruction: Instruction,
  value: number | bigint,
  position: number,
  options: FormatOptions,
): string {
  if (instruction.row.roles[position] === 'D') return targetText(instruction, Number(value), options);
  const bits = position > 0 && instruction.row.operandSize === 'any' ? 8 : instruction.operandSize;
  return formatNumber(value < 0 ? BigInt.asUintN(bits, BigInt(value)) : value);
}

/** Near targets wrap at the operand size. */
function targetText(instruction: Instruction, distance: number, options: FormatOptions): string {
  const { address, nameOf } = options;
  if (address === undefined) {
    const fromStart = distance + instruction.length;
    return `$${fromStart < 0 ? '' : '+'}${formatNumber(fromStart)}`;
  }
  const target = BigInt.asUintN(instruction.operandSize, address + BigInt(instruction.length + distance));
  return nameOf?.(target) ?? formatNumber(target);
}

function prefixes(instruction: Instruction): string[] {
  const { row, mode } = instruction;
  const words: string[] = [];
  if (instruction.lock) words.push('lock');
  if (row.repeat === 'rep' && instruction.repeat !== 0) words.push('rep');
  if (row.repeat === 'repz' && instruction.repeat !== 0) words.push(instruction.repeat === 0xf3 ? 'repe' : 'repne');
  const defaultSize = mode === 16 ? 'o16' : 'o32';
  const shown = instruction.operands.some((operand, position) => tellsSize(operand, instruction, position));
  const hidden = row.operandSize === 'o16' || row.operandSize === 'o32' || row.operandSize === 'REX.W';
  if (hidden && row.operandSize !== defaultSize && !shown && !sizedMnemonic.test(row.mnemonic)) {
    words.push(row.operandSize === 'REX.W' ? 'o64' : row.operandSize);
  }
  const addressed = instruction.operands.some((operand) => typeof operand === 'object' && operand.kind === 'memory');
  if (!addressed && instruction.addressSize !== mode && !/^j\w?cxz$/.test(row.mnemonic))
    words.push(`a${instruction.addressSize}`);
  if (!addressed && instruction.segment !== undefined && implicitSource.test(row.mnemonic))
    words.push(instruction.segment.name);
  return words;
}

const implicitSource = /^(movs|cmps|lods|outs)[bwdq]$|^xlatb$|^v?maskmov/;

/** The operand size is part of the name. */
const sizedMnemonic =
  /^(movs|cmps|stos|lods|scas|ins|outs)[wdq]$|^(iret|pushf|popf|pusha|popa)[dq]?$|^(cbw|cwde?|cdqe?|cqo|nop|sysretq|sysexitq|cmpxchg16b)$|64$/;

/** Whether a register or a sized memory operand shows the operand size of the row. */
function tellsSize(operand: Operand, instruction: Instruction, position: number): boolean {
  if (typeof operand !== 'object') return false;
  const kind = instruction.row.operands[position];
  if (operand.kind === 'register') return operand.class === 'gpr' || operand.class === 'gprHigh';
  return operand.kind === 'memory' && operand.bits !== 0 && kind?.notation.startsWith('r/m') === true;
}
