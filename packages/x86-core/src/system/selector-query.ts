/** What a program may ask about a selector: LAR, LSL, VERR, VERW, ARPL (SDM 3A 5.10). */
import type { Instruction } from '../decode/instruction.ts';
import type { CoreContext } from './core-context.ts';
import { invalidOpcode } from './cpu-fault.ts';
import {
  type Descriptor,
  dplOf,
  isCode,
  isConforming,
  isReadable,
  isSegment,
  isWritableData,
  limitOf,
  SystemType,
  typeOf,
} from './descriptor.ts';
import { findDescriptor, isNull } from './descriptor-table.ts';
import { hasRealSegments, isLongMode } from './mode.ts';
import { readOperand, registerOperand, writeOperand, writeRegister } from './operand.ts';
import { Rflags } from './register-bits.ts';

function setZero(core: CoreContext, zero: boolean): void {
  core.rflags = zero ? core.rflags | Rflags.zf : core.rflags & ~Rflags.zf;
}

/** The descriptor, where the selector has one and may be used at this level; conforming code may always. */
function visible(core: CoreContext, selector: number): Descriptor | undefined {
  if (isNull(selector)) return undefined;
  const descriptor = findDescriptor(core, selector);
  if (descriptor === undefined) return undefined;
  const allowed = Math.max(core.cpl, selector & 3) <= dplOf(descriptor);
  return allowed || isConforming(descriptor) ? descriptor : undefined;
}

function selectorOperand(core: CoreContext, instruction: Instruction, position: number): number {
  if (hasRealSegments(core)) throw invalidOpcode();
  return Number(readOperand(core, instruction, position, 16));
}

const ldtAndTss = [SystemType.ldt, SystemType.tss32Available, SystemType.tss32Busy] as const;
const tss16 = [SystemType.tss16Available, SystemType.tss16Busy] as const;

const withLimit: ReadonlySet<number> = new Set([...ldtAndTss, ...tss16]);
const withLimitLong: ReadonlySet<number> = new Set(ldtAndTss);
const withRights: ReadonlySet<number> = new Set([
  ...withLimit,
  ...[SystemType.callGate16, SystemType.callGate32, SystemType.taskGate],
]);
const withRightsLong: ReadonlySet<number> = new Set([...ldtAndTss, SystemType.callGate32]);

export function lar(core: CoreContext, instruction: Instruction): void {
  const descriptor = visible(core, selectorOperand(core, instruction, 1));
  const types = isLongMode(core) ? withRightsLong : withRights;
  const known = descriptor !== undefined && (isSegment(descriptor) || types.has(typeOf(descriptor)));
  if (known) {
    // The limit's upper bits come along, as processors do it; the manual leaves them undefined.
    const rights = BigInt(descriptor.high & 0xff_ff00);
    writeRegister(core, registerOperand(instruction, 0).number, instruction.operandSize, rights);
  }
  setZero(core, known);
}

export function lsl(core: CoreContext, instruction: Instruction): void {
  const descriptor = visible(core, selectorOperand(core, instruction, 1));
  const types = isLongMode(core) ? withLimitLong : withLimit;
  const known = descriptor !== undefined && (isSegment(descriptor) || types.has(typeOf(descriptor)));
  if (known) {
    writeRegister(core, registerOperand(instruction, 0).number, instruction.operandSize, BigInt(limitOf(descriptor)));
  }
  setZero(core, known);
}

export function verr(core: CoreContext, instruction: Instruction): void {
  const descriptor = visible(core, selectorOperand(core, instruction, 0));
  setZero(core, descriptor !== undefined && isSegment(descriptor) && isReadable(descriptor));
}

export function verw(core: CoreContext, instruction: Instruction): void {
  const descriptor = visible(core, selectorOperand(core, instruction, 0));
  setZero(core, descriptor !== undefined && !isCode(descriptor) && isWritableData(descriptor));
}

/** Raises the RPL of a selector to that of another. */
export function arpl(core: CoreContext, instruction: Instruction): void {
  const selector = selectorOperand(core, instruction, 0);
  const level = Number(readOperand(core, instruction, 1, 16)) & 3;
  const raises = (selector & 3) < level;
  if (raises) writeOperand(core, instruction, 0, 16, BigInt((selector & ~3) | level));
  setZero(core, raises);
}
