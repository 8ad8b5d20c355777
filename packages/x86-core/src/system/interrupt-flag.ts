/** CLI and STI (SDM 2; virtual interrupts of VME and PVI are not offered). */
import type { CoreContext } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { iopl, isRealMode } from './mode.ts';
import { Rflags } from './register-bits.ts';

function requireIopl(core: CoreContext): void {
  if (!isRealMode(core) && core.cpl > iopl(core)) throw generalProtection();
}

export function cli(core: CoreContext): void {
  requireIopl(core);
  core.rflags &= ~Rflags.if;
}

/** Interrupts are taken behind the next instruction, where they were masked before. */
export function sti(core: CoreContext): void {
  requireIopl(core);
  if ((core.rflags & Rflags.if) === 0) core.inhibitNext();
  core.rflags |= Rflags.if;
}
