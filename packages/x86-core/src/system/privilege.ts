/** The check of instructions that are for the operating system alone (SDM 3A 5.9). */
import type { CoreContext } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';

/** Virtual-8086 mode runs at CPL 3. @throws CpuFault #GP(0) */
export function requirePrivilege(core: CoreContext): void {
  if (core.cpl !== 0) throw generalProtection();
}
