/** The address of a string is that of UTF-16 text behind a header, not of bytes. */
import type { TSESTree } from '@typescript-eslint/utils';
import { calleeName, type GuestRule, guestRule } from './rule.ts';

const CASTS = new Set(['changetype', 'load', 'store', 'memory.copy', 'memory.compare']);

export const noStringData: GuestRule = guestRule(
  'forbid string literals where memory is meant',
  'A string is UTF-16 text behind a header. For bytes use memory.data<u8>([...]); to print, use print().',
  (_context, report) => ({
    CallExpression(node) {
      if (!CASTS.has(calleeName(node) ?? '')) return;
      for (const argument of node.arguments) if (isText(argument)) report(argument);
    },
  }),
);

function isText(node: TSESTree.Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
}
