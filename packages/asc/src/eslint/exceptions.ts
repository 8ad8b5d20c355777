/** There is nothing that could catch: a throw aborts the module. */
import { type GuestRule, guestRule } from './rule.ts';

export const noExceptions: GuestRule = guestRule(
  'forbid throw and try',
  'Guest code has no exceptions. Return a status, or panic with a sentence.',
  (_context, report) => ({ ThrowStatement: report, TryStatement: report }),
);
