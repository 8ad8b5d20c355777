/** Writes decoded instructions into records. */
import type { Register } from '../operand.ts';
import { addressOf, immediateOf, registerAt } from './effective-address.ts';
import * as record from './record.ts';
import * as state from './state.ts';
import type { RunInstruction } from './straight-run.ts';

/** @param count instructions of the block up to this one */
export function writeRecord(
  view: DataView,
  core: number,
  at: number,
  { instruction, shape, rip, next }: RunInstruction,
  handler: number,
  count: number,
): void {
  writeFixed(view, at, handler, count, rip, instruction.length);
  for (let operand = 0; operand < 4; operand++) {
    const kind = shape.operands[operand]?.kind;
    const hasPlace = kind === 'gpr' || kind === 'vector' || kind === 'mmx';
    const place = hasPlace ? core + placeOf(registerAt(instruction, operand)) : 0;
    view.setInt32(at + record.OPERANDS + 4 * operand, place, true);
  }
  const { base, index, vectorIndex, scale, displacement } = addressOf(instruction, next);
  view.setInt32(at + record.BASE, core + (base === undefined ? state.ZERO : state.GPR + 8 * base), true);
  const indexPlace = index !== undefined ? state.GPR + 8 * index : state.ZERO;
  const vectorPlace = vectorIndex === undefined ? indexPlace : state.YMM + 32 * vectorIndex;
  view.setInt32(at + record.INDEX, core + vectorPlace, true);
  view.setInt32(at + record.SEGMENT, core + state.SEGMENTS + state.SEGMENT_BYTES * shape.segment, true);
  view.setUint8(at + record.SCALE, scale);
  view.setBigUint64(at + record.DISPLACEMENT, displacement, true);
  view.setBigUint64(at + record.IMMEDIATE, immediateOf(instruction, shape, next) ?? 0n, true);
}

/** A record without operands. */
export function writePlainRecord(
  view: DataView,
  at: number,
  handler: number,
  count: number,
  rip: bigint,
  length: number,
): void {
  for (let word = 0; word < record.RECORD_BYTES; word += 4) view.setInt32(at + word, 0, true);
  writeFixed(view, at, handler, count, rip, length);
}

/** What every record has, and no branch target yet. */
function writeFixed(view: DataView, at: number, handler: number, count: number, rip: bigint, length: number): void {
  view.setInt32(at + record.HANDLER, handler, true);
  view.setUint8(at + record.LENGTH, length);
  view.setUint16(at + record.COUNT, count, true);
  view.setInt32(at + record.TARGET, 0, true);
  view.setBigUint64(at + record.INSTRUCTION_RIP, rip, true);
}

/** Where a register lies in the state. */
function placeOf(register: Register): number {
  switch (register.class) {
    case 'xmm':
    case 'ymm':
      return state.YMM + 32 * register.number;
    case 'mmx':
      return state.ST + 16 * register.number;
    case 'gprHigh':
      return state.GPR + 8 * (register.number - 4) + 1;
    default:
      return state.GPR + 8 * register.number;
  }
}
