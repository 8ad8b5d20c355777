/** GDTR, IDTR, LDTR and TR: LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR (SDM 3A 2.4; SDM 2 for each). */
import type { Instruction } from '../decode/instruction.ts';
import { requireDescriptorAccess } from './control-register.ts';
import { type CoreContext, Segment, type TableRegister } from './core-context.ts';
import { generalProtection, invalidOpcode, notPresent } from './cpu-fault.ts';
import { baseOf, isPresent, isSegment, nullSegment, segmentOf, SystemType, typeOf } from './descriptor.ts';
import { errorOf, isNull, markBusy, readDescriptor } from './descriptor-table.ts';
import { hasRealSegments, is64Bit, isCanonical, isLongMode } from './mode.ts';
import { effectiveAddress, isMemory, readMemory, readOperand, writeMemory, writeOperand } from './operand.ts';
import { requirePrivilege } from './privilege.ts';

/** LGDT, LIDT: with 16-bit operands the base has 24 bits. @throws CpuFault #GP(0) for a base that is not canonical. */
export function loadTableRegister(core: CoreContext, instruction: Instruction): TableRegister {
  requirePrivilege(core);
  const address = effectiveAddress(core, instruction, 0);
  const limit = Number(readMemory(core, address, 2));
  if (is64Bit(core)) {
    const base = readMemory(core, address, 8, 2);
    if (!isCanonical(core, base)) throw generalProtection();
    return { base, limit };
  }
  const base = readMemory(core, address, 4, 2);
  return { base: instruction.operandSize === 16 ? base & 0xff_ffffn : base, limit };
}

/** SGDT, SIDT: the whole base, whatever the operand size. */
export function storeTableRegister(core: CoreContext, instruction: Instruction, { base, limit }: TableRegister): void {
  requireDescriptorAccess(core);
  const address = effectiveAddress(core, instruction, 0);
  const bytes = is64Bit(core) ? 8 : 4;
  writeMemory(core, address, bytes, BigInt.asUintN(bytes * 8, base), 2);
  writeMemory(core, address, 2, BigInt(limit));
}

export function lldt(core: CoreContext, instruction: Instruction): void {
  if (hasRealSegments(core)) throw invalidOpcode();
  requirePrivilege(core);
  const selector = Number(readOperand(core, instruction, 0, 16));
  if (isNull(selector)) {
    core.setSegment(Segment.ldtr, nullSegment(selector));
    return;
  }
  const code = errorOf(selector);
  if ((selector & 4) !== 0) throw generalProtection(code);
  const descriptor = readDescriptor(core, selector, generalProtection);
  if (isSegment(descriptor) || typeOf(descriptor) !== SystemType.ldt) throw generalProtection(code);
  if (!isPresent(descriptor)) throw notPresent(code);
  if (isLongMode(core) && !isCanonical(core, baseOf(descriptor))) throw generalProtection(code);
  core.setSegment(Segment.ldtr, segmentOf(selector, descriptor));
}

export function ltr(core: CoreContext, instruction: Instruction): void {
  if (hasRealSegments(core)) throw invalidOpcode();
  requirePrivilege(core);
  const selector = Number(readOperand(core, instruction, 0, 16));
  if (isNull(selector)) throw generalProtection();
  const code = errorOf(selector);
  if ((selector & 4) !== 0) throw generalProtection(code);
  const descriptor = readDescriptor(core, selector, generalProtection);
  const type = typeOf(descriptor);
  const available = type === SystemType.tss32Available || (type === SystemType.tss16Available && !isLongMode(core));
  if (isSegment(descriptor) || !available) throw generalProtection(code);
  if (!isPresent(descriptor)) throw notPresent(code);
  if (isLongMode(core) && !isCanonical(core, baseOf(descriptor))) throw generalProtection(code);
  core.setSegment(Segment.tr, segmentOf(selector, markBusy(core, selector, descriptor)));
}

/** SLDT, STR: 16 bits of memory, the whole register. */
export function storeSelector(core: CoreContext, instruction: Instruction, selector: number): void {
  if (hasRealSegments(core)) throw invalidOpcode();
  requireDescriptorAccess(core);
  writeOperand(core, instruction, 0, isMemory(instruction, 0) ? 16 : instruction.operandSize, BigInt(selector));
}
