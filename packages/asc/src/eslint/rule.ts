/** What the rules have in common: how a rule is declared, and small questions about syntax trees. */
import type { TSESLint, TSESTree } from '@typescript-eslint/utils';

export type GuestRule = Omit<TSESLint.RuleModule<string, readonly unknown[]>, 'defaultOptions'>;
export type Context = TSESLint.RuleContext<string, readonly unknown[]>;
export type Listener = TSESLint.RuleListener;

/** A rule with one message and no options, unless it brings a schema. */
export function guestRule(
  description: string,
  message: string,
  create: (context: Context, report: (node: TSESTree.Node) => void) => Listener,
): GuestRule {
  return {
    meta: { type: 'problem', docs: { description }, schema: [], messages: { trap: message } },
    create: (context) => create(context, (node) => context.report({ node, messageId: 'trap' })),
  };
}

/** `name` or `object.name` of the function that a call calls; undefined for anything more involved. */
export function calleeName(call: TSESTree.CallExpression): string | undefined {
  const { callee } = call;
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type !== 'MemberExpression' || callee.computed) return undefined;
  if (callee.object.type !== 'Identifier' || callee.property.type !== 'Identifier') return undefined;
  return `${callee.object.name}.${callee.property.name}`;
}

/** Whether a class or a member carries the decorator `@name`. */
export function hasDecorator(decorators: readonly TSESTree.Decorator[], name: string): boolean {
  return decorators.some(({ expression }) => expression.type === 'Identifier' && expression.name === name);
}
