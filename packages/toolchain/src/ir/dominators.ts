/** The dominator tree (Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm"). */
import type { Block, Graph } from './graph.ts';

/** Immediate dominator of every block but the entry. `graph.blocks` must be in an order where dominators come first. */
export function immediateDominators(graph: Graph): Map<Block, Block> {
  const blocks = graph.blocks;
  const number = new Map<Block, number>();
  blocks.forEach((block, i) => number.set(block, i));
  const dominator = new Int32Array(blocks.length).fill(-1);
  dominator[0] = 0;
  const predecessors = blocks.map((block) => block.predecessors.map((p) => number.get(p) as number));
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < blocks.length; i++) {
      let found = -1;
      for (const previous of predecessors[i] as number[]) {
        if (dominator[previous] === -1) continue;
        found = found === -1 ? previous : intersect(dominator, previous, found);
      }
      if (found !== dominator[i]) {
        dominator[i] = found;
        changed = true;
      }
    }
  }
  const result = new Map<Block, Block>();
  for (let i = 1; i < blocks.length; i++) result.set(blocks[i] as Block, blocks[dominator[i] as number] as Block);
  return result;
}

function intersect(dominator: Int32Array, a: number, b: number): number {
  let x = a;
  let y = b;
  while (x !== y) {
    while (x > y) x = dominator[x] as number;
    while (y > x) y = dominator[y] as number;
  }
  return x;
}
