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
  writePlainRecord(view, at, handler, count, rip, instruction.length);
  for (const [operand, { kind }] of shape.operands.entries()) {
    if (kind !== 'gpr' && kind !== 'vector' && kind !== 'mmx') continue;
    view.setInt32(at + record.OPERANDS + 4 * operand, core + placeOf(registerAt(instruction, operand)), true);
  }
  const { base, index, vectorIndex, scale, displacement } = addressOf(instruction, next);
  view.setInt32(at + record.BASE, core + (base === undefined ? state.ZERO : state.GPR + 8 * base), true);
  const indexPlace = index !== undefined ? state.GPR + 8 * index : state.ZERO;
  view.setInt32(
    at + record.INDEX,
    core + (vectorIndex === undefined ? indexPlace : state.YMM + 32 * vectorIndex),
    true,
  );
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
  for (let word = 0; word < record.RECORD_BYTES; word += 8) view.setBigUint64(at + word, 0n, true);
  view.setInt32(at + record.HANDLER, handler, true);
  view.setUint8(at + record.LENGTH, length);
  view.setUint16(at + record.COUNT, count, true);
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
