/**
 * How far a thread has come in its end. A machine ends in two steps, so that no thread is killed in the midst of WebAssembly, and none waits for one that is gone: all cores cease,
 * while their threads still answer each other; then each thread leaves.
 */
export type Step = 'ceased' | 'over';

export class Farewell {
  readonly #reached = new Set<Step>();
  #look: () => void = () => {};

  reach(step: Step): void {
    this.#reached.add(step);
    this.#look();
  }

  /** The thread is gone, whether it was asked or not. */
  left(): void {
    this.reach('ceased');
    this.reach('over');
  }

  /** Resolves when it has come so far, or when the milliseconds are over. */
  async reached(step: Step, milliseconds: number): Promise<void> {
    if (this.#reached.has(step)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#look = () => {
        if (!this.#reached.has(step)) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
