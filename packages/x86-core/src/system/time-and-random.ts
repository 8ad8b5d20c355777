/** RDTSC, RDTSCP, RDPMC, RDPID, RDRAND, RDSEED (SDM 2; SDM 3B 18.17). */
import type { Instruction } from '../decode/instruction.ts';
import type { CoreContext } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { registerOperand, writeEdxEax, writeOperand, writeRegister } from './operand.ts';
import { Cr4, Rflags } from './register-bits.ts';

const RCX = 1;

export function rdtsc(core: CoreContext): void {
  if ((core.cr4 & Cr4.tsd) !== 0 && core.cpl > 0) throw generalProtection();
  writeEdxEax(core, core.system.timestamp);
}

export function rdtscp(core: CoreContext): void {
  rdtsc(core);
  core.gpr[RCX] = core.msr.tscAux & 0xffff_ffffn;
}

export function rdpid(core: CoreContext, instruction: Instruction): void {
  writeRegister(core, registerOperand(instruction, 0).number, 64, core.msr.tscAux & 0xffff_ffffn);
}

/** There is no architectural performance monitoring (CPUID leaf 0Ah is empty): no counter has a valid number. */
export function rdpmc(): void {
  throw generalProtection();
}

/** RDRAND, RDSEED always succeed. */
export function random(core: CoreContext, instruction: Instruction): void {
  writeOperand(core, instruction, 0, instruction.operandSize, core.random());
  const cleared = Rflags.of | Rflags.sf | Rflags.zf | Rflags.af | Rflags.pf;
  core.rflags = (core.rflags & ~cleared) | Rflags.cf;
}
