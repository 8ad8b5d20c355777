/** INT n, INT3, INTO, INT1 (SDM 2 INT n). RIP is behind the instruction: it is what is pushed. */
import type { CoreContext } from './core-context.ts';
import { CpuFault, generalProtection, Vector } from './cpu-fault.ts';
import { deliver } from './interrupt-delivery.ts';
import { softwareEvent } from './interrupt-event.ts';
import { iopl, isVirtual8086 } from './mode.ts';
import { Rflags } from './register-bits.ts';

export function interrupt(core: CoreContext, vector: number): void {
  if (isVirtual8086(core) && iopl(core) < 3) throw generalProtection();
  deliver(core, softwareEvent(vector));
}

export function breakpoint(core: CoreContext): void {
  deliver(core, softwareEvent(Vector.breakpoint));
}

export function overflow(core: CoreContext): void {
  if ((core.rflags & Rflags.of) !== 0) deliver(core, softwareEvent(Vector.overflow));
}

/** A #DB that no gate's DPL stops; DR6 stays. What fails on the way has EXT set (SDM 3A 6.13). */
export function debugTrap(core: CoreContext): void {
  try {
    deliver(core, { vector: Vector.debug, source: 'privileged', errorCode: undefined, resumes: false });
  } catch (error) {
    throw error instanceof CpuFault ? error.external() : error;
  }
}
