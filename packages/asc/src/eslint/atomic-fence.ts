/** `atomic.fence()` compiles to nothing at -O3. */
import { calleeName, type GuestRule, guestRule } from './rule.ts';

export const noAtomicFence: GuestRule = guestRule(
  'forbid atomic.fence(), which the optimiser removes',
  "atomic.fence() is lost at -O3. Use mfence() from '@drift-os/abi/assembly/generated/cpu', or an atomic read-modify-write.",
  (_context, report) => ({
    CallExpression(node) {
      if (calleeName(node) === 'atomic.fence') report(node);
    },
  }),
);
