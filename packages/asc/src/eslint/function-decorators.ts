/**
 * TypeScript allows decorators on classes and their members only: one on a plain function is an error for tsc and for every tool built
 * on it. The parser has to be told to go on (`allowInvalidAST`) for this rule to say so.
 */
import { type GuestRule, guestRule } from './rule.ts';

export const noFunctionDecorators: GuestRule = guestRule(
  'forbid decorators on plain functions',
  'A decorator on a plain function breaks TypeScript tooling. Make it a static method of an @unmanaged class.',
  (context, report) => ({
    FunctionDeclaration(node) {
      const outer = node.parent.type === 'ExportNamedDeclaration' ? node.parent : node;
      // The decorator is not in the tree: it is what stands between the statement before and this one.
      const name = context.sourceCode.getTokenBefore(outer);
      const sign = name === null ? null : context.sourceCode.getTokenBefore(name);
      const first = context.sourceCode.getFirstToken(outer);
      if (sign?.value === '@' || first?.value === '@') report(node);
    },
  }),
);
