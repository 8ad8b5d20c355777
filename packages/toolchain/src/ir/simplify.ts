/** Cleans a freshly built graph: phis that are no choice, values that nobody needs, blocks that nothing reaches; finds the loops. */
import { type Block, current, type Graph, type Value } from './graph.ts';
import * as op from './op.ts';

/** Removes phis whose inputs are all one value (or the phi itself), until none is left, and resolves all references. */
export function removeTrivialPhis(graph: Graph): void {
  let changed = true;
  while (changed) {
    changed = false;
    for (const block of graph.blocks) {
      for (const phi of block.phis) {
        if (phi.replacement !== undefined) continue;
        const only = onlyInput(phi);
        if (only === undefined) continue;
        phi.replacement = only;
        changed = true;
      }
    }
  }
  resolveReplacements(graph);
}

function onlyInput(phi: Value): Value | undefined {
  let only: Value | undefined;
  for (const arg of phi.args) {
    const value = current(arg);
    if (value === phi || value === only) continue;
    if (only !== undefined) return undefined;
    only = value;
  }
  return only;
}

/** Makes every reference point to the value that is there now, and drops values that were replaced. */
export function resolveReplacements(graph: Graph): void {
  const resolve = (list: Value[]): void => {
    for (let i = 0; i < list.length; i++) list[i] = current(list[i] as Value);
  };
  for (const block of graph.blocks) {
    retain(block.phis, (phi) => phi.replacement === undefined);
    retain(block.values, (value) => value.replacement === undefined);
    for (const value of block.phis) resolve(value.args);
    for (const value of block.values) resolve(value.args);
    if (block.condition !== undefined) block.condition = current(block.condition);
    resolve(block.results);
  }
}

function retain(list: Value[], keep: (value: Value) => boolean): void {
  let length = 0;
  for (const value of list) if (keep(value)) list[length++] = value;
  list.length = length;
}

/** Counts uses from what must happen backwards, and drops the rest. Loads that nobody uses stay where they may trap. */
export function removeDeadValues(graph: Graph, loadsMayTrap: boolean): void {
  const isRoot = (value: Value): boolean =>
    hasEffect(value) || (loadsMayTrap && op.isRead(value.op) && value.op !== op.GlobalGet);
  const pending: Value[] = [];
  const use = (value: Value): void => {
    if (value.uses++ === 0) pending.push(value);
  };
  for (const block of graph.blocks) {
    for (const value of block.values) {
      value.uses = 0;
      for (const arg of value.args) arg.uses = 0;
    }
    for (const phi of block.phis) phi.uses = 0;
    for (const phi of block.phis) for (const arg of phi.args) arg.uses = 0;
    if (block.condition !== undefined) block.condition.uses = 0;
    for (const value of block.results) value.uses = 0;
  }
  for (const block of graph.blocks) {
    if (block.condition !== undefined) use(block.condition);
    for (const value of block.results) use(value);
    for (const value of block.values) if (isRoot(value)) for (const arg of value.args) use(arg);
  }
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (!isRoot(value)) for (const arg of value.args) use(arg);
  }
  for (const block of graph.blocks) {
    retain(block.phis, (phi) => phi.uses > 0);
    retain(block.values, (value) => value.uses > 0 || isRoot(value));
  }
}

/** Does something besides giving its value. */
function hasEffect(value: Value): boolean {
  return (
    !op.isPure(value.op) &&
    !op.isRead(value.op) &&
    value.op !== op.Phi &&
    value.op !== op.Param &&
    value.op !== op.Projection &&
    value.op !== op.MemorySize
  );
}

/** Puts blocks in reverse postorder with loops contiguous, and fills in the loops. All blocks must be reachable. */
export function orderBlocks(graph: Graph): void {
  findLoops(graph);
  graph.blocks = contiguousOrder(graph);
}

/** Drops blocks that nothing reaches, and what phis get from them. */
export function removeUnreachable(graph: Graph): void {
  const seen = new Set<Block>([graph.entry]);
  const pending = [graph.entry];
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    for (const next of block.successors) {
      if (seen.has(next)) continue;
      seen.add(next);
      pending.push(next);
    }
  }
  if (seen.size === graph.blocks.length) return;
  graph.blocks = graph.blocks.filter((block) => seen.has(block));
  for (const block of graph.blocks) {
    for (let i = block.predecessors.length - 1; i >= 0; i--) {
      if (seen.has(block.predecessors[i] as Block)) continue;
      block.predecessors.splice(i, 1);
      for (const phi of block.phis) phi.args.splice(i, 1);
    }
  }
}

function postorder(graph: Graph): Block[] {
  const order: Block[] = [];
  const seen = new Set<Block>([graph.entry]);
  const stack: { block: Block; next: number }[] = [{ block: graph.entry, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1] as { block: Block; next: number };
    const successor = top.block.successors[top.block.successors.length - 1 - top.next];
    top.next++;
    if (top.next > top.block.successors.length) {
      order.push(top.block);
      stack.pop();
    } else if (successor !== undefined && !seen.has(successor)) {
      seen.add(successor);
      stack.push({ block: successor, next: 0 });
    }
  }
  return order;
}

/** Natural loops: every back edge goes to a loop header of the structured code, so walking back from it finds the body. */
function findLoops(graph: Graph): void {
  for (const block of graph.blocks) {
    block.loopDepth = 0;
    block.loopHeader = undefined;
  }
  const order = postorder(graph).reverse();
  const number = new Map<Block, number>();
  order.forEach((block, i) => number.set(block, i));
  // Inner headers come later in reverse postorder: going backwards sets inner loops first.
  for (let i = order.length - 1; i >= 0; i--) {
    const header = order[i] as Block;
    const latches = header.predecessors.filter((block) => (number.get(block) as number) >= i);
    header.isLoopHeader = latches.length > 0;
    if (latches.length === 0) continue;
    const pending = latches.filter((block) => block !== header);
    const visited = new Set<Block>([header]);
    while (pending.length > 0) {
      let block = pending.pop() as Block;
      // A loop inside is known already: only its header's entries lead further out.
      while (block.loopHeader !== undefined && block.loopHeader !== header) block = block.loopHeader;
      if (visited.has(block)) continue;
      visited.add(block);
      if (block.loopHeader === undefined) block.loopHeader = header;
      for (const previous of block.predecessors) if (!visited.has(previous)) pending.push(previous);
    }
  }
  for (const block of order) {
    let depth = block.isLoopHeader ? 1 : 0;
    for (let at = block.loopHeader; at !== undefined; at = at.loopHeader) depth++;
    block.loopDepth = depth;
  }
}

/** Reverse postorder, but with every loop's blocks in one piece. */
function contiguousOrder(graph: Graph): Block[] {
  const order = postorder(graph).reverse();
  const members = new Map<Block | undefined, Block[]>();
  const list = (header: Block | undefined): Block[] => {
    let found = members.get(header);
    if (found === undefined) {
      found = [];
      members.set(header, found);
    }
    return found;
  };
  for (const block of order) {
    if (block.isLoopHeader) list(block).push(block);
    list(block.loopHeader).push(block);
  }
  const result: Block[] = [];
  const place = (header: Block | undefined): void => {
    for (const block of list(header)) {
      if (block.isLoopHeader && block !== header) place(block);
      else result.push(block);
    }
  };
  place(undefined);
  return result;
}
