/** Which mode code is decoded for now: found again by a number that is cheap to make, because calls, interrupts and returns change it often. */
import * as state from '../semantics/state.ts';
import { hasBreakpoints } from '../system/debug.ts';
import { type CodeMode, codeModeOf } from './code-mode.ts';
import type { StateContext } from './core-context.ts';
import type { CoreState } from './core-state.ts';
import type { Runtime } from './runtime.ts';

/** A mode, the same for one instruction at a time, and the number of both in JUMPS_KEY. */
export interface KnownMode {
  readonly mode: CodeMode;
  readonly single: CodeMode;
  readonly number: number;
}

export class ModeTracker {
  readonly #context: StateContext;
  readonly #state: CoreState;
  readonly #runtime: Runtime;
  readonly #known = new Map<number, KnownMode>();
  readonly #modes = new Map<string, KnownMode>();
  readonly #byNumber: KnownMode[] = [];

  constructor(context: StateContext, runtime: Runtime) {
    this.#context = context;
    this.#state = context.state;
    this.#runtime = runtime;
  }

  get current(): KnownMode {
    const fingerprint = this.#runtime.modeFingerprint(this.#state.base);
    let known = this.#known.get(fingerprint);
    if (known === undefined) {
      const mode = codeModeOf(this.#context, false);
      known = this.#modes.get(mode.key);
      if (known === undefined) {
        if (this.#modes.size === 1 << state.MODE_BITS)
          throw new Error('There are more modes of code than were thought of');
        known = { mode, single: codeModeOf(this.#context, true), number: this.#modes.size };
        this.#modes.set(mode.key, known);
        this.#byNumber.push(known);
      }
      this.#known.set(fingerprint, known);
    }
    return known;
  }

  /** One that was current before. */
  numbered(number: number): KnownMode {
    return this.#byNumber[number] as KnownMode;
  }

  /** Whether data breakpoints want to see every access. */
  get watches(): boolean {
    if ((this.#state.get32(state.DR + 7 * 8) & 0xff) === 0) return false;
    return hasBreakpoints(this.#context, 'write') || hasBreakpoints(this.#context, 'access');
  }
}
