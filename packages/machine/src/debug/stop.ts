/** A machine that has stopped, and who is told of it. */
import type { Cpu, WatchHit } from '@drift-os/x86-core';
import { instructionAddress } from './linear-memory.ts';

export interface Stop {
  /** pause: the host wanted it. */
  readonly reason: 'breakpoint' | 'watchpoint' | 'step' | 'pause';
  /** Which core did it. */
  readonly core: number;
  /** Linear address of that core's next instruction. */
  readonly address: bigint;
  /** What a watchpoint saw. */
  readonly hit?: WatchHit;
}

export function stopAt(stopped: Cpu, core: number, reason: Stop['reason'], hit?: WatchHit): Stop {
  const seen = reason === 'watchpoint' ? (hit ?? stopped.watchHit) : undefined;
  return { reason, core, address: instructionAddress(stopped), ...(seen === undefined ? {} : { hit: seen }) };
}

export class StopListeners {
  readonly #listeners = new Set<(stop: Stop) => void>();

  add(listener: (stop: Stop) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(stop: Stop): void {
    for (const listener of [...this.#listeners]) listener(stop);
  }
}
