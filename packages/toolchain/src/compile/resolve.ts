/**
 * Turns allocated intervals into places and moves: stack slots for what is in memory, moves where a value changes its place
 * inside a block, and on the edges of the graph where its place differs between the two ends (and for phis).
 */
import type { Interval } from './interval.ts';
import { firstAtLeast } from './interval.ts';
import { FIRST_VIRTUAL, type LirBlock, type LirFunction, type Width } from './lir.ts';
import { depthWeight, type Liveness } from './liveness.ts';
import { isSlot, type Move, SLOT } from './location.ts';

export class Allocation {
  /** First pieces, by virtual register minus FIRST_VIRTUAL. */
  readonly intervals: readonly (Interval | undefined)[];
  /** Slot number of each virtual register, -1 without one. */
  readonly slots: Int32Array;
  /** Widths of the slots, by their number. */
  readonly slotWidths: Width[] = [];
  /** Moves in front of the instruction at an even position p, by p, and (after those) by p + 1; moves at a block's start are at its label's position. */
  readonly before: Map<number, Move[]> = new Map();
  /** Moves behind the instruction (or label) at a position. */
  readonly after: Map<number, Move[]> = new Map();
  /** Moves at the end of a block, by the position behind it. */
  readonly atEnd: Map<number, Move[]> = new Map();

  constructor(intervals: readonly (Interval | undefined)[]) {
    this.intervals = intervals;
    this.slots = new Int32Array(intervals.length).fill(-1);
  }

  /** Place of a virtual register at a position where it is live; -1 where it is not. */
  place(register: number, position: number): number {
    let piece = this.intervals[register - FIRST_VIRTUAL];
    while (piece !== undefined && piece.end <= position) piece = piece.next;
    if (piece === undefined || piece.start > position) return -1;
    return this.placeOf(piece);
  }

  placeOf(piece: Interval): number {
    return piece.assigned >= 0 ? piece.assigned : SLOT + (this.slots[piece.register - FIRST_VIRTUAL] as number);
  }
}

export function resolveAllocation(lir: LirFunction, liveness: Liveness): Allocation {
  return new Resolver(lir, liveness).resolve();
}

class Resolver {
  readonly #lir: LirFunction;
  readonly #liveness: Liveness;
  readonly #allocation: Allocation;
  readonly #starts: number[];

  constructor(lir: LirFunction, liveness: Liveness) {
    this.#lir = lir;
    this.#liveness = liveness;
    this.#allocation = new Allocation(liveness.intervals);
    this.#starts = lir.blocks.map((block) => block.from);
  }

  resolve(): Allocation {
    for (const interval of this.#liveness.intervals) if (interval !== undefined) this.#giveSlot(interval);
    for (const interval of this.#liveness.intervals) if (interval?.next !== undefined) this.#connectPieces(interval);
    for (const block of this.#lir.blocks) this.#phis(block);
    return this.#allocation;
  }

  #giveSlot(interval: Interval): void {
    const { slots, slotWidths } = this.#allocation;
    for (let piece: Interval | undefined = interval; piece !== undefined; piece = piece.next) {
      if (piece.assigned >= 0 || piece.ranges.length === 0) continue;
      slots[interval.register - FIRST_VIRTUAL] = slotWidths.length;
      slotWidths.push(this.#width(interval));
      return;
    }
  }

  #width(interval: Interval): Width {
    return this.#lir.widths[interval.register - FIRST_VIRTUAL] as Width;
  }

  #blockAt(position: number): LirBlock {
    const at = firstAtLeast(this.#starts, position + 1) - 1;
    return this.#lir.blocks[at] as LirBlock;
  }

  #add(map: Map<number, Move[]>, position: number, move: Move): void {
    const list = map.get(position);
    if (list === undefined) map.set(position, [move]);
    else list.push(move);
  }

  /** Moves between the pieces of one register. Those into memory are one store at the definition where that is cheaper. */
  #connectPieces(interval: Interval): void {
    const bits = this.#width(interval);
    const found: { map: Map<number, Move[]>; position: number; move: Move; weight: number }[] = [];
    const { before } = this.#allocation;
    for (let piece = interval; piece.next !== undefined; piece = piece.next) {
      const next = piece.next;
      if (piece.end !== next.start) continue;
      const block = this.#blockAt(next.start);
      if (block.from === next.start) continue;
      const from = this.#allocation.placeOf(piece);
      const to = this.#allocation.placeOf(next);
      if (from !== to)
        found.push({
          map: before,
          position: next.start,
          move: { from, to, bits },
          weight: depthWeight(block.loopDepth),
        });
    }
    this.#connectEdges(interval, bits, found);
    const definedAt = this.#liveness.definedAt[interval.register - FIRST_VIRTUAL] as number;
    const home =
      definedAt >= 0 ? this.#allocation.place(interval.register, definedAt + 1) : this.#allocation.placeOf(interval);
    const label = definedAt >= 0 ? definedAt : interval.start;
    const stores = found.filter(({ move }) => isSlot(move.to));
    const storing = stores.reduce((sum, { weight }) => sum + weight, 0);
    const defining = isSlot(home) ? 0 : depthWeight(this.#blockAt(label).loopDepth);
    const storeAtDefinition = stores.length > 0 && storing >= defining;
    for (const { map, position, move } of found)
      if (!(storeAtDefinition && isSlot(move.to))) this.#add(map, position, move);
    if (storeAtDefinition && !isSlot(home)) {
      const to = SLOT + (this.#allocation.slots[interval.register - FIRST_VIRTUAL] as number);
      this.#add(this.#allocation.after, label, { from: home, to, bits });
    }
  }

  #connectEdges(
    interval: Interval,
    bits: Width,
    found: { map: Map<number, Move[]>; position: number; move: Move; weight: number }[],
  ): void {
    const { register } = interval;
    const isPhi = (this.#liveness.definedAt[register - FIRST_VIRTUAL] as number) < 0;
    for (let piece: Interval | undefined = interval; piece !== undefined; piece = piece.next) {
      const { ranges } = piece;
      for (let r = 0; r < ranges.length; r += 2) {
        const to = ranges[r + 1] as number;
        for (
          let i = firstAtLeast(this.#starts, ranges[r] as number);
          i < this.#starts.length && (this.#starts[i] as number) < to;
          i++
        ) {
          const block = this.#lir.blocks[i] as LirBlock;
          if (isPhi && block.from === interval.start) continue;
          const place = this.#allocation.placeOf(piece);
          for (const predecessor of block.predecessors) {
            const from = this.#allocation.place(register, predecessor.to - 1);
            if (from === place || from < 0) continue;
            const single = predecessor.successors.length === 1;
            found.push({
              map: single ? this.#allocation.atEnd : this.#allocation.before,
              position: single ? predecessor.to : block.from,
              move: { from, to: place, bits },
              weight: depthWeight(Math.min(predecessor.loopDepth, block.loopDepth)),
            });
          }
        }
      }
    }
  }

  #phis(block: LirBlock): void {
    for (const phi of block.phis) {
      const to = this.#allocation.place(phi.register, block.from);
      if (to < 0) continue;
      phi.inputs.forEach((input, i) => {
        const predecessor = block.predecessors[i] as LirBlock;
        const from = typeof input === 'number' ? this.#allocation.place(input, predecessor.to - 1) : input;
        if (from === to) return;
        const single = predecessor.successors.length === 1;
        this.#add(single ? this.#allocation.atEnd : this.#allocation.before, single ? predecessor.to : block.from, {
          from,
          to,
          bits: phi.bits,
        });
      });
    }
  }
}
