/** The machine's clock: calls at given times, made only between slices of execution, so that no device is entered twice. */
import type { Clock, ScheduledCall } from '@drift-os/devices';

interface Entry {
  readonly at: bigint;
  /** Of two calls for the same time the one that was scheduled first is made first. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * Instructions that a guest has at least between two calls that it is behind with: as many as handling one takes, or it would do nothing but that. One that
 * does not look at the time has the other number.
 */
export const SHORTEST_TURN = 5_000;
export const SHORT_TURN = 10_000;

/** How far a guest catches up with its host: what the host was further ahead, the guest's time never gets. In nanoseconds. */
const MOST_BEHIND = 1_000_000_000n;

/**
 * Where time is the host's, it waits for calls: it stands still when one is due, until that was made. The host may be busy for long, and a guest that waits
 * for five ticks of its timer and looks at its time-stamp counter to give up would otherwise see the counter leap over what all ticks take, and one tick.
 * So time goes from call to call, with a slice of execution at each, until it is the host's again.
 */
export class MachineClock implements Clock {
  #now = 0n;
  readonly #source: () => bigint;
  readonly #held: (() => void) | undefined;
  #order = 0;
  /** In a call time is the one that it was made for. */
  #isCalling = false;
  /** A binary heap: the earliest entry first. Cancelled ones stay until they come up. */
  readonly #heap: Entry[] = [];

  /**
   * `source` tells how far time has come while the machine executes: from instructions counted, or from the host's clock. Without it time
   * passes in `advanceTo` alone. With `held` it waits for calls; `held` is told when somebody sees it wait, so that the slice of execution ends.
   */
  constructor(source: () => bigint = () => 0n, held?: () => void) {
    this.#source = source;
    this.#held = held;
  }

  now(): bigint {
    const time = this.#source();
    if (this.#held === undefined) return time > this.#now ? time : this.#now;
    if (this.#isCalling) return this.#now;
    const due = this.next;
    const isHeld = due !== undefined && time > due;
    if (isHeld) this.#held();
    // Kept, because a call may be scheduled for a time that was seen already.
    const seen = isHeld ? due : time;
    if (seen > this.#now) this.#now = seen;
    return this.#now;
  }

  /** How far the source is ahead while time waits for a call, in nanoseconds. */
  get behind(): bigint {
    const due = this.#held === undefined ? undefined : this.next;
    const ahead = due === undefined ? 0n : this.#source() - due;
    return ahead > 0n ? ahead : 0n;
  }

  /** Of `behind`, what is too much to catch up with: whoever has the source takes it away. */
  get lost(): bigint {
    const lost = this.behind - MOST_BEHIND;
    return lost > 0n ? lost : 0n;
  }

  schedule(at: bigint, callback: () => void): ScheduledCall {
    const entry: Entry = { at, order: this.#order++, callback };
    this.#insert(entry);
    return {
      cancel: () => {
        entry.callback = undefined;
      },
    };
  }

  /** Starts over at a time, with nothing scheduled. */
  restart(time: bigint): void {
    this.#heap.length = 0;
    this.#now = time;
  }

  /** When the next call is due, in nanoseconds; undefined when none is scheduled. */
  get next(): bigint | undefined {
    return this.nextCall?.at;
  }

  /** The same one as long as no other comes before it: to be told apart without arithmetic. */
  get nextCall(): { readonly at: bigint } | undefined {
    const heap = this.#heap;
    while (heap.length > 0 && (heap[0] as Entry).callback === undefined) this.#removeFirst();
    return heap[0];
  }

  /** Lets time pass until `time`, and makes the calls that fall due, each at its own time. */
  advanceTo(time: bigint): void {
    for (;;) {
      const due = this.next;
      if (due === undefined || due > time) break;
      if (due > this.#now) this.#now = due;
      const entry = this.#removeFirst();
      const callback = entry.callback;
      entry.callback = undefined;
      this.#isCalling = true;
      callback?.();
      this.#isCalling = false;
    }
    if (time > this.#now) this.#now = time;
  }

  #insert(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isEarlier(entry, heap[parent] as Entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #removeFirst(): Entry {
    const heap = this.#heap;
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEarlier(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!isEarlier(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isEarlier(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
