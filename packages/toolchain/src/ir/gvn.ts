/** Global value numbering: a pure value that a dominating block has computed already is not computed again. */
import { immediateDominators } from './dominators.ts';
import { type Block, current, type Graph, type Value } from './graph.ts';
import * as op from './op.ts';
import { resolveReplacements } from './simplify.ts';

export function numberValues(graph: Graph): void {
  const dominators = immediateDominators(graph);
  const children = new Map<Block, Block[]>();
  for (const [block, dominator] of dominators) {
    const list = children.get(dominator);
    if (list === undefined) children.set(dominator, [block]);
    else list.push(block);
  }
  const table = new Map<string, Value>();
  // Depth first over the dominator tree; leaving a block takes its entries out again.
  const stack: { block: Block; entered: string[] | undefined }[] = [{ block: graph.entry, entered: undefined }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.entered !== undefined) {
      for (const key of top.entered) table.delete(key);
      stack.pop();
      continue;
    }
    top.entered = [];
    for (const value of top.block.values) {
      for (let i = 0; i < value.args.length; i++) value.args[i] = current(value.args[i] as Value);
      if (!isShareable(value)) continue;
      const key = keyOf(value);
      const found = table.get(key);
      if (found !== undefined) value.replacement = found;
      else {
        table.set(key, value);
        top.entered.push(key);
      }
    }
    for (const child of children.get(top.block) ?? []) stack.push({ block: child, entered: undefined });
  }
  resolveReplacements(graph);
}

/** A comparison is cheaper beside its branch than kept in a register, so it is left where it is. */
function isShareable(value: Value): boolean {
  if (op.isCompare(value.op)) return false;
  return op.isPure(value.op) || op.mayTrap(value.op);
}

function keyOf(value: Value): string {
  let key = `${value.op} ${value.type}`;
  const [a, b] = value.args;
  if (op.isCommutative(value.op) && a !== undefined && b !== undefined && a.id > b.id) return `${key} ${b.id} ${a.id}`;
  for (const arg of value.args) key += ` ${arg.id}`;
  if (value.aux !== undefined) key += ` ${value.aux.toString()}`;
  return value.index !== 0 ? `${key} #${value.index}` : key;
}
