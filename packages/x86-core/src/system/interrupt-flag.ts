/** CLI, STI, PUSHF and POPF where the current level may not use them: virtual interrupt flags (VME, PVI) are not offered. */
import { generalProtection } from './cpu-fault.ts';

/** Outside of these cases the instructions are not TypeScript's (semantics/instructions/flag-control.ts). */
export function forbidden(): void {
  throw generalProtection();
}
