/** Debug registers, breakpoints and single step (SDM 3B 18.2, 18.3). */
import type { Instruction } from '../decode/instruction.ts';
import { type CoreContext, Segment } from './core-context.ts';
import { CpuFault, generalProtection, invalidOpcode, Vector } from './cpu-fault.ts';
import { is64Bit } from './mode.ts';
import { readOperand, registerOperand, writeOperand } from './operand.ts';
import { requirePrivilege } from './privilege.ts';
import { Cr4, Dr6, Dr7, Rflags } from './register-bits.ts';

const DR6_FIXED = 0xffff_0ff0n;
const DR6_WRITABLE = 0xe00fn;
const DR7_FIXED = 0x400n;
const DR7_WRITABLE = 0xffff_23ffn;

/** What a breakpoint watches: R/W bits of DR7. */
export type BreakpointKind = 'execute' | 'write' | 'io' | 'access';
const kinds: readonly BreakpointKind[] = ['execute', 'write', 'io', 'access'];
/** LEN bits of DR7. */
const lengths = [1, 2, 8, 4] as const;

/** DR4 and DR5 stand for DR6 and DR7 while CR4.DE is clear; any access is #DB while GD is set. */
function register(core: CoreContext, number: number): number {
  if ((number === 4 || number === 5) && (core.cr4 & Cr4.de) !== 0) throw invalidOpcode();
  if (number > 7) throw invalidOpcode();
  requirePrivilege(core);
  if (((core.debug[7] as bigint) & BigInt(Dr7.gd)) !== 0n) {
    core.debug[6] = (core.debug[6] as bigint) | BigInt(Dr6.bd);
    core.debug[7] = (core.debug[7] as bigint) & ~BigInt(Dr7.gd);
    throw new CpuFault(Vector.debug);
  }
  return number === 4 || number === 5 ? number + 2 : number;
}

export function readDebugRegister(core: CoreContext, instruction: Instruction): void {
  const number = register(core, registerOperand(instruction, 1).number);
  writeOperand(core, instruction, 0, is64Bit(core) ? 64 : 32, core.debug[number] as bigint);
}

export function writeDebugRegister(core: CoreContext, instruction: Instruction): void {
  const number = register(core, registerOperand(instruction, 0).number);
  const value = readOperand(core, instruction, 1, is64Bit(core) ? 64 : 32);
  if (number < 4) {
    core.debug[number] = value;
    return;
  }
  if (value >> 32n !== 0n) throw generalProtection();
  core.debug[number] = number === 6 ? (value & DR6_WRITABLE) | DR6_FIXED : (value & DR7_WRITABLE) | DR7_FIXED;
}

export function resetDebugRegisters(core: CoreContext): void {
  core.debug.fill(0n);
  core.debug[6] = BigInt(Dr6.reset);
  core.debug[7] = BigInt(Dr7.reset);
}

/** Whether a breakpoint of this kind is enabled: whoever accesses memory, ports or code need not ask further where there is none. */
export function hasBreakpoints(core: CoreContext, kind: BreakpointKind): boolean {
  const control = Number(core.debug[7]);
  if ((control & 0xff) === 0) return false;
  for (let number = 0; number < 4; number++) {
    if (((control >> (number * 2)) & 3) !== 0 && kinds[(control >> (16 + number * 4)) & 3] === kind) return true;
  }
  return false;
}

/** Bits for DR6 of the breakpoints of these kinds that `bytes` bytes at an address touch, enabled or not; 0 where no enabled one does. */
function hits(core: CoreContext, address: bigint, bytes: number, wanted: readonly BreakpointKind[]): number {
  const control = Number(core.debug[7]);
  let status = 0;
  let enabled = false;
  for (let number = 0; number < 4; number++) {
    const kind = kinds[(control >> (16 + number * 4)) & 3] as BreakpointKind;
    if (!wanted.includes(kind)) continue;
    const length = BigInt(lengths[(control >> (18 + number * 4)) & 3] as number);
    const start = (core.debug[number] as bigint) & ~(length - 1n);
    if (address + BigInt(bytes) <= start || address >= start + length) continue;
    status |= 1 << number;
    if (((control >> (number * 2)) & 3) !== 0) enabled = true;
  }
  return enabled ? status : 0;
}

/** Called for memory accesses while data breakpoints are enabled; the trap follows the instruction. */
export function watchData(core: CoreContext, linear: bigint, bytes: number, write: boolean): void {
  core.system.pendingDebug |= hits(core, linear, bytes, write ? ['write', 'access'] : ['access']);
}

/** I/O breakpoints, where CR4.DE lets them be. */
export function watchPort(core: CoreContext, port: number, bytes: number): void {
  if ((core.cr4 & Cr4.de) === 0 || !hasBreakpoints(core, 'io')) return;
  core.system.pendingDebug |= hits(core, BigInt(port), bytes, ['io']);
}

/** The linear address of the instruction at RIP. */
function instructionAddress(core: CoreContext): bigint {
  if (is64Bit(core)) return core.rip;
  return BigInt.asUintN(32, core.segment(Segment.cs).base + core.rip);
}

/** Whether instructions must be run one at a time, between beforeInstruction and afterInstruction. */
export function needsStepping(core: CoreContext): boolean {
  const { system } = core;
  if ((core.rflags & (Rflags.tf | Rflags.rf)) !== 0 || system.debugInhibited || system.pendingDebug !== 0) return true;
  return ((core.debug[7] as bigint) & 0xffn) !== 0n;
}

/**
 * @throws CpuFault #DB for an instruction breakpoint at RIP, which RF passes over (SDM 3B 18.3.1.1), and for a task whose TSS has the T flag, before its
 * first instruction (SDM 3B 18.3.1.5).
 */
export function beforeInstruction(core: CoreContext): void {
  const { system } = core;
  system.stepTraps = undefined;
  if ((system.pendingDebug & Dr6.bt) !== 0) raisePending(core, 0);
  if ((core.rflags & Rflags.rf) !== 0 || core.system.debugInhibited || !hasBreakpoints(core, 'execute')) return;
  const status = hits(core, instructionAddress(core), 1, ['execute']);
  if (status === 0) return;
  core.debug[6] = ((core.debug[6] as bigint) & ~15n) | BigInt(status);
  throw new CpuFault(Vector.debug);
}

/**
 * To be called when an instruction has completed that began with these flags. RF ends with it; #DB follows for single step and for breakpoints that it
 * touched, unless it was MOV SS or POP SS, after which they wait for one more (SDM 3A 6.8.3). POPF and IRET that set TF trap after their successor.
 * @throws CpuFault #DB, a trap: RIP is behind the instruction.
 */
export function afterInstruction(core: CoreContext, flagsBefore: number): void {
  const { system } = core;
  if ((flagsBefore & Rflags.rf) !== 0) core.rflags &= ~Rflags.rf;
  if (system.debugInhibited && system.inhibitedAt === core.rip) return;
  system.debugInhibited = false;
  const stepped = system.stepTraps ?? (flagsBefore & Rflags.tf) !== 0;
  if (stepped || system.pendingDebug !== 0) raisePending(core, stepped ? Dr6.bs : 0);
}

function raisePending(core: CoreContext, more: number): never {
  const status = core.system.pendingDebug | more;
  core.system.pendingDebug = 0;
  core.debug[6] = ((core.debug[6] as bigint) & ~15n) | BigInt(status);
  throw new CpuFault(Vector.debug);
}
