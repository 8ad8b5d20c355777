/** SYSCALL, SYSRET, SYSENTER, SYSEXIT as Intel's processors have them; SWAPGS; the segment base instructions (SDM 3A 5.8.7, 5.8.8; SDM 2). */
import type { Instruction } from '../decode/instruction.ts';
import { type CoreContext, Segment } from './core-context.ts';
import { generalProtection, invalidOpcode } from './cpu-fault.ts';
import { is64Bit, isCanonical, isLongMode, isRealMode } from './mode.ts';
import { readOperand, writeOperand } from './operand.ts';
import { requirePrivilege } from './privilege.ts';
import { Cr4, Efer, Rflags, RFLAGS_DEFINED } from './register-bits.ts';
import { writeSegmentBase } from './msr.ts';

const RCX = 1;
const RDX = 2;
const RSP = 4;
const R11 = 11;

const code32 = 0xc09b;
const code64 = 0xa09b;
const data32 = 0xc093;

/** A flat segment that no descriptor was read for. */
function loadFlat(core: CoreContext, number: 1 | 2, selector: number, attributes: number, privilege: number): void {
  core.setSegment(number, { selector, base: 0n, limit: 0xffff_ffff, attributes: attributes | (privilege << 5) });
}

function requireSystemCall(core: CoreContext): void {
  if (!is64Bit(core) || (core.efer & Efer.sce) === 0) throw invalidOpcode();
}

export function syscall(core: CoreContext): void {
  requireSystemCall(core);
  const selector = Number((core.msr.star >> 32n) & 0xfffcn);
  core.gpr[RCX] = core.rip;
  core.gpr[R11] = BigInt(core.rflags & ~Rflags.rf);
  core.rflags = (core.rflags & ~Number(core.msr.sfmask) & ~Rflags.rf) | Rflags.fixed;
  core.cpl = 0;
  loadFlat(core, Segment.cs, selector, code64, 0);
  loadFlat(core, Segment.ss, selector + 8, data32, 0);
  core.rip = core.msr.lstar;
  core.system.stepTraps = (core.rflags & Rflags.tf) !== 0;
}

/** `wide`: to 64-bit mode; else to compatibility mode. */
export function sysret(core: CoreContext, wide: boolean): void {
  requireSystemCall(core);
  requirePrivilege(core);
  const target = core.gpr[RCX] as bigint;
  if (wide && !isCanonical(core, target)) throw generalProtection();
  const base = Number((core.msr.star >> 48n) & 0xffffn);
  const writable = RFLAGS_DEFINED & ~(Rflags.rf | Rflags.vm);
  core.rflags = (Number((core.gpr[R11] as bigint) & 0x3f_ffffn) & writable) | Rflags.fixed;
  core.cpl = 3;
  loadFlat(core, Segment.cs, (wide ? base + 16 : base) | 3, wide ? code64 : code32, 3);
  loadFlat(core, Segment.ss, (base + 8) | 3, data32, 3);
  core.rip = wide ? target : BigInt.asUintN(32, target);
  core.system.stepTraps = (core.rflags & Rflags.tf) !== 0;
}

export function sysenter(core: CoreContext): void {
  const selector = Number(core.msr.sysenterCs & 0xfffcn);
  if (isRealMode(core) || selector === 0) throw generalProtection();
  const long = isLongMode(core);
  core.rflags &= ~(Rflags.vm | Rflags.if | Rflags.rf);
  core.cpl = 0;
  loadFlat(core, Segment.cs, selector, long ? code64 : code32, 0);
  loadFlat(core, Segment.ss, selector + 8, data32, 0);
  const bits = long ? 64 : 32;
  core.gpr[RSP] = BigInt.asUintN(bits, core.msr.sysenterEsp);
  core.rip = BigInt.asUintN(bits, core.msr.sysenterEip);
}

export function sysexit(core: CoreContext, wide: boolean): void {
  const selector = Number(core.msr.sysenterCs & 0xfffcn);
  if (isRealMode(core) || selector === 0 || core.cpl !== 0) throw generalProtection();
  const target = core.gpr[RDX] as bigint;
  const stack = core.gpr[RCX] as bigint;
  if (wide && !(isCanonical(core, target) && isCanonical(core, stack))) throw generalProtection();
  core.cpl = 3;
  loadFlat(core, Segment.cs, (selector + (wide ? 32 : 16)) | 3, wide ? code64 : code32, 3);
  loadFlat(core, Segment.ss, (selector + (wide ? 40 : 24)) | 3, data32, 3);
  const bits = wide ? 64 : 32;
  core.gpr[RSP] = BigInt.asUintN(bits, stack);
  core.rip = BigInt.asUintN(bits, target);
}

export function swapgs(core: CoreContext): void {
  if (!is64Bit(core)) throw invalidOpcode();
  requirePrivilege(core);
  const gs = core.segment(Segment.gs);
  const base = core.msr.kernelGsBase;
  core.msr.kernelGsBase = gs.base;
  core.setSegment(Segment.gs, { ...gs, base });
}

function requireSegmentBases(core: CoreContext): void {
  if (!is64Bit(core) || (core.cr4 & Cr4.fsgsbase) === 0) throw invalidOpcode();
}

export function readSegmentBase(core: CoreContext, instruction: Instruction, number: 4 | 5): void {
  requireSegmentBases(core);
  writeOperand(core, instruction, 0, instruction.operandSize, core.segment(number).base);
}

export function moveToSegmentBase(core: CoreContext, instruction: Instruction, number: 4 | 5): void {
  requireSegmentBases(core);
  writeSegmentBase(core, number, readOperand(core, instruction, 0, instruction.operandSize));
}
