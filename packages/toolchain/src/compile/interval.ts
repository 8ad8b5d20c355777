/**
 * Live intervals: where a virtual register holds a value that is needed, as ranges of positions with holes between them.
 *
 * An instruction at position p (even) reads its operands at p and writes results at p + 1. A range [from, to) that ends in
 * a read at p has to = p + 1. Intervals are split by the allocator; the pieces of one register form a list.
 */

/** Must be in a register there. */
export const MUST = 2;
/** May be in memory, at a cost. */
export const MAY = 1;
/** Nothing reads it there: a loop goes round with the value, so that dropping it before costs a reload every time. */
export const LOOP = 0;

export class Interval {
  /** Virtual register number; of those that share the interval, the one that its stack slot is kept by. */
  readonly register: number;
  /** 0 general, 1 xmm. */
  readonly registerClass: 0 | 1;
  /** Flat pairs from, to; ascending. */
  ranges: number[];
  /** Positions of reads and writes, ascending, with their kinds and weights beside them. */
  uses: number[];
  kinds: number[];
  weights: number[];
  /** Physical register, or -1 while it has none. */
  assigned = -1;
  /** Lives in its stack slot. */
  spilled = false;
  /** The piece that follows. */
  next: Interval | undefined;
  /** The first piece. */
  readonly parent: Interval;
  /** Registers, physical or virtual, that would save a move. */
  readonly hints: number[];

  constructor(register: number, registerClass: 0 | 1, parent?: Interval) {
    this.register = register;
    this.registerClass = registerClass;
    this.ranges = [];
    this.uses = [];
    this.kinds = [];
    this.weights = [];
    this.parent = parent ?? this;
    this.hints = parent?.hints ?? [];
  }

  get start(): number {
    return this.ranges[0] as number;
  }

  get end(): number {
    return this.ranges[this.ranges.length - 1] as number;
  }

  covers(position: number): boolean {
    const { ranges } = this;
    for (let i = 0; i < ranges.length; i += 2) {
      if (position < (ranges[i] as number)) return false;
      if (position < (ranges[i + 1] as number)) return true;
    }
    return false;
  }

  /** First position of a use of at least `kind` at or behind `position`; Infinity if there is none. */
  nextUse(position: number, kind: number): number {
    const { uses, kinds } = this;
    for (let i = firstAtLeast(uses, position); i < uses.length; i++)
      if ((kinds[i] as number) >= kind) return uses[i] as number;
    return Number.POSITIVE_INFINITY;
  }

  /** Sum of the weights of the uses at or behind `position`. */
  weightFrom(position: number): number {
    let sum = 0;
    for (let i = firstAtLeast(this.uses, position); i < this.uses.length; i++) sum += this.weights[i] as number;
    return sum;
  }

  /** Cuts at `position`, which lies inside: the rest becomes the next piece. */
  split(position: number): Interval {
    const rest = new Interval(this.register, this.registerClass, this.parent);
    const { ranges } = this;
    let i = 0;
    while ((ranges[i + 1] as number) <= position) i += 2;
    rest.ranges = ranges.slice(i);
    ranges.length = i;
    if ((rest.ranges[0] as number) < position) {
      ranges.push(rest.ranges[0] as number, position);
      rest.ranges[0] = position;
    }
    const use = firstAtLeast(this.uses, position);
    rest.uses = this.uses.splice(use);
    rest.kinds = this.kinds.splice(use);
    rest.weights = this.weights.splice(use);
    rest.next = this.next;
    this.next = rest;
    return rest;
  }

  /** Takes over ranges, uses and hints of an interval that is never live at the same time. */
  absorb(other: Interval): void {
    this.ranges = mergeRanges(this.ranges, other.ranges);
    const uses: number[] = [];
    const kinds: number[] = [];
    const weights: number[] = [];
    for (let i = 0, j = 0; i < this.uses.length || j < other.uses.length; ) {
      const mine = i < this.uses.length && !((other.uses[j] ?? Number.POSITIVE_INFINITY) < (this.uses[i] as number));
      const from = mine ? this : other;
      const at = mine ? i++ : j++;
      uses.push(from.uses[at] as number);
      kinds.push(from.kinds[at] as number);
      weights.push(from.weights[at] as number);
    }
    this.uses = uses;
    this.kinds = kinds;
    this.weights = weights;
    this.hints.push(...other.hints);
  }

  /** First position that both cover; Infinity if none. */
  intersection(other: Interval): number {
    return firstCommon(this.ranges, 0, other.ranges, 0);
  }
}

/** Two flat range lists that have no position in common, as one; ranges that touch become one. */
function mergeRanges(a: readonly number[], b: readonly number[]): number[] {
  const merged: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const fromA = i < a.length && !((b[j] ?? Number.POSITIVE_INFINITY) < (a[i] as number));
    const [from, to] = fromA ? [a[i] as number, a[i + 1] as number] : [b[j] as number, b[j + 1] as number];
    if (fromA) i += 2;
    else j += 2;
    if (merged.length > 0 && merged[merged.length - 1] === from) merged[merged.length - 1] = to;
    else merged.push(from, to);
  }
  return merged;
}

export function firstAtLeast(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First position in both of two flat range lists, from index `i` of `a` and `j` of `b` on. */
export function firstCommon(a: readonly number[], i: number, b: readonly number[], j: number): number {
  let x = i;
  let y = j;
  while (x < a.length && y < b.length) {
    const fromA = a[x] as number;
    const fromB = b[y] as number;
    const from = fromA > fromB ? fromA : fromB;
    const toA = a[x + 1] as number;
    const toB = b[y + 1] as number;
    if (from < (toA < toB ? toA : toB)) return from;
    if (toA < toB) x += 2;
    else y += 2;
  }
  return Number.POSITIVE_INFINITY;
}
