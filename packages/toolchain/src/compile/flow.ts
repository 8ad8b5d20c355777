/** Finishes the graph of machine blocks: predecessors, critical edges, positions. */
import type { Block } from '../ir/graph.ts';
import { LirBlock, type LirFunction } from './lir.ts';

/**
 * Gives every edge from a block with several successors to a block with several predecessors a block of its own: the
 * moves of phis and of split intervals belong on the edge. Then numbers everything.
 */
export function finishFlow(lir: LirFunction, blocks: ReadonlyMap<Block, LirBlock>): void {
  const order: LirBlock[] = [];
  const edges = new Map<LirBlock, LirBlock[]>();
  let next = lir.blocks.length;
  for (const target of lir.blocks) {
    const sources = (target.source as Block).predecessors.map((block) => blocks.get(block) as LirBlock);
    for (const source of sources) {
      if (sources.length === 1 || source.successors.length === 1) {
        target.predecessors.push(source);
        continue;
      }
      const edge = new LirBlock(next++, undefined, Math.min(source.loopDepth, target.loopDepth));
      edge.end = 'jump';
      edge.origin = source.origin;
      edge.successors.push(target);
      edge.predecessors.push(source);
      source.successors[source.successors.indexOf(target)] = edge;
      target.predecessors.push(edge);
      const list = edges.get(source);
      if (list === undefined) edges.set(source, [edge]);
      else list.push(edge);
    }
  }
  for (const block of lir.blocks) order.push(block, ...(edges.get(block) ?? []));
  lir.blocks = order;
  number(lir);
}

function number(lir: LirFunction): void {
  let index = 0;
  const place = new Map<LirBlock, number>();
  lir.blocks.forEach((block, i) => {
    place.set(block, i);
    block.from = 2 * index++;
    for (const instruction of block.instructions) instruction.position = 2 * index++;
    block.to = 2 * index;
  });
  lir.blocks.forEach((block, i) => {
    for (const successor of block.successors) {
      const at = place.get(successor) as number;
      if (at <= i) successor.loopEnd = Math.max(successor.loopEnd, block.to);
    }
  });
}
