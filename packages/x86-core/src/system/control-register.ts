/** MOV to and from control registers, LMSW, SMSW, CLTS, XGETBV, XSETBV: what may be set when (SDM 3A 2.5, 9.8.5, 13.3; SDM 2 MOV). */
import type { Instruction } from '../decode/instruction.ts';
import { type CoreContext, Segment } from './core-context.ts';
import { generalProtection, invalidOpcode } from './cpu-fault.ts';
import { Attribute } from './descriptor.ts';
import { is64Bit, isLongMode, isVirtual8086 } from './mode.ts';
import { isMemory, readEcx, readEdxEax, readOperand, registerOperand, writeEdxEax, writeOperand } from './operand.ts';
import { loadPageDirectory, loadPdptes, usesPdptes } from './page-directory.ts';
import { Cr0, Cr4, Efer, Rflags, Xcr0 } from './register-bits.ts';
import { requirePrivilege } from './privilege.ts';

const CR0_DEFINED = Cr0.pe | Cr0.mp | Cr0.em | Cr0.ts | Cr0.et | Cr0.ne | Cr0.wp | Cr0.am | Cr0.nw | Cr0.cd | Cr0.pg;

/** Bits of CR4 whose features exist. */
function cr4Defined(core: CoreContext): number {
  const { features } = core.system;
  const bits: readonly (readonly [string, number])[] = [
    ['TSC', Cr4.tsd],
    ['DE', Cr4.de],
    ['PSE', Cr4.pse],
    ['PAE', Cr4.pae],
    ['MCE', Cr4.mce],
    ['PGE', Cr4.pge],
    ['FXSR', Cr4.osfxsr],
    ['SSE', Cr4.osxmmexcpt],
    ['UMIP', Cr4.umip],
    ['LA57', Cr4.la57],
    ['FSGSBASE', Cr4.fsgsbase],
    ['PCID', Cr4.pcide],
    ['XSAVE', Cr4.osxsave],
    ['SMEP', Cr4.smep],
    ['SMAP', Cr4.smap],
    ['PKU', Cr4.pke],
  ];
  return bits.reduce<number>((sum, [name, bit]) => (features.has(name) ? sum | bit : sum), Cr4.pce);
}

/** MOV r, CRn. */
export function readControlRegister(core: CoreContext, instruction: Instruction): void {
  requirePrivilege(core);
  writeOperand(core, instruction, 0, moveBits(core), valueOf(core, registerOperand(instruction, 1).number));
}

function moveBits(core: CoreContext): 32 | 64 {
  return is64Bit(core) ? 64 : 32;
}

function valueOf(core: CoreContext, number: number): bigint {
  switch (number) {
    case 0:
      return BigInt(core.cr0 >>> 0);
    case 2:
      return core.cr2;
    case 3:
      return core.cr3;
    case 4:
      return BigInt(core.cr4 >>> 0);
    case 8:
      return BigInt(core.system.apic.taskPriority >> 4);
    default:
      throw invalidOpcode();
  }
}

/** MOV CRn, r. */
export function writeControlRegister(core: CoreContext, instruction: Instruction): void {
  requirePrivilege(core);
  const value = readOperand(core, instruction, 1, moveBits(core));
  switch (registerOperand(instruction, 0).number) {
    case 0:
      writeCr0(core, value);
      break;
    case 2:
      core.cr2 = value;
      break;
    case 3:
      writeCr3(core, value);
      break;
    case 4:
      writeCr4(core, value);
      break;
    case 8:
      if (value > 15n) throw generalProtection();
      core.system.apic.taskPriority = Number(value) << 4;
      break;
    default:
      throw invalidOpcode();
  }
}

/** Bits that do not exist are ignored in the lower half; in the upper half they are #GP. ET stays 1. */
export function writeCr0(core: CoreContext, wide: bigint): void {
  if (wide >> 32n !== 0n) throw generalProtection();
  const value = (Number(wide) & CR0_DEFINED) | Cr0.et;
  const paging = (value & Cr0.pg) !== 0;
  const pagingChanges = ((value ^ core.cr0) & Cr0.pg) !== 0;
  if (paging && (value & Cr0.pe) === 0) throw generalProtection();
  if ((value & Cr0.nw) !== 0 && (value & Cr0.cd) === 0) throw generalProtection();
  if (!paging && (core.cr4 & Cr4.pcide) !== 0) throw generalProtection();
  if (pagingChanges && paging) checkPagingStart(core);
  if (pagingChanges && !paging && is64Bit(core)) throw generalProtection();
  const old = core.cr0;
  const efer = core.efer;
  if (pagingChanges && (efer & Efer.lme) !== 0) core.efer = paging ? efer | Efer.lma : efer & ~Efer.lma;
  core.cr0 = value;
  try {
    if (usesPdptes(core) && ((old ^ value) & (Cr0.pg | Cr0.cd | Cr0.nw)) !== 0) loadPdptes(core, core.cr3);
  } catch (error) {
    core.cr0 = old;
    core.efer = efer;
    throw error;
  }
  if (((old ^ value) & (Cr0.pg | Cr0.wp | Cr0.pe)) !== 0) core.flushTlb('all');
}

/** SDM 3A 9.8.5.1. */
function checkPagingStart(core: CoreContext): void {
  if ((core.efer & Efer.lme) === 0) return;
  const code = core.segment(Segment.cs).attributes;
  const busy16 = (core.segment(Segment.tr).attributes & 0x1d) === 1;
  if ((core.cr4 & Cr4.pae) === 0 || (code & Attribute.long) !== 0 || busy16) throw generalProtection();
}

export function writeCr3(core: CoreContext, value: bigint): void {
  let directory = value;
  if (isLongMode(core)) {
    // Bit 63 asks, with PCIDs, to keep the TLB's entries, which need not be done.
    if ((core.cr4 & Cr4.pcide) !== 0) directory &= ~(1n << 63n);
    if (directory >> BigInt(core.system.features.physicalAddressBits) !== 0n) throw generalProtection();
  }
  loadPageDirectory(core, directory);
}

export function writeCr4(core: CoreContext, wide: bigint): void {
  const value = Number(wide & 0xffff_ffffn);
  if (wide >> 32n !== 0n || (value & ~cr4Defined(core)) !== 0) throw generalProtection();
  const old = core.cr4;
  const changed = old ^ value;
  if (isLongMode(core) && ((value & Cr4.pae) === 0 || (changed & Cr4.la57) !== 0)) throw generalProtection();
  if ((changed & value & Cr4.pcide) !== 0 && (!isLongMode(core) || (core.cr3 & 0xfffn) !== 0n))
    throw generalProtection();
  core.cr4 = value;
  try {
    if (usesPdptes(core) && (changed & (Cr4.pae | Cr4.pge | Cr4.pse | Cr4.smep)) !== 0) loadPdptes(core, core.cr3);
  } catch (error) {
    core.cr4 = old;
    throw error;
  }
  const paging = Cr4.pse | Cr4.pae | Cr4.pge | Cr4.la57 | Cr4.pcide | Cr4.smep | Cr4.smap | Cr4.pke;
  if ((changed & paging) !== 0) core.flushTlb('all');
}

/** LMSW sets the low four bits of CR0; it cannot clear PE. */
export function lmsw(core: CoreContext, instruction: Instruction): void {
  requirePrivilege(core);
  const value = Number(readOperand(core, instruction, 0, 16)) & 15;
  writeCr0(core, BigInt(((core.cr0 & ~14) | value) >>> 0));
}

export function smsw(core: CoreContext, instruction: Instruction): void {
  requireDescriptorAccess(core);
  const value = BigInt(core.cr0 >>> 0);
  writeOperand(core, instruction, 0, isMemory(instruction, 0) ? 16 : instruction.operandSize, value);
}

/** UMIP forbids programs to look at descriptor registers and CR0 (SDM 3A 2.5). */
export function requireDescriptorAccess(core: CoreContext): void {
  if ((core.cr4 & Cr4.umip) !== 0 && core.cpl > 0) throw generalProtection();
}

export function clts(core: CoreContext): void {
  requirePrivilege(core);
  core.cr0 &= ~Cr0.ts;
}

export function xgetbv(core: CoreContext): void {
  if ((core.cr4 & Cr4.osxsave) === 0) throw invalidOpcode();
  const index = readEcx(core);
  if (index === 1 && core.system.features.has('XGETBV1')) writeEdxEax(core, BigInt(core.xcr0));
  else if (index === 0) writeEdxEax(core, BigInt(core.xcr0));
  else throw generalProtection();
}

export function xsetbv(core: CoreContext): void {
  if ((core.cr4 & Cr4.osxsave) === 0) throw invalidOpcode();
  requirePrivilege(core);
  const wide = readEdxEax(core);
  const value = Number(wide & 0xffff_ffffn);
  const avxWithoutSse = (value & Xcr0.avx) !== 0 && (value & Xcr0.sse) === 0;
  const unknown = (wide & ~BigInt(core.system.features.stateComponents)) !== 0n;
  if (readEcx(core) !== 0 || unknown || (value & Xcr0.x87) === 0 || avxWithoutSse) throw generalProtection();
  core.xcr0 = value;
}

export function rdpkru(core: CoreContext): void {
  requireProtectionKeys(core);
  writeEdxEax(core, BigInt(core.pkru >>> 0));
}

export function wrpkru(core: CoreContext): void {
  requireProtectionKeys(core);
  if (BigInt.asUintN(32, core.gpr[2] as bigint) !== 0n) throw generalProtection();
  core.pkru = Number(BigInt.asUintN(32, core.gpr[0] as bigint));
  core.flushTlb('all');
}

function requireProtectionKeys(core: CoreContext): void {
  if ((core.cr4 & Cr4.pke) === 0) throw invalidOpcode();
  if (readEcx(core) !== 0) throw generalProtection();
}

/** CLAC, STAC: EFLAGS.AC, at CPL 0 only. */
export function setAlignmentCheck(core: CoreContext, on: boolean): void {
  if (core.cpl > 0 || isVirtual8086(core)) throw invalidOpcode();
  core.rflags = on ? core.rflags | Rflags.ac : core.rflags & ~Rflags.ac;
}
