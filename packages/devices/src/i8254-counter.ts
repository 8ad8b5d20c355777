/** One counter of an 8254: its count and output at any time, from when it was loaded. Data sheet, "Mode definitions". */

const HERTZ = 1_193_182n;
const SECOND = 1_000_000_000n;

export interface CounterState {
  /** 0 to 5. */
  mode: number;
  bcd: boolean;
  /** RW1 and RW0: 1 low byte, 2 high byte, 3 both. */
  access: number;
  gate: boolean;
  /** A count has been written since the mode was. */
  loaded: boolean;
  /** For modes 1 and 5: the gate has risen since. */
  triggered: boolean;
  /** 1 to 65536, or to 10000 in BCD. */
  divisor: number;
  /** When counting began, in ns. */
  start: bigint;
  /** Ticks that had passed when the gate stopped the counter; -1: it runs. */
  stoppedAt: number;
  latchedCount: number;
  latchedStatus: number;
  readHigh: boolean;
  writeHigh: boolean;
  writeLow: number;
}

export function initialCounter(): CounterState {
  return {
    mode: 3,
    bcd: false,
    access: 3,
    gate: true,
    loaded: false,
    triggered: false,
    divisor: 0x10000,
    start: 0n,
    stoppedAt: -1,
    latchedCount: -1,
    latchedStatus: -1,
    readHigh: false,
    writeHigh: false,
    writeLow: 0,
  };
}

/** Conversions between ticks of the counter's clock and ns. */
export const elapsedTicks: { fromNs(ns: bigint): number; toNs(ticks: number): bigint } = {
  fromNs: (ns) => Number((ns * HERTZ) / SECOND),
  /** The first ns at which so many ticks have passed. */
  toNs: (ticks) => (BigInt(ticks) * SECOND + HERTZ - 1n) / HERTZ,
};

function ticks(counter: CounterState, now: bigint): number {
  return counter.stoppedAt >= 0 ? counter.stoppedAt : elapsedTicks.fromNs(now - counter.start);
}

const isPeriodic = (counter: CounterState): boolean => counter.mode === 2 || counter.mode === 3;
const needsTrigger = (counter: CounterState): boolean => counter.mode === 1 || counter.mode === 5;

/** `count` as written: 0 stands for the greatest. In modes 2 and 3 a new count also starts at once, not at the period's end. */
export function loadCount(counter: CounterState, count: number, now: bigint): void {
  const wrap = counter.bcd ? 10000 : 0x10000;
  const value = counter.bcd ? fromBcd(count) : count;
  counter.divisor = value === 0 ? wrap : value;
  counter.loaded = true;
  if (needsTrigger(counter)) return;
  counter.start = now;
  counter.stoppedAt = counter.gate ? -1 : 0;
}

export function setGate(counter: CounterState, level: boolean, now: bigint): void {
  if (level === counter.gate) return;
  if (needsTrigger(counter)) {
    if (level && counter.loaded) {
      counter.triggered = true;
      counter.start = now;
    }
  } else if (!level) {
    counter.stoppedAt = ticks(counter, now);
  } else if (isPeriodic(counter)) {
    counter.stoppedAt = -1;
    counter.start = now;
  } else {
    counter.start = now - elapsedTicks.toNs(Math.max(0, counter.stoppedAt));
    counter.stoppedAt = -1;
  }
  counter.gate = level;
}

/** Whether it counts towards something: loaded, and triggered where the mode wants that. */
function isArmed(counter: CounterState): boolean {
  return counter.loaded && (!needsTrigger(counter) || counter.triggered);
}

/** What a read of the counter gives, in its own notation. */
export function countAt(counter: CounterState, now: bigint): number {
  const { divisor } = counter;
  const wrap = counter.bcd ? 10000 : 0x10000;
  let count = divisor;
  if (isArmed(counter)) {
    const passed = ticks(counter, now);
    if (counter.mode === 2) count = divisor - (passed % divisor);
    // Mode 3 counts by twos, and goes through the count once for each half.
    else if (counter.mode === 3) count = divisor - ((2 * passed) % divisor);
    else count = (((divisor - passed) % wrap) + wrap) % wrap;
  }
  count %= wrap;
  return counter.bcd ? toBcd(count) : count;
}

export function outputAt(counter: CounterState, now: bigint): boolean {
  if (!isArmed(counter)) return counter.mode !== 0;
  const { divisor } = counter;
  const passed = ticks(counter, now);
  switch (counter.mode) {
    case 0:
    case 1:
      return passed >= divisor;
    case 2:
      return !counter.gate || passed % divisor !== divisor - 1 || divisor === 1;
    case 3:
      return !counter.gate || passed % divisor < (divisor + 1) >> 1;
    default:
      return passed !== divisor;
  }
}

/** When the output changes next, in ns; undefined for never. */
export function nextChange(counter: CounterState, now: bigint): bigint | undefined {
  if (!isArmed(counter) || counter.stoppedAt >= 0) return undefined;
  const { divisor } = counter;
  const passed = ticks(counter, now);
  const change = (tick: number): bigint => counter.start + elapsedTicks.toNs(tick);
  if (isPeriodic(counter)) {
    const period = passed - (passed % divisor);
    if (divisor === 1) return undefined;
    const edge = period + (counter.mode === 2 ? divisor - 1 : (divisor + 1) >> 1);
    return change(passed < edge ? edge : period + divisor);
  }
  if (passed < divisor) return change(divisor);
  // Modes 4 and 5: the strobe is one tick long.
  return counter.mode >= 4 && passed === divisor ? change(divisor + 1) : undefined;
}

function fromBcd(bcd: number): number {
  return (bcd >> 12) * 1000 + ((bcd >> 8) & 15) * 100 + ((bcd >> 4) & 15) * 10 + (bcd & 15);
}

function toBcd(value: number): number {
  return (
    (Math.floor(value / 1000) << 12) |
    (Math.floor((value / 100) % 10) << 8) |
    (Math.floor((value / 10) % 10) << 4) |
    (value % 10)
  );
}
