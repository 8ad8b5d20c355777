/**
 * Which loops start at an aligned address: the innermost short ones. The processor fetches and caches code in aligned pieces, of which
 * a loop should take as few as it can; around larger bodies the gap is not worth its bytes.
 */
import type { Layout } from './layout.ts';
import type { LirBlock } from './lir.ts';

/** Instructions of a loop that is still aligned. */
const MAX_INSTRUCTIONS = 48;

/** Blocks that short innermost loops jump back to. */
export function innermostLoops({ order, aliases }: Layout): Set<LirBlock> {
  const place = new Map<LirBlock, number>();
  order.forEach((block, i) => place.set(block, i));
  const found = new Set<LirBlock>();
  /** Where the latest loop that has ended starts: no loop around it is innermost. */
  let inner = -1;
  order.forEach((block, i) => {
    let start = -1;
    for (const successor of block.successors) {
      const target = place.get(aliases.get(successor) ?? successor) as number;
      if (target <= i) start = Math.max(start, target);
    }
    if (start < 0) return;
    const known = order[start] as LirBlock;
    if (start > inner || (start === inner && found.has(known))) {
      if (isTight(order.slice(start, i + 1))) found.add(known);
      else found.delete(known);
    }
    inner = Math.max(inner, start);
  });
  return found;
}

/** Short, and without calls, which take longer than fetching the loop. */
function isTight(blocks: readonly LirBlock[]): boolean {
  let length = 0;
  for (const { instructions } of blocks) {
    length += instructions.length;
    if (length > MAX_INSTRUCTIONS || instructions.some(({ kind }) => kind === 'call')) return false;
  }
  return true;
}
