/** Decodes one instruction by the table: prefixes, opcode, the row that fits, its operands. */
import type { Memory, Mode, Operand } from '../operand.ts';
import { segments } from '../register.ts';
import type { Row } from '../table/notation.ts';
import { Fetch, FetchFailure } from './fetch.ts';
import type { Decoded, DecodeFailure } from './instruction.ts';
import { type Candidate, type Opcode, opcodeOf } from './opcode-index.ts';
import { readOperands } from './operands.ts';

const invalid: DecodeFailure = { kind: 'failure', reason: 'invalid' };

/**
 * Decodes the instruction at `offset` of `bytes`.
 *
 * Invalid is what a processor with every feature of the table refuses with #UD. Modes are code sizes: 16 is protected mode with 16-bit
 * segments, where VEX exists; in real mode it does not, which is the CPU's to check.
 */
export function decode(mode: Mode, bytes: Uint8Array, offset = 0): Decoded {
  try {
    fetch.begin(mode, bytes, offset);
    return decodeFrom(fetch);
  } catch (error) {
    if (error instanceof FetchFailure) return { kind: 'failure', reason: error.reason };
    throw error;
  }
}

const fetch = new Fetch();

function decodeFrom(from: Fetch): Decoded {
  const allowed = from.readOpcode();
  const opcode = opcodeOf(from.vex, from.map, from.opcode);
  if (!allowed || opcode === undefined) return invalid;
  if (opcode.hasModRm) from.modRm = from.peek();
  const found = candidateFor(opcode, from);
  if (found === undefined) return invalid;
  const { row } = found;
  if (row.modRm !== undefined) from.at++;
  const operands = readOperands(from, row);
  if (operands === undefined || !isLegal(found, from, operands)) return invalid;
  const { addressSize } = from;
  const length = from.at - from.start;
  const trailing = found.trailingBytes + (found.hasOffset ? addressSize / 8 : 0);
  return {
    kind: 'instruction',
    row,
    mode: from.mode,
    length,
    operands,
    operandSize: row.operandSize === 'd64' || row.operandSize === 'f64' ? 64 : from.operandSize,
    addressSize,
    lock: from.lock,
    repeat: row.prefix === 0xf2 || row.prefix === 0xf3 ? 0 : from.repeat,
    segment: from.segment < 0 ? undefined : segments[from.segment],
    displacementOffset: from.displacementOffset,
    immediateOffset: trailing === 0 ? -1 : length - trailing,
  };
}

function candidateFor({ candidates }: Opcode, from: Fetch): Candidate | undefined {
  for (let position = 0; position < candidates.length; position++) {
    const candidate = candidates[position] as Candidate;
    if (accepts(candidate, from)) return candidate;
  }
  return undefined;
}

function accepts(candidate: Candidate, from: Fetch): boolean {
  const { row } = candidate;
  if ((candidate.modes & (from.mode >> 4)) === 0) return false;
  if (row.vex !== undefined ? !vexFits(candidate, from) : !prefixFits(row, from) || !sizeFits(row, from)) return false;
  if (row.addressSize !== 0 && row.addressSize !== from.addressSize) return false;
  if (row.modRm === undefined) return !row.notRegister0 || (from.opcode & 7) !== 0 || (from.rex & 1) !== 0;
  const { modRm } = from;
  if (row.modRm.type === 'fixed') return (row.plusRegister ? modRm & ~7 : modRm) === row.modRm.value;
  if (row.modRm.type === 'digit' && ((modRm >> 3) & 7) !== row.modRm.value) return false;
  return modRm >= 0xc0 ? candidate.takesRegister : candidate.takesMemory;
}

function prefixFits(row: Row, from: Fetch): boolean {
  switch (row.prefix) {
    case 'any':
      return true;
    case 'NP':
      return from.repeat === 0 && !from.operandSizePrefix;
    case 'NFx':
      return from.repeat === 0;
    case 0x66:
      return from.repeat === 0 && from.operandSizePrefix;
    default:
      return from.repeat === row.prefix;
  }
}

function sizeFits(row: Row, from: Fetch): boolean {
  switch (row.operandSize) {
    case 'o16':
      return from.operandSize === 16;
    case 'o32':
      return from.operandSize !== 16;
    case 'REX.W':
      return from.operandSize === 64;
    case 'd64':
      return from.operandSize !== 16;
    default:
      return true;
  }
}

function vexFits({ row, usesVvvv, ignoresW }: Candidate, from: Fetch): boolean {
  const { vex } = row;
  if (vex === undefined || vex.prefix !== from.vexPrefix) return false;
  if (vex.length !== undefined && vex.length !== from.length) return false;
  if (!usesVvvv && from.vvvv !== 0) return false;
  return vex.w === undefined || vex.w === from.w || (ignoresW && from.mode !== 64);
}

/** Rules beyond the opcode: LOCK, registers that may not stand there, equal registers of a gather. */
function isLegal({ row, isGather, loadsSegment }: Candidate, from: Fetch, operands: readonly Operand[]): boolean {
  if (from.lock && (!row.lock || memoryAmong(operands) === undefined)) return false;
  if (loadsSegment && operands[0] === segments[1]) return false;
  if (!isGather) return true;
  const numbers = [operands[0], memoryAmong(operands)?.index, operands[2]].map((each) =>
    typeof each === 'object' && each.kind === 'register' ? each.number : -1,
  );
  return new Set(numbers).size === 3;
}

function memoryAmong(operands: readonly Operand[]): Memory | undefined {
  return operands.find((operand) => typeof operand === 'object' && operand.kind === 'memory');
}
