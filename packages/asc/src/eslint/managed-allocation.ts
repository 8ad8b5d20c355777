/** Kernels have no garbage collector: whatever allocates a managed object leaks it. */
import type { TSESTree } from '@typescript-eslint/utils';
import { calleeName, type GuestRule, guestRule } from './rule.ts';

export const noManagedAllocation: GuestRule = guestRule(
  'forbid expressions that allocate managed objects',
  'This allocates a managed object, and nothing collects it. Use memory.data, or pages of the ledger.',
  (_context, report) => ({
    NewExpression: report,
    ObjectExpression: report,
    TemplateLiteral: report,
    ArrayExpression(node) {
      const { parent } = node;
      if (parent.type === 'CallExpression' && calleeName(parent) === 'memory.data') return;
      report(node);
    },
    BinaryExpression(node) {
      if (node.operator === '+' && (isString(node.left) || isString(node.right))) report(node);
    },
  }),
);

function isString(node: TSESTree.Node): boolean {
  return node.type === 'Literal' && typeof node.value === 'string';
}
