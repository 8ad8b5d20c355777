/**
 * Tells where a loop's phi is dead although code behind the loop reads it. Selection walks the blocks backwards and knows who has asked
 * for a value, but not from where: what the code behind a loop reads is read on the way out, and where the only way out is the
 * loop's header, the rest of the loop may overwrite the phi that the next round replaces anyway.
 */
import type { Block, Graph, Value } from '../ir/graph.ts';
import * as op from '../ir/op.ts';

export class HeaderPhis {
  /** Place of each block in the order. */
  readonly #places = new Map<Block, number>();
  /** By header: place of the last block of its loop. */
  readonly #ends = new Map<Block, number>();
  /** Headers of loops that other blocks leave, too. */
  readonly #leftElsewhere = new Set<Block>();

  constructor(graph: Graph) {
    graph.blocks.forEach((block, i) => {
      this.#places.set(block, i);
      for (let loop = innermost(block); loop !== undefined; loop = loop.loopHeader) {
        this.#ends.set(loop, i);
        if (block === loop) continue;
        if (block.successors.length === 0 || block.successors.some((next) => !isInside(next, loop)))
          this.#leftElsewhere.add(loop);
      }
    });
  }

  place(block: Block): number {
    return this.#places.get(block) as number;
  }

  /** Whether nothing reads `value` behind `block`, of the loop whose header it is a phi of, if the next to ask for it is at `asked`. */
  isDead(value: Value, block: Block, asked: number): boolean {
    const header = value.block;
    if (value.op !== op.Phi || header === undefined || header === block || !header.isLoopHeader) return false;
    if (this.#leftElsewhere.has(header) || !isInside(block, header)) return false;
    return asked > (this.#ends.get(header) as number);
  }
}

function innermost(block: Block): Block | undefined {
  return block.isLoopHeader ? block : block.loopHeader;
}

function isInside(block: Block, header: Block): boolean {
  for (let loop = innermost(block); loop !== undefined; loop = loop.loopHeader) if (loop === header) return true;
  return false;
}
