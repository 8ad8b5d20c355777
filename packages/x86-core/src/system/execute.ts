/** Carrying out one instruction in TypeScript, its exception included. */
import type { Instruction } from '../decode/instruction.ts';
import { assists } from './assists.ts';
import type { CoreContext } from './core-context.ts';
import { CpuFault } from './cpu-fault.ts';
import { deliverFault } from './exception-delivery.ts';

/**
 * Carries out the instruction at RIP. A fault is delivered, with RIP at the instruction, or where a task switch put it.
 * @returns whether the instruction completed; false: an exception was delivered.
 */
export function executeAssist(core: CoreContext, instruction: Instruction): boolean {
  const start = core.rip;
  core.rip = BigInt.asUintN(instruction.mode === 64 ? 64 : 32, start + BigInt(instruction.length));
  try {
    const assist = assists.get(instruction.row.mnemonic);
    if (assist === undefined) throw new Error(`No assist for ${instruction.row.text}`);
    assist(core, instruction);
    return true;
  } catch (error) {
    if (!(error instanceof CpuFault)) throw error;
    if (!error.committed) core.rip = start;
    deliverFault(core, error);
    return false;
  }
}
