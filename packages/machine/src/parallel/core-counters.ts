/** What the compilers of a machine's threads have done: each thread has its own, and tells when asked and when its core ceases. */
import { type JitCounters, sumOfCounters } from '@drift-os/x86-core';

export class CoreCounters {
  readonly #latest = new Map<number, JitCounters>();
  readonly #waiting = new Map<number, (() => void)[]>();

  /** @param counters undefined: all is interpreted there */
  receive(core: number, counters: JitCounters | undefined): void {
    if (counters !== undefined) this.#latest.set(core, counters);
    this.left(core);
  }

  /** Nothing more comes from there. */
  left(core: number): void {
    const waiting = this.#waiting.get(core) ?? [];
    this.#waiting.delete(core);
    for (const resolve of waiting) resolve();
  }

  /** Whether somebody waits for a core's. */
  isAwaited(core: number): boolean {
    return this.#waiting.has(core);
  }

  /** Resolves when the next come from there, or the thread is gone. */
  next(core: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(core);
      if (waiting === undefined) this.#waiting.set(core, [resolve]);
      else waiting.push(resolve);
    });
  }

  /** Of the latest of all cores. */
  get sum(): JitCounters | undefined {
    const [first, ...others] = this.#latest.values();
    return first === undefined ? undefined : others.reduce(sumOfCounters, first);
  }
}
