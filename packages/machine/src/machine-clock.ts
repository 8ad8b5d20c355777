/** The machine's clock: calls at given times, made only between slices of execution, so that no device is entered twice. */
import type { Clock, ScheduledCall } from '@drift-os/devices';

interface Entry {
  readonly at: bigint;
  /** Of two calls for the same time the one that was scheduled first is made first. */
  readonly order: number;
  callback: (() => void) | undefined;
}

export class MachineClock implements Clock {
  #now = 0n;
  readonly #source: () => bigint;
  #order = 0;
  /** A binary heap: the earliest entry first. Cancelled ones stay until they come up. */
  readonly #heap: Entry[] = [];

  /**
   * `source` tells how far time has come while the machine executes: from instructions counted, or from the host's clock. Without it time
   * passes in `advanceTo` alone.
   */
  constructor(source: () => bigint = () => 0n) {
    this.#source = source;
  }

  now(): bigint {
    const time = this.#source();
    return time > this.#now ? time : this.#now;
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
    while (this.#heap.length > 0 && this.#heap[0]?.callback === undefined) this.#removeFirst();
    return this.#heap[0]?.at;
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
      callback?.();
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
