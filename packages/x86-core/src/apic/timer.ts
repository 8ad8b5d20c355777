/** The local APIC's timer: one-shot, periodic, TSC deadline (SDM 3A 11.5.4). Its clock runs at 1 GHz, before the divider. */

export type TimerMode = 'one-shot' | 'periodic' | 'tsc-deadline';

export interface TimerClock {
  /** Nanoseconds. */
  now(): bigint;
  /** When the time-stamp counter reaches a value, in nanoseconds. */
  timeOfTimestamp(value: bigint): bigint;
}

export interface ApicTimerState {
  readonly mode: TimerMode;
  readonly divideConfiguration: number;
  readonly initialCount: number;
  readonly started: bigint;
  readonly deadline: bigint | undefined;
  readonly timestampDeadline: bigint;
}

export class ApicTimer {
  readonly #clock: TimerClock;
  #mode: TimerMode = 'one-shot';
  #divideConfiguration = 0;
  #initialCount = 0;
  #started = 0n;
  #deadline: bigint | undefined;
  #timestampDeadline = 0n;

  constructor(clock: TimerClock) {
    this.#clock = clock;
  }

  reset(): void {
    this.#mode = 'one-shot';
    this.#divideConfiguration = 0;
    this.#stop();
    this.#timestampDeadline = 0n;
  }

  /** When it expires next, in nanoseconds; undefined: not running. */
  get deadline(): bigint | undefined {
    return this.#deadline;
  }

  get mode(): TimerMode {
    return this.#mode;
  }

  /** A change between the TSC deadline and the others disarms it. */
  set mode(mode: TimerMode) {
    if ((mode === 'tsc-deadline') !== (this.#mode === 'tsc-deadline')) {
      this.#stop();
      this.#timestampDeadline = 0n;
    }
    this.#mode = mode;
  }

  get divideConfiguration(): number {
    return this.#divideConfiguration;
  }

  /** Goes on from the current count at the new rate. */
  set divideConfiguration(value: number) {
    const left = this.currentCount;
    this.#divideConfiguration = value & 0xb;
    if (this.#deadline === undefined || this.#mode === 'tsc-deadline') return;
    const now = this.#clock.now();
    this.#started = now - BigInt(this.#initialCount - left) * this.#divisor;
    this.#deadline = now + BigInt(left) * this.#divisor;
  }

  /** 0 and 1 of the divider's bits are at 0 and 1, its bit 2 at 3; 111 divides by 1. */
  get #divisor(): bigint {
    const code = (this.#divideConfiguration & 3) | ((this.#divideConfiguration & 8) >> 1);
    return code === 7 ? 1n : 2n << BigInt(code);
  }

  get initialCount(): number {
    return this.#initialCount;
  }

  /** Starts counting down; 0 stops. Ignored in TSC-deadline mode. */
  set initialCount(value: number) {
    if (this.#mode === 'tsc-deadline') return;
    this.#stop();
    this.#initialCount = value >>> 0;
    if (this.#initialCount === 0) return;
    this.#started = this.#clock.now();
    this.#deadline = this.#started + BigInt(this.#initialCount) * this.#divisor;
  }

  get currentCount(): number {
    if (this.#deadline === undefined || this.#mode === 'tsc-deadline') return 0;
    const left = this.#deadline - this.#clock.now();
    if (left > 0n) return Number((left + this.#divisor - 1n) / this.#divisor);
    if (this.#mode === 'one-shot') return 0;
    const period = BigInt(this.#initialCount) * this.#divisor;
    return Number((period - (-left % period)) / this.#divisor);
  }

  /** IA32_TSC_DEADLINE: reads as 0 once it has expired. */
  get timestampDeadline(): bigint {
    return this.#timestampDeadline;
  }

  /** Ignored outside of its mode (SDM 3A 11.5.4.1). */
  set timestampDeadline(value: bigint) {
    if (this.#mode !== 'tsc-deadline') return;
    this.#timestampDeadline = value;
    this.#deadline = value === 0n ? undefined : this.#clock.timeOfTimestamp(value);
  }

  /** @returns whether it expired since the last call. Periods that were missed count as one. */
  expire(): boolean {
    const now = this.#clock.now();
    if (this.#deadline === undefined || now < this.#deadline) return false;
    if (this.#mode === 'periodic') {
      const period = BigInt(this.#initialCount) * this.#divisor;
      this.#deadline += ((now - this.#deadline) / period + 1n) * period;
      this.#started = this.#deadline - period;
    } else {
      this.#deadline = undefined;
      this.#timestampDeadline = 0n;
    }
    return true;
  }

  #stop(): void {
    this.#initialCount = 0;
    this.#deadline = undefined;
  }

  save(): ApicTimerState {
    return {
      mode: this.#mode,
      divideConfiguration: this.#divideConfiguration,
      initialCount: this.#initialCount,
      started: this.#started,
      deadline: this.#deadline,
      timestampDeadline: this.#timestampDeadline,
    };
  }

  restore(state: ApicTimerState): void {
    this.#mode = state.mode;
    this.#divideConfiguration = state.divideConfiguration;
    this.#initialCount = state.initialCount;
    this.#started = state.started;
    this.#deadline = state.deadline;
    this.#timestampDeadline = state.timestampDeadline;
  }
}
