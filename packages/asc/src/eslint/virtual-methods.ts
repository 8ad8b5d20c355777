/**
 * Methods of `@unmanaged` classes are not dispatched at run time: there is no header to tell the class by, so an overridden method is
 * called as the static type says, or the module does not compile. Extending a class is fine as long as nothing is overridden;
 * `noImplicitOverride` makes tsc ask for the `override` that this rule sees.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import { type GuestRule, guestRule, hasDecorator } from './rule.ts';

export const noVirtualMethods: GuestRule = guestRule(
  'forbid overriding, abstract classes and interfaces on @unmanaged classes',
  'Methods of @unmanaged classes cannot be virtual. Keep a table of functions (`fn.index`, call_indirect) instead.',
  (_context, report) => ({
    ClassDeclaration(node) {
      if (!hasDecorator(node.decorators, 'unmanaged')) return;
      if (node.abstract || node.implements.length > 0) report(node);
      for (const member of node.body.body) if (isVirtual(member)) report(member);
    },
  }),
);

function isVirtual(member: TSESTree.ClassElement): boolean {
  if (member.type === 'TSAbstractMethodDefinition') return true;
  return member.type === 'MethodDefinition' && member.override;
}
