/** INVLPG, INVPCID (SDM 3A 4.10.4.1). */
import type { Instruction } from '../decode/instruction.ts';
import { linearAddress } from './address.ts';
import { type CoreContext } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { is64Bit, isCanonical, isVirtual8086 } from './mode.ts';
import { effectiveAddress, readMemory, readOperand } from './operand.ts';
import { requirePrivilege } from './privilege.ts';
import { Cr4 } from './register-bits.ts';

/** An address that is not canonical does nothing. The segment's limit does not matter. */
export function invlpg(core: CoreContext, instruction: Instruction): void {
  requirePrivilege(core);
  const { segment, offset } = effectiveAddress(core, instruction, 0);
  const { base } = core.segment(segment);
  const long = is64Bit(core);
  const linear = BigInt.asUintN(long ? 64 : 32, (long && segment < 4 ? 0n : base) + offset);
  if (isCanonical(core, linear)) core.flushTlb(linear);
}

export function invpcid(core: CoreContext, instruction: Instruction): void {
  if (isVirtual8086(core)) throw generalProtection();
  requirePrivilege(core);
  const type = readOperand(core, instruction, 0, is64Bit(core) ? 64 : 32);
  const address = effectiveAddress(core, instruction, 1);
  linearAddress(core, address.segment, address.offset, 16, false);
  const process = readMemory(core, address, 8);
  const linear = readMemory(core, address, 8, 8);
  const oneProcess = type < 2n;
  if (type > 3n || (oneProcess && process >> 12n !== 0n)) throw generalProtection();
  if (oneProcess && process !== 0n && (core.cr4 & Cr4.pcide) === 0) throw generalProtection();
  if (type === 0n && !isCanonical(core, linear)) throw generalProtection();
  // Entries are not kept by process: what one of them loses, all lose.
  core.flushTlb(type === 0n ? linear : type === 2n ? 'all' : 'nonGlobal');
}
