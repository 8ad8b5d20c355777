/** RDMSR and WRMSR: which model-specific registers there are, and what may be written to them (SDM 4 chapter 2). */
import { readApicMsr, writeApicMsr } from '../apic/apic-registers.ts';
import { type CoreContext, Segment, type SegmentNumber, type SystemCallMsrs } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { isCanonical } from './mode.ts';
import { isMtrr, readMtrr, writeMtrr } from './mtrr.ts';
import { readEcx, readEdxEax, writeEdxEax } from './operand.ts';
import { requirePrivilege } from './privilege.ts';
import { Cr0, Efer } from './register-bits.ts';

export function rdmsr(core: CoreContext): void {
  requirePrivilege(core);
  const address = readEcx(core);
  const value = readMsr(core, address);
  if (value === undefined) {
    report(core, address, 'read', 0n);
    throw generalProtection();
  }
  writeEdxEax(core, value);
}

/** A value that a register does not take is #GP without a report. */
export function wrmsr(core: CoreContext): void {
  requirePrivilege(core);
  const address = readEcx(core);
  const value = readEdxEax(core);
  if (writeMsr(core, address, value)) return;
  report(core, address, 'write', value);
  throw generalProtection();
}

function report(core: CoreContext, address: number, access: 'read' | 'write', value: bigint): void {
  const key = `${access} ${address}`;
  if (core.system.reportedMsrs.has(key)) return;
  core.system.reportedMsrs.add(key);
  core.events.unknownMsr({ address, access, value });
}

const TSC = 0x10;
const TSC_ADJUST = 0x3b;
const APIC_BASE = 0x1b;
const SPEC_CTRL = 0x48;
const PRED_CMD = 0x49;
const TSC_DEADLINE = 0x6e0;
const EFER = 0xc000_0080;

/**
 * Registers that only say what they say. 10Ah: the processor speculates nothing, so none of the known leaks exists, and IBRS, which there is then nothing for to
 * do, may be on all the time; without that bit systems replace every indirect branch by a return that no processor foretells.
 */
const readOnly: ReadonlyMap<number, bigint> = new Map([
  [0x17, 0n], // IA32_PLATFORM_ID
  [0x3a, 1n], // IA32_FEATURE_CONTROL: locked, nothing enabled
  [0x8b, 1n << 32n], // IA32_BIOS_SIGN_ID: microcode revision 1
  [0x10a, 0xd10_e17bn], // IA32_ARCH_CAPABILITIES
  [0x179, 0n], // IA32_MCG_CAP: no banks
  [0x198, 0n], // IA32_PERF_STATUS
]);

/** Registers that are remembered and mean nothing here, with their values after reset. */
const remembered: ReadonlyMap<number, bigint> = new Map([
  [0x79, 0n], // IA32_BIOS_UPDT_TRIG
  [0xe1, 0n], // IA32_UMWAIT_CONTROL
  [0x17a, 0n], // IA32_MCG_STATUS
  [0x1a0, 0x4_1801n], // IA32_MISC_ENABLE: fast strings, MONITOR; no branch trace, no precise events
  [0x1d9, 0n], // IA32_DEBUGCTL
  [0x277, 0x0007_0406_0007_0406n], // IA32_PAT
]);

type CallMsr = readonly [name: keyof SystemCallMsrs, kind: 'any' | 'canonical' | '32 bits'];

const callMsrs: ReadonlyMap<number, CallMsr> = new Map<number, CallMsr>([
  [0x174, ['sysenterCs', 'any']],
  [0x175, ['sysenterEsp', 'canonical']],
  [0x176, ['sysenterEip', 'canonical']],
  [0xc000_0081, ['star', 'any']],
  [0xc000_0082, ['lstar', 'canonical']],
  [0xc000_0083, ['cstar', 'canonical']],
  [0xc000_0084, ['sfmask', '32 bits']],
  [0xc000_0102, ['kernelGsBase', 'canonical']],
  [0xc000_0103, ['tscAux', '32 bits']],
]);

const segmentBases: ReadonlyMap<number, SegmentNumber> = new Map<number, SegmentNumber>([
  [0xc000_0100, Segment.fs],
  [0xc000_0101, Segment.gs],
]);

function isX2ApicMsr(address: number): boolean {
  return address >= 0x800 && address < 0x900;
}

/** @returns undefined: #GP. */
export function readMsr(core: CoreContext, address: number): bigint | undefined {
  const { system } = core;
  const call = callMsrs.get(address);
  if (call !== undefined) return core.msr[call[0]];
  const base = segmentBases.get(address);
  if (base !== undefined) return core.segment(base).base;
  if (isX2ApicMsr(address)) return readApicMsr(system.apic, address);
  if (isMtrr(address)) return readMtrr(system.msrs, address);
  switch (address) {
    case TSC:
      return system.timestamp;
    case TSC_ADJUST:
      return system.features.has('TSC_ADJUST') ? system.timestampOffset : undefined;
    case APIC_BASE:
      return system.apic.base;
    case TSC_DEADLINE:
      return system.features.has('TSC_DEADLINE') ? system.apic.timer.timestampDeadline : undefined;
    case SPEC_CTRL:
      return system.features.has('IBRS_IBPB') ? (system.msrs.get(address) ?? 0n) : undefined;
    case EFER:
      return BigInt(core.efer >>> 0);
    default:
      return readOnly.get(address) ?? system.msrs.get(address) ?? remembered.get(address);
  }
}

/** @returns false: no such register. @throws CpuFault #GP(0) for a value that it does not take. */
export function writeMsr(core: CoreContext, address: number, value: bigint): boolean {
  const { system } = core;
  const call = callMsrs.get(address);
  if (call !== undefined) writeCallMsr(core, call, value);
  else if (segmentBases.has(address)) writeSegmentBase(core, segmentBases.get(address) as SegmentNumber, value);
  else if (isX2ApicMsr(address)) return writeApicMsr(system.apic, address, value);
  else if (isMtrr(address)) writeMtrr(system.msrs, address, value);
  else if (address === TSC) system.timestamp = value;
  // What writes to either register have added to the counter (SDM 3B 18.17.3).
  else if (address === TSC_ADJUST && system.features.has('TSC_ADJUST')) system.timestampOffset = value;
  else if (address === EFER) writeEfer(core, value);
  else if (address === APIC_BASE) {
    if (!system.apic.setBase(value, system.features.physicalAddressBits)) throw generalProtection();
    core.flushTlb('all');
  } else if (address === TSC_DEADLINE && system.features.has('TSC_DEADLINE')) {
    system.apic.timer.timestampDeadline = value;
    system.apic.timerChanged();
  } else if (remembered.has(address)) {
    if (address === 0x277 && !isPat(value)) throw generalProtection();
    system.msrs.set(address, value);
  } else if (address === SPEC_CTRL && system.features.has('IBRS_IBPB')) {
    if ((value & ~(system.features.has('STIBP') ? 3n : 1n)) !== 0n) throw generalProtection();
    system.msrs.set(address, value);
  } else if (address === PRED_CMD && system.features.has('IBRS_IBPB')) {
    // A barrier for predictions, of which there are none.
    if ((value & ~1n) !== 0n) throw generalProtection();
  } else if (address === 0x8b) {
    // Writing 0 before CPUID is how the revision is asked for.
  } else return false;
  return true;
}

function writeCallMsr(core: CoreContext, [name, kind]: CallMsr, value: bigint): void {
  if (kind === 'canonical' && !isCanonical(core, value)) throw generalProtection();
  if (kind === '32 bits' && value >> 32n !== 0n) throw generalProtection();
  core.msr[name] = value;
}

/** Also WRFSBASE and WRGSBASE. */
export function writeSegmentBase(core: CoreContext, number: SegmentNumber, base: bigint): void {
  if (!isCanonical(core, base)) throw generalProtection();
  core.setSegment(number, { ...core.segment(number), base });
}

function isPat(value: bigint): boolean {
  for (let at = 0n; at < 64n; at += 8n) if (![0n, 1n, 4n, 5n, 6n, 7n].includes((value >> at) & 0xffn)) return false;
  return true;
}

function writeEfer(core: CoreContext, value: bigint): void {
  const { features } = core.system;
  const defined = (features.has('SYSCALL') ? Efer.sce : 0) | Efer.lme | Efer.lma | (features.has('NX') ? Efer.nxe : 0);
  if ((value & ~BigInt(defined)) !== 0n) throw generalProtection();
  const next = (Number(value) & ~Efer.lma) | (core.efer & Efer.lma);
  if ((core.cr0 & Cr0.pg) !== 0 && ((next ^ core.efer) & Efer.lme) !== 0) throw generalProtection();
  core.efer = next;
  core.flushTlb('all');
}
