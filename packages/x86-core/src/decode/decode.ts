/** Decodes one instruction by the table: prefixes, opcode, the row that fits, its operands. */
import type { Mode, Operand } from '../operand.ts';
import { segments } from '../register.ts';
import type { Row } from '../table/notation.ts';
import { Fetch, FetchFailure } from './fetch.ts';
import type { Decoded, DecodeFailure } from './instruction.ts';
import { type Candidate, opcodesOf } from './opcode-index.ts';
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
    return decodeFrom(new Fetch(mode, bytes, offset));
  } catch (error) {
    if (error instanceof FetchFailure) return { kind: 'failure', reason: error.reason };
    throw error;
  }
}

function decodeFrom(from: Fetch): Decoded {
  const allowed = from.readOpcode();
  const opcode = opcodesOf(from.vex, from.map)[from.opcode];
  if (!allowed || opcode === undefined) return invalid;
  if (opcode.hasModRm) from.modRm = from.peek();
  const found = opcode.candidates.find((candidate) => accepts(candidate, from));
  if (found === undefined) return invalid;
  const { row } = found;
  if (row.modRm !== undefined) from.at++;
  const immediateOffset = (): number => from.at - from.start;
  const operands = readOperands(from, row);
  if (operands === undefined || !isLegal(row, from, operands)) return invalid;
  const trailing = row.trailing.reduce(
    (sum, field) => sum + (field.type === 'offset' ? from.addressSize / 8 : field.bytes),
    0,
  );
  return {
    kind: 'instruction',
    row,
    mode: from.mode,
    length: from.at - from.start,
    operands,
    operandSize: row.operandSize === 'd64' || row.operandSize === 'f64' ? 64 : from.operandSize,
    addressSize: from.addressSize,
    lock: from.lock,
    repeat: row.prefix === 0xf2 || row.prefix === 0xf3 ? 0 : from.repeat,
    segment: from.segment < 0 ? undefined : segments[from.segment],
    displacementOffset: from.displacementOffset,
    immediateOffset: trailing === 0 ? -1 : immediateOffset() - trailing,
  };
}

function accepts(candidate: Candidate, from: Fetch): boolean {
  const { row } = candidate;
  if (!row.modes.includes(from.mode)) return false;
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
function isLegal(row: Row, from: Fetch, operands: readonly Operand[]): boolean {
  if (from.lock) {
    const target = operands.find((operand) => typeof operand === 'object' && operand.kind === 'memory');
    if (!row.lock || target === undefined) return false;
  }
  if (row.mnemonic === 'mov' && row.operands[0]?.registerClass === 'segment' && operands[0] === segments[1])
    return false;
  const index = operands.find((operand) => typeof operand === 'object' && operand.kind === 'memory')?.index;
  if (row.operands.some((kind) => kind.vectorIndex !== undefined)) {
    const numbers = [operands[0], index, operands[2]].map((each) =>
      typeof each === 'object' && each.kind === 'register' ? each.number : -1,
    );
    return new Set(numbers).size === 3;
  }
  return true;
}
