/**
 * Linear-scan register allocation with interval splitting and lifetime holes (Wimmer and Mössenböck, "Optimized Interval Splitting
 * in a Linear Scan Register Allocator", 2005; Wimmer and Franz, "Linear Scan Register Allocation on SSA Form", 2010).
 *
 * Intervals are visited by their start. One that finds a register free for all of its life takes it, preferring those that
 * save a move; else one that is free for a part, split there; else the least valuable by uses weighted by loop depth goes
 * to memory, from here to its next use that needs a register. Ways into and out of memory are moved out of loops.
 */
import { CALLEE_SAVED } from './convention.ts';
import { firstAtLeast, firstCommon, Interval, MUST, MAY } from './interval.ts';
import { FIRST_VIRTUAL, R10, R11, R8, R9, RAX, RBP, RBX, RCX, RDI, RDX, RSI, XMM0 } from './lir.ts';
import type { Liveness } from './liveness.ts';
import type { LoopTable } from './loops.ts';

/** In order of preference: short encodings and no saving first. */
const GENERAL: readonly number[] = [RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11, RBX, RBP, 14, 15, 12, 13];
const VECTOR: readonly number[] = Array.from({ length: 16 }, (_, i) => XMM0 + i);
const INFINITE = Number.POSITIVE_INFINITY;

const isCalleeSaved: readonly boolean[] = Array.from({ length: 32 }, (_, i) => CALLEE_SAVED.includes(i));

/** Assigns every interval a register or a stack slot, splitting as needed. Pieces hang off the first one by `next`. */
export function allocateRegisters(liveness: Liveness, loops: LoopTable): void {
  new LinearScan(liveness, loops).run();
}

class LinearScan {
  readonly #liveness: Liveness;
  readonly #loops: LoopTable;
  readonly #general: readonly number[];
  /** A heap by start. */
  readonly #unhandled: Interval[] = [];
  #active: Interval[] = [];
  #inactive: Interval[] = [];
  /** Indices into `fixed` below which everything has ended. */
  readonly #fixedAt = new Int32Array(32);
  readonly #free = new Float64Array(32);
  readonly #blocked = new Float64Array(32);
  readonly #cost = new Float64Array(32);
  readonly #nextUse = new Float64Array(32);
  readonly #usedCalleeSaved = new Set<number>();

  constructor(liveness: Liveness, loops: LoopTable) {
    this.#liveness = liveness;
    this.#loops = loops;
    this.#general = GENERAL.filter((register) => !liveness.reserved.includes(register));
  }

  run(): void {
    this.#liveness.intervals.forEach((interval, i) => {
      if (interval !== undefined && interval.register === i + FIRST_VIRTUAL && interval.ranges.length > 0)
        this.#push(interval);
    });
    for (let current = this.#pop(); current !== undefined; current = this.#pop()) {
      this.#advance(current.start);
      if (this.#takeFree(current) || this.#takeBlocked(current)) {
        this.#active.push(current);
        if (isCalleeSaved[current.assigned]) this.#usedCalleeSaved.add(current.assigned);
      }
    }
  }

  #advance(position: number): void {
    const active: Interval[] = [];
    const inactive: Interval[] = [];
    const sort = (interval: Interval): void => {
      if (interval.end <= position) return;
      (interval.covers(position) ? active : inactive).push(interval);
    };
    for (const interval of this.#active) sort(interval);
    for (const interval of this.#inactive) sort(interval);
    this.#active = active;
    this.#inactive = inactive;
  }

  /** First position at or behind the interval's start where `register` is claimed by an instruction while the interval lives. */
  #fixedConflict(current: Interval, register: number): number {
    const fixed = this.#liveness.fixed[register] as number[];
    let at = this.#fixedAt[register] as number;
    while (at < fixed.length && (fixed[at + 1] as number) <= current.start) at += 2;
    this.#fixedAt[register] = at;
    const conflict = firstCommon(current.ranges, 0, fixed, at);
    return isCalleeSaved[register] ? conflict : Math.min(conflict, this.#callConflict(current));
  }

  /** Position just behind which a call destroys caller-saved registers while the interval lives. */
  #callConflict(current: Interval): number {
    const { calls } = this.#liveness;
    const { ranges } = current;
    for (let i = 0; i < ranges.length; i += 2) {
      const from = ranges[i] as number;
      // The clobber of a call at p is [p + 1, p + 2).
      const call = calls[firstAtLeast(calls, from - 1)];
      if (call === undefined) return INFINITE;
      if (call + 1 < (ranges[i + 1] as number)) return call + 1;
    }
    return INFINITE;
  }

  #takeFree(current: Interval): boolean {
    const registers = current.registerClass === 0 ? this.#general : VECTOR;
    const free = this.#free;
    const callConflict = this.#callConflict(current);
    for (const register of registers) free[register] = isCalleeSaved[register] ? INFINITE : callConflict;
    for (const interval of this.#active) free[interval.assigned] = 0;
    for (const interval of this.#inactive) {
      if (free[interval.assigned] === 0) continue;
      const at = interval.intersection(current);
      if (at < (free[interval.assigned] as number)) free[interval.assigned] = at;
    }
    for (const register of registers) {
      if (free[register] === 0) continue;
      const at = this.#fixedConflict(current, register);
      if (at < (free[register] as number)) free[register] = at;
    }
    const chosen = this.#choose(current, registers);
    if (chosen < 0) return false;
    current.assigned = chosen;
    const until = free[chosen] as number;
    if (until < current.end) this.#push(current.split(until & -2));
    return true;
  }

  #choose(current: Interval, registers: readonly number[]): number {
    const free = this.#free;
    const { end, start } = current;
    for (const hint of current.hints) {
      const register = this.#hintRegister(hint, current);
      if (register >= 0 && (free[register] as number) >= end) return register;
    }
    let best = -1;
    let bestFree = 0;
    for (const register of registers) {
      const until = free[register] as number;
      if (until >= end) {
        // A register that the prologue saves anyway costs no more than any other.
        if (!isCalleeSaved[register] || this.#usedCalleeSaved.has(register)) return register;
        if (bestFree < end) {
          best = register;
          bestFree = until;
        }
      } else if (until > bestFree) {
        best = register;
        bestFree = until;
      }
    }
    // Pieces that end in a register start at even positions.
    if (best < 0 || (bestFree < end && (bestFree & -2) <= start)) return -1;
    return best;
  }

  #hintRegister(hint: number, current: Interval): number {
    if (hint < 32) return hint < 16 === (current.registerClass === 0) ? hint : -1;
    const other = this.#liveness.intervals[hint - FIRST_VIRTUAL];
    if (other === undefined) return -1;
    let found = -1;
    for (let piece: Interval | undefined = other; piece !== undefined; piece = piece.next) {
      if (piece.assigned >= 0 && piece.start <= current.end) found = piece.assigned;
    }
    return found;
  }

  #takeBlocked(current: Interval): boolean {
    const registers = current.registerClass === 0 ? this.#general : VECTOR;
    const { start } = current;
    for (const register of registers) {
      this.#blocked[register] = this.#fixedConflict(current, register);
      this.#cost[register] = 0;
      this.#nextUse[register] = INFINITE;
    }
    const count = (interval: Interval): void => {
      const register = interval.assigned;
      this.#cost[register] = (this.#cost[register] as number) + interval.weightFrom(start);
      this.#nextUse[register] = Math.min(this.#nextUse[register] as number, interval.nextUse(start, MUST));
    };
    for (const interval of this.#active) count(interval);
    for (const interval of this.#inactive) if (interval.intersection(current) < INFINITE) count(interval);
    let best = -1;
    const firstUse = current.nextUse(start, MUST);
    for (const register of registers) {
      // Not one that is claimed before the interval gets anywhere, nor one that this very instruction reads.
      if (((this.#blocked[register] as number) & -2) <= start && (this.#blocked[register] as number) < current.end)
        continue;
      if ((this.#nextUse[register] as number) <= start) continue;
      if (best < 0 || this.#isCheaper(register, best)) best = register;
    }
    if (best < 0 || (firstUse > start && (this.#cost[best] as number) >= current.weightFrom(start))) {
      if (firstUse <= start) throw new Error(`no register for an interval at ${start}`);
      this.#toMemory(current);
      return false;
    }
    this.#evict(best, current);
    current.assigned = best;
    const until = this.#blocked[best] as number;
    if (until < current.end) this.#push(current.split(until & -2));
    return true;
  }

  #isCheaper(a: number, b: number): boolean {
    const costA = this.#cost[a] as number;
    const costB = this.#cost[b] as number;
    return costA < costB || (costA === costB && (this.#nextUse[a] as number) > (this.#nextUse[b] as number));
  }

  /** Frees `register` from the start of `current` on. */
  #evict(register: number, current: Interval): void {
    const position = current.start;
    for (const interval of this.#active) {
      if (interval.assigned !== register) continue;
      this.#active = this.#active.filter((other) => other !== interval);
      const at = this.#loops.entry(this.#lastUse(interval, position), position);
      if (interval.start >= at) {
        interval.assigned = -1;
        this.#toMemory(interval);
      } else {
        this.#toMemory(interval.split(at));
      }
      break;
    }
    for (const interval of [...this.#inactive]) {
      if (interval.assigned !== register || interval.intersection(current) === INFINITE) continue;
      this.#inactive = this.#inactive.filter((other) => other !== interval);
      // It is in a hole: what is behind the hole looks for a register of its own.
      const { ranges } = interval;
      let i = 0;
      while ((ranges[i] as number) < position) i += 2;
      this.#push(interval.split(ranges[i] as number));
    }
  }

  /**
   * Position of the last use in front of `position` that needs the register. An interval that is evicted inside of a loop leaves
   * its register where the outermost loop that has no such use begins: else each round would load it again for the next.
   */
  #lastUse({ uses, kinds, start }: Interval, position: number): number {
    for (let i = firstAtLeast(uses, position) - 1; i >= 0 && (uses[i] as number) >= start; i--) {
      const use = uses[i] as number;
      if (kinds[i] === MUST || (kinds[i] === MAY && !this.#loops.isEntry(use))) return use;
    }
    return start - 1;
  }

  /** Puts a piece into memory up to its next use that needs a register; the rest starts over there. */
  #toMemory(piece: Interval): void {
    piece.spilled = true;
    const use = this.#reloadUse(piece);
    if (use === INFINITE) return;
    // In front of a loop rather than in it.
    const at = this.#loops.entry(piece.start, use & -2);
    if (at <= piece.start) {
      piece.spilled = false;
      this.#push(piece);
      return;
    }
    if (at < piece.end) this.#push(piece.split(at));
  }

  #reloadUse(piece: Interval): number {
    const must = piece.nextUse(piece.start, MUST);
    // A use that memory could serve is worth a reload when it is in a deep loop and more uses follow it.
    const may = piece.nextUse(piece.start, MAY);
    return may < must && piece.weightFrom(may) >= 30 && may > piece.start + 1 ? may : must;
  }

  #push(interval: Interval): void {
    const heap = this.#unhandled;
    let at = heap.length;
    heap.push(interval);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (before(heap[parent] as Interval, interval)) break;
      heap[at] = heap[parent] as Interval;
      at = parent;
    }
    heap[at] = interval;
  }

  #pop(): Interval | undefined {
    const heap = this.#unhandled;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Interval, heap[child] as Interval)) child++;
      if (before(last, heap[child] as Interval)) break;
      heap[at] = heap[child] as Interval;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function before(a: Interval, b: Interval): boolean {
  return a.start < b.start || (a.start === b.start && a.register <= b.register);
}
