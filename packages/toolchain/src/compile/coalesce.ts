/**
 * Joins registers that a copy connects into one interval, where they are never live at the same time: a phi with its inputs, so that
 * what a loop carries stays where it is and going round moves nothing, and the result of a two-address instruction with the operand
 * that it overwrites. Allocation alone, which sees one interval after the other, would only guess at this by hints.
 *
 * Deep loops come first. Intervals of many ranges are left alone, which keeps the time linear.
 */
import { firstCommon, type Interval } from './interval.ts';
import { FIRST_VIRTUAL, type LirBlock, type LirFunction, type LirInstruction, type Width } from './lir.ts';
import type { Liveness } from './liveness.ts';

/** Ranges that two intervals may have together. */
const MAX_RANGES = 256;
/** Uses that two intervals may have together. */
const MAX_USES = 8192;

export function coalesceCopies(lir: LirFunction, liveness: Liveness): void {
  const joiner = new Joiner(lir, liveness);
  const blocks = [...lir.blocks].sort((a, b) => b.loopDepth - a.loopDepth);
  for (const block of blocks) {
    for (const { register, inputs } of block.phis)
      for (const input of inputs) if (typeof input === 'number') joiner.join(register, input);
    joinMoves(joiner, block);
  }
}

function joinMoves(joiner: Joiner, { instructions }: LirBlock): void {
  for (const { kind, operands } of instructions as readonly LirInstruction[]) {
    const [to, from] = operands;
    if (kind !== 'move' || typeof to !== 'object' || typeof from !== 'object') continue;
    if (to.kind === 'register' && from.kind === 'register') joiner.join(to.register, from.register);
  }
}

class Joiner {
  readonly #lir: LirFunction;
  readonly #intervals: (Interval | undefined)[];
  /** Registers that share an interval, where there is more than one. */
  readonly #members = new Map<Interval, number[]>();

  constructor(lir: LirFunction, liveness: Liveness) {
    this.#lir = lir;
    this.#intervals = liveness.intervals;
  }

  join(a: number, b: number): void {
    if (a < FIRST_VIRTUAL || b < FIRST_VIRTUAL) return;
    const first = this.#intervals[a - FIRST_VIRTUAL];
    const second = this.#intervals[b - FIRST_VIRTUAL];
    if (first === undefined || second === undefined || first === second) return;
    if (first.registerClass !== second.registerClass) return;
    if (first.ranges.length + second.ranges.length > 2 * MAX_RANGES) return;
    if (first.uses.length + second.uses.length > MAX_USES) return;
    if (firstCommon(first.ranges, 0, second.ranges, 0) !== Number.POSITIVE_INFINITY) return;
    const [kept, gone] = this.#size(first) >= this.#size(second) ? [first, second] : [second, first];
    kept.absorb(gone);
    const members = this.#members.get(kept) ?? [kept.register];
    for (const register of this.#members.get(gone) ?? [gone.register]) {
      members.push(register);
      this.#intervals[register - FIRST_VIRTUAL] = kept;
    }
    this.#members.delete(gone);
    this.#members.set(kept, members);
    const { widths } = this.#lir;
    const width = (register: number): Width => widths[register - FIRST_VIRTUAL] as Width;
    widths[kept.register - FIRST_VIRTUAL] = Math.max(width(kept.register), width(gone.register)) as Width;
  }

  #size(interval: Interval): number {
    return this.#members.get(interval)?.length ?? 1;
  }
}
