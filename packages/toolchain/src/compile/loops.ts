/** The loops of a function as spans of positions. A loop's blocks are contiguous, so two spans are nested or apart. */
import type { LirBlock, LirFunction } from './lir.ts';

interface Loop {
  readonly from: number;
  readonly to: number;
  readonly outer: Loop | undefined;
}

export class LoopTable {
  /** Starts of blocks, ascending, and the innermost loop of each. */
  readonly #starts: number[] = [];
  readonly #innermost: (Loop | undefined)[] = [];

  constructor(lir: LirFunction) {
    let current: Loop | undefined;
    for (const block of lir.blocks as readonly LirBlock[]) {
      while (current !== undefined && current.to <= block.from) current = current.outer;
      if (block.loopEnd > 0) current = { from: block.from, to: block.loopEnd, outer: current };
      this.#starts.push(block.from);
      this.#innermost.push(current);
    }
  }

  /** Start of the outermost loop that contains `position` and begins behind `after`; `position` itself where there is none. */
  entry(after: number, position: number): number {
    let found = position;
    for (let loop = this.#at(position); loop !== undefined && loop.from > after; loop = loop.outer) found = loop.from;
    return found;
  }

  /** Whether a loop begins at the position. */
  isEntry(position: number): boolean {
    return this.#at(position)?.from === position;
  }

  #at(position: number): Loop | undefined {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= position) low = middle + 1;
      else high = middle;
    }
    return this.#innermost[low - 1];
  }
}
