/** A function in guest code is a table index; it has no environment. */
import type { TSESTree } from '@typescript-eslint/utils';
import { type Context, type GuestRule, guestRule } from './rule.ts';

type FunctionNode = TSESTree.ArrowFunctionExpression | TSESTree.FunctionExpression | TSESTree.FunctionDeclaration;

export const noClosures: GuestRule = guestRule(
  'forbid functions that use variables of the function around them',
  'AssemblyScript has no closures: this function uses a variable of the function around it. Pass it as an argument.',
  (context, report) => {
    const check = (node: FunctionNode): void => {
      if (captures(context, node)) report(node);
    };
    return { ArrowFunctionExpression: check, FunctionExpression: check, FunctionDeclaration: check };
  },
);

/** Whether a free variable of `node` is declared in a function outside of it. */
function captures(context: Context, node: FunctionNode): boolean {
  return context.sourceCode.getScope(node).through.some(({ resolved, isTypeReference }) => {
    if (resolved === null || isTypeReference) return false;
    const kind: string = resolved.scope.variableScope.type;
    return kind === 'function';
  });
}
