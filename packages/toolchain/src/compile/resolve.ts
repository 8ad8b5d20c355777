/**
 * Turns allocated intervals into places and moves: stack slots for what is in memory, moves where a value changes its place
 * inside a block, and on the edges of the graph where its place differs between the two ends (and for phis).
 */
import type { Interval } from './interval.ts';
import { firstAtLeast } from './interval.ts';
import { FIRST_VIRTUAL, type LirBlock, type LirConstant, type LirFunction, type LirPhi, type Width } from './lir.ts';
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

/** A move that is not placed yet: what it costs by loop depth, and where it would stand. */
interface Planned {
  readonly map: Map<number, Move[]>;
  readonly position: number;
  readonly move: Move;
  readonly weight: number;
}

class Resolver {
  readonly #lir: LirFunction;
  readonly #liveness: Liveness;
  readonly #allocation: Allocation;
  readonly #starts: number[];
  /** Where the registers that share an interval are written, by instructions. */
  readonly #definitions = new Map<Interval, number[]>();
  /** Phis whose register shares the interval, by their block. */
  readonly #phiBlocks = new Map<Interval, Map<LirBlock, LirPhi>>();
  /** Intervals that keep their slot up to date wherever they are written. */
  readonly #storedAtDefinition = new Set<Interval>();

  constructor(lir: LirFunction, liveness: Liveness) {
    this.#lir = lir;
    this.#liveness = liveness;
    this.#allocation = new Allocation(liveness.intervals);
    this.#starts = lir.blocks.map((block) => block.from);
  }

  resolve(): Allocation {
    this.#collectDefinitions();
    this.#liveness.intervals.forEach((interval, i) => {
      if (interval?.register !== i + FIRST_VIRTUAL) return;
      this.#giveSlot(interval);
      if (interval.next !== undefined) this.#connectPieces(interval);
    });
    for (const block of this.#lir.blocks) this.#phis(block);
    return this.#allocation;
  }

  #interval(register: number): Interval | undefined {
    return this.#liveness.intervals[register - FIRST_VIRTUAL];
  }

  #collectDefinitions(): void {
    const { intervals, definedAt } = this.#liveness;
    intervals.forEach((interval, i) => {
      const at = definedAt[i] as number;
      if (interval === undefined || at < 0) return;
      const list = this.#definitions.get(interval);
      if (list === undefined) this.#definitions.set(interval, [at]);
      else list.push(at);
    });
    for (const block of this.#lir.blocks) {
      for (const phi of block.phis) {
        const interval = this.#interval(phi.register);
        if (interval === undefined) continue;
        const blocks = this.#phiBlocks.get(interval);
        if (blocks === undefined) this.#phiBlocks.set(interval, new Map([[block, phi]]));
        else blocks.set(block, phi);
      }
    }
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

  #slot(interval: Interval): number {
    return SLOT + (this.#allocation.slots[interval.register - FIRST_VIRTUAL] as number);
  }

  #blockAt(position: number): LirBlock {
    const at = firstAtLeast(this.#starts, position + 1) - 1;
    return this.#lir.blocks[at] as LirBlock;
  }

  #add({ map, position, move }: Pick<Planned, 'map' | 'position' | 'move'>): void {
    const list = map.get(position);
    if (list === undefined) map.set(position, [move]);
    else list.push(move);
  }

  /** Moves between the pieces of an interval. Those into memory are stores at the definitions where that is cheaper. */
  #connectPieces(interval: Interval): void {
    const bits = this.#width(interval);
    const found: Planned[] = [];
    for (let piece = interval; piece.next !== undefined; piece = piece.next) {
      const next = piece.next;
      if (piece.end !== next.start) continue;
      const block = this.#blockAt(next.start);
      if (block.from === next.start) continue;
      const from = this.#allocation.placeOf(piece);
      const to = this.#allocation.placeOf(next);
      if (from === to) continue;
      const weight = depthWeight(block.loopDepth);
      found.push({ map: this.#allocation.before, position: next.start, move: { from, to, bits }, weight });
    }
    this.#connectEdges(interval, bits, found);
    const stores = found.filter(({ move }) => isSlot(move.to));
    const definitions = stores.length > 0 ? this.#storesAtDefinitions(interval, bits) : [];
    const atDefinition = stores.length > 0 && cost(stores) >= cost(definitions);
    for (const planned of found) if (!(atDefinition && isSlot(planned.move.to))) this.#add(planned);
    if (!atDefinition) return;
    this.#storedAtDefinition.add(interval);
    for (const planned of definitions) if (!this.#isPhiEdge(planned)) this.#add(planned);
  }

  #isPhiEdge({ map }: Planned): boolean {
    return map !== this.#allocation.after;
  }

  /** The stores that would keep the slot up to date; those for phis stand on the edges, where `#phis` places them. */
  #storesAtDefinitions(interval: Interval, bits: Width): Planned[] {
    const { after } = this.#allocation;
    const to = this.#slot(interval);
    const stores: Planned[] = [];
    for (const position of this.#definitions.get(interval) ?? []) {
      const from = this.#allocation.place(interval.register, position + 1);
      if (from < 0 || isSlot(from)) continue;
      stores.push({
        map: after,
        position,
        move: { from, to, bits },
        weight: depthWeight(this.#blockAt(position).loopDepth),
      });
    }
    for (const [block, phi] of this.#phiBlocks.get(interval) ?? []) {
      const place = this.#allocation.place(phi.register, block.from);
      if (place < 0 || isSlot(place)) continue;
      phi.inputs.forEach((input, i) => {
        if (this.#isShared(interval, input)) return;
        const predecessor = block.predecessors[i] as LirBlock;
        const weight = depthWeight(Math.min(predecessor.loopDepth, block.loopDepth));
        stores.push({ ...this.#edge(predecessor, block), move: { from: input, to, bits }, weight });
      });
    }
    return stores;
  }

  #isShared(interval: Interval, input: number | LirConstant): boolean {
    return typeof input === 'number' && this.#interval(input) === interval;
  }

  #edge(from: LirBlock, to: LirBlock): Pick<Planned, 'map' | 'position'> {
    const { atEnd, before } = this.#allocation;
    return from.successors.length === 1 ? { map: atEnd, position: from.to } : { map: before, position: to.from };
  }

  #connectEdges(interval: Interval, bits: Width, found: Planned[]): void {
    const { register } = interval;
    const phis = this.#phiBlocks.get(interval);
    for (let piece: Interval | undefined = interval; piece !== undefined; piece = piece.next) {
      const { ranges } = piece;
      const place = this.#allocation.placeOf(piece);
      for (let r = 0; r < ranges.length; r += 2) {
        const to = ranges[r + 1] as number;
        for (
          let i = firstAtLeast(this.#starts, ranges[r] as number);
          i < this.#starts.length && (this.#starts[i] as number) < to;
          i++
        ) {
          const block = this.#lir.blocks[i] as LirBlock;
          const phi = phis?.get(block);
          block.predecessors.forEach((predecessor, p) => {
            // What a phi takes from another interval is moved with the phi.
            if (phi !== undefined && !this.#isShared(interval, phi.inputs[p] as number | LirConstant)) return;
            const from = this.#allocation.place(register, predecessor.to - 1);
            if (from === place || from < 0) return;
            const weight = depthWeight(Math.min(predecessor.loopDepth, block.loopDepth));
            found.push({ ...this.#edge(predecessor, block), move: { from, to: place, bits }, weight });
          });
        }
      }
    }
  }

  #phis(block: LirBlock): void {
    for (const phi of block.phis) {
      const interval = this.#interval(phi.register);
      const to = this.#allocation.place(phi.register, block.from);
      if (interval === undefined || to < 0) continue;
      phi.inputs.forEach((input, i) => {
        if (this.#isShared(interval, input)) return;
        const predecessor = block.predecessors[i] as LirBlock;
        const from = typeof input === 'number' ? this.#allocation.place(input, predecessor.to - 1) : input;
        const edge = this.#edge(predecessor, block);
        const { bits } = phi;
        if (from !== to) this.#add({ ...edge, move: { from, to, bits } });
        if (this.#storedAtDefinition.has(interval) && !isSlot(to))
          this.#add({ ...edge, move: { from, to: this.#slot(interval), bits } });
      });
    }
  }
}

function cost(moves: readonly Planned[]): number {
  return moves.reduce((sum, { weight }) => sum + weight, 0);
}
