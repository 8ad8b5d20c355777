/**
 * A plain load may be moved, merged or left out by the optimiser, so memory that another core or a device changes is reached through
 * `atomic.load`/`atomic.store` or the `cpu` intrinsics (`load32`, `store32`, ...). What is shared cannot be told from an address;
 * it is told here by
 *  - `@shared` in a comment at the head of a file, or directly before a class or function: everything inside is;
 *  - constants that come from a layout of shared memory (option `layouts`: module names): an address made with one is.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import { calleeName, type Context, type GuestRule } from './rule.ts';

const PLAIN = new Set(['load', 'store', 'v128.load', 'v128.store', 'memory.copy', 'memory.fill', 'memory.compare']);

interface Options {
  readonly layouts?: readonly string[];
}

export const noPlainSharedAccess: GuestRule = {
  meta: {
    type: 'problem',
    docs: { description: 'forbid plain loads and stores on memory that is shared with other cores or devices' },
    schema: [
      {
        type: 'object',
        properties: { layouts: { type: 'array', items: { type: 'string' } } },
        additionalProperties: false,
      },
    ],
    messages: {
      trap: 'Plain accesses may be moved or removed, and this memory is shared. Use atomic.load/store or a cpu intrinsic.',
    },
  },
  create(context) {
    const layouts = new Set((context.options[0] as Options | undefined)?.layouts);
    const constants = new Set<string>();
    const fileIsShared = headIsShared(context);
    return {
      ImportDeclaration(node) {
        if (!layouts.has(node.source.value)) return;
        for (const specifier of node.specifiers) constants.add(specifier.local.name);
      },
      CallExpression(node) {
        if (!PLAIN.has(calleeName(node) ?? '')) return;
        const address = node.arguments.some((argument) => mentions(context, argument, constants));
        if (fileIsShared || address || isInsideShared(context, node)) context.report({ node, messageId: 'trap' });
      },
    };
  },
};

/** Whether the comment at the head of the file, the first one and not directly before a declaration, carries the tag. */
function headIsShared(context: Context): boolean {
  const [first] = context.sourceCode.ast.body;
  const [head] = context.sourceCode.getAllComments();
  if (head === undefined || !isTag(head)) return false;
  return first === undefined || first.type === 'ImportDeclaration' || first.loc.start.line > head.loc.end.line + 1;
}

function isInsideShared(context: Context, node: TSESTree.Node): boolean {
  for (let at: TSESTree.Node | null | undefined = node; at; at = at.parent) {
    if (at.type !== 'ClassDeclaration' && at.type !== 'FunctionDeclaration' && at.type !== 'MethodDefinition') continue;
    const outer = at.parent.type === 'ExportNamedDeclaration' ? at.parent : at;
    const [decorator] = at.type === 'FunctionDeclaration' ? [] : at.decorators;
    const before = context.sourceCode.getCommentsBefore(decorator ?? outer);
    if ([...before, ...context.sourceCode.getCommentsBefore(outer)].some(isTag)) return true;
  }
  return false;
}

function isTag(comment: TSESTree.Comment): boolean {
  return /(^|\s)@shared\b/.test(comment.value);
}

/** Whether one of the identifiers is anywhere in an expression. */
function mentions(context: Context, node: TSESTree.Node, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  return context.sourceCode.getTokens(node).some((token) => token.type === 'Identifier' && names.has(token.value));
}
