/** The order in which blocks stand in memory. */
import type { LirBlock, LirFunction } from './lir.ts';

export interface Layout {
  readonly order: readonly LirBlock[];
  /** Blocks that only jump on, with the block where the jump ends. */
  readonly aliases: ReadonlyMap<LirBlock, LirBlock>;
}

/**
 * Keeps the allocation's order, in which loops are contiguous, with three changes: blocks that only jump are left out, blocks that
 * trap go to the end, and a loop whose test is at its top gets it at its bottom, which saves a jump per round.
 */
export function layoutBlocks(lir: LirFunction, isEmpty: (block: LirBlock) => boolean): Layout {
  const aliases = new Map<LirBlock, LirBlock>();
  const entry = lir.blocks[0] as LirBlock;
  // From the end, so that most chains are followed only once.
  for (const block of [...lir.blocks].reverse()) {
    if (block === entry || !isEmpty(block)) continue;
    const seen = new Set<LirBlock>([block]);
    let target = block.successors[0] as LirBlock;
    while (target !== entry && isEmpty(target) && !seen.has(target)) {
      seen.add(target);
      target = aliases.get(target) ?? (target.successors[0] as LirBlock);
    }
    // An endless loop of nothing has to stay.
    if (!seen.has(target)) aliases.set(block, target);
  }
  const kept = lir.blocks.filter((block) => !aliases.has(block));
  const hot = kept.filter((block) => block.end !== 'trap' || block === entry);
  const cold = kept.filter((block) => block.end === 'trap' && block !== entry);
  return { order: [...rotateLoops(hot, aliases), ...cold], aliases };
}

/** Moves headers that leave the loop behind the block that jumps back to them. */
function rotateLoops(blocks: readonly LirBlock[], aliases: ReadonlyMap<LirBlock, LirBlock>): LirBlock[] {
  const order = [...blocks];
  const at = (block: LirBlock): LirBlock => aliases.get(block) ?? block;
  for (const header of blocks) {
    if (header.loopEnd === 0 || header.end !== 'branch' || header === blocks[0]) continue;
    const inside = (block: LirBlock): boolean => block.from > header.from && block.from < header.loopEnd;
    const exits = header.successors.map(at).filter((block) => !inside(block));
    if (exits.length !== 1) continue;
    const last = order.findLast((block) => inside(block));
    if (last === undefined || last.end !== 'jump' || at(last.successors[0] as LirBlock) !== header) continue;
    order.splice(order.indexOf(header), 1);
    order.splice(order.indexOf(last) + 1, 0, header);
  }
  return order;
}
