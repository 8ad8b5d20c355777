/** What the threads of a machine share beside the guest's memory: counts of messages, the clock, requests of the host's thread, the screen. */
import { nowOfHost } from './host-time.ts';

/** Words of 4 bytes. By core: messages posted to its thread so far; 1 while it is to reset itself. */
const SENT = 0;
const RESET = 32;
/** 1: the screen may have changed since the last picture. */
const SCREEN_CHANGED = 64;
/** What the host's thread asks core 0's for, and waits for: state, kind, and the answer. */
export const REQUEST = 65;
export const REQUEST_KIND = 66;
export const REQUEST_WIDTH = 67;
export const REQUEST_HEIGHT = 68;
export const REQUEST_BYTES = 69;
/** Words of 8 bytes: guest's time at a moment, that moment in the host's time (both in nanoseconds), and 1 while the clock runs. */
const TIME = 40;
const TIME_REFERENCE = 41;
const TIME_RUNS = 42;
/** And the guest's time that is not passed before core 0's thread has done what is due then. */
const TIME_LIMIT = 43;
const NO_LIMIT = (1n << 63n) - 1n;
const AREA_BYTES = 512;
/** A picture, or the cells of a text screen. */
const SCREEN_BYTES = 64 * 1024;
const SCREEN_MAXIMUM = 64 * 1024 * 1024;

/** As it is posted to the other threads. */
export interface AreaBuffers {
  readonly words: SharedArrayBuffer;
  readonly screen: SharedArrayBuffer;
}

export function makeArea(): AreaBuffers {
  const words = new SharedArrayBuffer(AREA_BYTES);
  new BigInt64Array(words)[TIME_LIMIT] = NO_LIMIT;
  return {
    words,
    screen: new SharedArrayBuffer(SCREEN_BYTES, { maxByteLength: SCREEN_MAXIMUM }),
  };
}

export class Area {
  readonly words: Int32Array;
  readonly screen: SharedArrayBuffer;
  readonly #times: BigInt64Array;
  #seen = 0n;
  /** TIME at that moment: it is another one when the clock was set. */
  #seenFrom = 0n;

  constructor({ words, screen }: AreaBuffers) {
    this.words = new Int32Array(words);
    this.#times = new BigInt64Array(words);
    this.screen = screen;
  }

  sent(core: number): number {
    return Atomics.load(this.words, SENT + core);
  }

  countSent(core: number): void {
    Atomics.add(this.words, SENT + core, 1);
  }

  /** Whether a core has still to reset itself. */
  isResetting(core: number): boolean {
    return Atomics.load(this.words, RESET + core) !== 0;
  }

  setResetting(core: number, value: boolean): void {
    Atomics.store(this.words, RESET + core, value ? 1 : 0);
  }

  get screenChanged(): boolean {
    return Atomics.load(this.words, SCREEN_CHANGED) !== 0;
  }

  set screenChanged(value: boolean) {
    Atomics.store(this.words, SCREEN_CHANGED, value ? 1 : 0);
  }

  /** The guest's time in nanoseconds, as far as the host's clock goes. */
  readonly hostNow = (): bigint => {
    const time = Atomics.load(this.#times, TIME);
    if (Atomics.load(this.#times, TIME_RUNS) === 0n) return time;
    const since = nowOfHost() - Atomics.load(this.#times, TIME_REFERENCE);
    return since > 0n ? time + since : time;
  };

  /** The guest's time in nanoseconds. For one thread it goes back only where the clock is set, whatever limits come. */
  readonly now = (): bigint => {
    const base = Atomics.load(this.#times, TIME);
    const time = this.hostNow();
    const limit = Atomics.load(this.#times, TIME_LIMIT);
    const held = time > limit ? limit : time;
    if (held > this.#seen || base !== this.#seenFrom) this.#seen = held;
    this.#seenFrom = base;
    return this.#seen;
  };

  /** Whether the guest's time waits for core 0's thread. */
  get isHeld(): boolean {
    return this.hostNow() > Atomics.load(this.#times, TIME_LIMIT);
  }

  /** Of core 0's thread: time goes no further until it says so; undefined: there is nothing to wait for. */
  holdAt(time: bigint | undefined): void {
    Atomics.store(this.#times, TIME_LIMIT, time ?? NO_LIMIT);
  }

  /** Of core 0's thread, while time is held: so many nanoseconds of the host's the guest never gets. */
  lose(nanoseconds: bigint): void {
    Atomics.add(this.#times, TIME_REFERENCE, nanoseconds);
  }

  /** While no core runs. */
  setClock(time: bigint, runs: boolean): void {
    Atomics.store(this.#times, TIME, time);
    Atomics.store(this.#times, TIME_REFERENCE, nowOfHost());
    Atomics.store(this.#times, TIME_RUNS, runs ? 1n : 0n);
  }
}
