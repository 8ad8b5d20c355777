/** Operands of instructions that TypeScript carries out: registers, memory, immediates. */
import type { Instruction } from '../decode/instruction.ts';
import type { Memory, Register } from '../operand.ts';
import { linearAddress } from './address.ts';
import { type CoreContext, type MemoryBytes, Segment, type SegmentNumber } from './core-context.ts';

export interface SegmentedAddress {
  readonly segment: SegmentNumber;
  /** Truncated to the address size. */
  readonly offset: bigint;
}

const RSP = 4;
const RBP = 5;

/** The register operand at a position, where the row has nothing else there. */
export function registerOperand(instruction: Instruction, position: number): Register {
  return instruction.operands[position] as Register;
}

export function isMemory(instruction: Instruction, position: number): boolean {
  const operand = instruction.operands[position];
  return typeof operand === 'object' && operand.kind === 'memory';
}

/** The effective address of the memory operand at a position (SDM 1 3.7.5). */
export function effectiveAddress(core: CoreContext, instruction: Instruction, position: number): SegmentedAddress {
  const memory = instruction.operands[position] as Memory;
  const { base, index } = memory;
  let sum = memory.exactDisplacement ?? BigInt(memory.displacement);
  if (base === 'rip') sum += core.rip;
  else if (base !== undefined) sum += core.gpr[base.number] as bigint;
  if (index !== undefined) sum += (core.gpr[index.number] as bigint) * BigInt(memory.scale);
  const stack = typeof base === 'object' && (base.number === RSP || base.number === RBP);
  const segment = memory.segment?.number ?? (stack ? Segment.ss : Segment.ds);
  return { segment: segment as SegmentNumber, offset: BigInt.asUintN(instruction.addressSize, sum) };
}

export function readMemory(
  core: CoreContext,
  { segment, offset }: SegmentedAddress,
  bytes: MemoryBytes,
  delta = 0,
): bigint {
  const at = BigInt.asUintN(64, offset + BigInt(delta));
  return core.read(linearAddress(core, segment, at, bytes, false), bytes, 'current');
}

export function writeMemory(
  core: CoreContext,
  { segment, offset }: SegmentedAddress,
  bytes: MemoryBytes,
  value: bigint,
  delta = 0,
): void {
  const at = BigInt.asUintN(64, offset + BigInt(delta));
  core.write(linearAddress(core, segment, at, bytes, true), bytes, value, 'current');
}

/** The value of a register or memory operand, zero-extended. */
export function readOperand(
  core: CoreContext,
  instruction: Instruction,
  position: number,
  bits: 8 | 16 | 32 | 64,
): bigint {
  const operand = instruction.operands[position];
  if (typeof operand === 'number' || typeof operand === 'bigint') return BigInt.asUintN(bits, BigInt(operand));
  if (isMemory(instruction, position)) {
    return readMemory(core, effectiveAddress(core, instruction, position), (bits / 8) as MemoryBytes);
  }
  const { class: registerClass, number } = operand as Register;
  if (registerClass === 'gprHigh') return ((core.gpr[number - 4] as bigint) >> 8n) & 0xffn;
  return BigInt.asUintN(bits, core.gpr[number] as bigint);
}

/** Writes a register, 32 bits clearing what is above (SDM 1 3.4.1.1), or memory. */
export function writeOperand(
  core: CoreContext,
  instruction: Instruction,
  position: number,
  bits: 8 | 16 | 32 | 64,
  value: bigint,
): void {
  if (isMemory(instruction, position)) {
    writeMemory(
      core,
      effectiveAddress(core, instruction, position),
      (bits / 8) as MemoryBytes,
      BigInt.asUintN(bits, value),
    );
    return;
  }
  writeRegister(core, registerOperand(instruction, position).number, bits, value);
}

export function writeRegister(core: CoreContext, number: number, bits: 8 | 16 | 32 | 64, value: bigint): void {
  const narrow = BigInt.asUintN(bits, value);
  const kept = bits >= 32 ? 0n : ((core.gpr[number] as bigint) >> BigInt(bits)) << BigInt(bits);
  core.gpr[number] = kept | narrow;
}

/** Replaces EDX:EAX, clearing the upper halves. */
export function writeEdxEax(core: CoreContext, value: bigint): void {
  core.gpr[0] = value & 0xffff_ffffn;
  core.gpr[2] = (value >> 32n) & 0xffff_ffffn;
}

export function readEdxEax(core: CoreContext): bigint {
  return BigInt.asUintN(32, core.gpr[0] as bigint) | (BigInt.asUintN(32, core.gpr[2] as bigint) << 32n);
}

/** ECX. */
export function readEcx(core: CoreContext): number {
  return Number(BigInt.asUintN(32, core.gpr[1] as bigint));
}
