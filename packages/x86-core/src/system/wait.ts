/** HLT, MONITOR, MWAIT and their user-level relatives: standing still until something happens (SDM 3A 9.10, SDM 2). */
import type { Instruction } from '../decode/instruction.ts';
import { linearAddress } from './address.ts';
import { type CoreContext, Segment, type SegmentNumber } from './core-context.ts';
import { CpuFault, generalProtection, invalidOpcode } from './cpu-fault.ts';
import { readEcx, registerOperand } from './operand.ts';
import { requirePrivilege } from './privilege.ts';
import { Rflags } from './register-bits.ts';

const LINE = 64n;

export function halt(core: CoreContext): void {
  requirePrivilege(core);
  core.system.monitored = undefined;
  core.system.activity = 'halted';
}

/** DS:RAX, or another segment. ECX holds extensions, of which there are none. */
export function monitor(core: CoreContext, instruction: Instruction): void {
  if (core.cpl !== 0) throw invalidOpcode();
  if (readEcx(core) !== 0) throw generalProtection();
  arm(core, instruction, BigInt.asUintN(instruction.addressSize, core.gpr[0] as bigint));
}

/** UMONITOR, at any level. */
export function userMonitor(core: CoreContext, instruction: Instruction): void {
  const { number } = registerOperand(instruction, 0);
  arm(core, instruction, BigInt.asUintN(instruction.addressSize, core.gpr[number] as bigint));
}

function arm(core: CoreContext, instruction: Instruction, offset: bigint): void {
  const segment = (instruction.segment?.number ?? Segment.ds) as SegmentNumber;
  const linear = linearAddress(core, segment, offset, 1, false) & ~(LINE - 1n);
  core.system.monitored = { linear, contents: core.readBytes(linear, Number(LINE), 'current').slice() };
}

/** ECX bit 0: interrupts end the wait even where IF masks them; they are then not taken. */
export function mwait(core: CoreContext): void {
  if (core.cpl !== 0) throw invalidOpcode();
  const extensions = readEcx(core);
  if ((extensions & ~1) !== 0) throw generalProtection();
  if (core.system.monitored === undefined || monitoredChanged(core)) {
    core.system.monitored = undefined;
    return;
  }
  core.system.monitorEnded = false;
  core.system.wakesMasked = (extensions & 1) !== 0;
  core.system.activity = 'halted';
}

/** UMWAIT, TPAUSE: the wait is over at once, as their time limit allows. CF tells that the operating system's limit was not what ended it. */
export function userWait(core: CoreContext, instruction: Instruction): void {
  const { number } = registerOperand(instruction, 0);
  if (((core.gpr[number] as bigint) & 0xffff_fffen) !== 0n) throw generalProtection();
  core.system.monitored = undefined;
  core.rflags &= ~(Rflags.cf | Rflags.of | Rflags.sf | Rflags.zf | Rflags.af | Rflags.pf);
}

/**
 * Whether the line that MONITOR armed has other contents than then; it cannot be read any more: also. A store of what was there already does not end a
 * wait here.
 */
export function monitoredChanged(core: CoreContext): boolean {
  const line = core.system.monitored;
  if (line === undefined) return false;
  try {
    const now = core.readBytes(line.linear, line.contents.length, 'supervisor');
    return now.some((byte, at) => byte !== line.contents[at]);
  } catch (error) {
    if (error instanceof CpuFault) return true;
    throw error;
  }
}
