/**
 * The 8254 interval timer: three counters at 1.193182 MHz. Intel 8254 data sheet (231164).
 *
 * Nothing ticks: what a counter holds follows from when it was loaded. Only counter 0's output is followed in time, for its interrupt.
 */
import { byteWidePorts } from './byte-wide.ts';
import type { Clock, InterruptLine, PortWindow, ScheduledCall } from './device.ts';
import {
  type CounterState,
  countAt,
  elapsedTicks,
  initialCounter,
  loadCount,
  nextChange,
  outputAt,
  setGate,
} from './i8254-counter.ts';
import { StatefulDevice } from './stateful-device.ts';

const CONTROL = 3;
const READ_BACK = 3;
const RW_LATCH = 0;
const RW_LOW = 1;
const RW_HIGH = 2;

export interface I8254State {
  counters: [CounterState, CounterState, CounterState];
}

export interface I8254Options {
  readonly clock: Clock;
  /** Output of counter 0: interrupt request 0. */
  readonly irq: InterruptLine;
  /** Told when counter 2 is programmed or gated: the period in ns of its square wave, or 0 for silence. */
  readonly tone?: (periodNs: number) => void;
}

export class I8254 extends StatefulDevice<I8254State> {
  /** Ports 40h to 43h. */
  readonly ports: PortWindow;
  readonly #options: I8254Options;
  #change: ScheduledCall | undefined;

  constructor(options: I8254Options) {
    super(initialState());
    this.#options = options;
    this.ports = byteWidePorts({
      readByte: (offset) => (offset === CONTROL ? 0xff : this.#readCounter(this.#counter(offset))),
      writeByte: (offset, value) =>
        offset === CONTROL ? this.#writeControl(value) : this.#writeCounter(offset, value),
    });
  }

  reset(): void {
    this.state = initialState();
    this.restored();
  }

  /** GATE of counter 2, from port 61h. */
  setGate(level: boolean): void {
    setGate(this.#counter(2), level, this.#options.clock.now());
    this.#tellTone();
  }

  /** OUT of counter 2, for port 61h. */
  get output(): boolean {
    return outputAt(this.#counter(2), this.#options.clock.now());
  }

  protected override restored(): void {
    this.#followOutput();
    this.#tellTone();
  }

  #counter(index: number): CounterState {
    return this.state.counters[index as 0 | 1 | 2];
  }

  #writeControl(value: number): void {
    const select = value >> 6;
    if (select === READ_BACK) {
      for (let i = 0; i < 3; i++) {
        if ((value & (2 << i)) === 0) continue;
        if ((value & 0x20) === 0) this.#latchCount(this.#counter(i));
        if ((value & 0x10) === 0) this.#latchStatus(this.#counter(i));
      }
      return;
    }
    const counter = this.#counter(select);
    const access = (value >> 4) & 3;
    if (access === RW_LATCH) {
      this.#latchCount(counter);
      return;
    }
    const mode = (value >> 1) & 7;
    const { gate } = counter;
    Object.assign(counter, initialCounter(), {
      access,
      mode: mode > 5 ? mode - 4 : mode,
      bcd: (value & 1) !== 0,
      gate,
    });
    if (select === 0) this.#followOutput();
    if (select === 2) this.#tellTone();
  }

  #latchCount(counter: CounterState): void {
    if (counter.latchedCount >= 0) return;
    counter.latchedCount = countAt(counter, this.#options.clock.now());
  }

  #latchStatus(counter: CounterState): void {
    if (counter.latchedStatus >= 0) return;
    const output = outputAt(counter, this.#options.clock.now()) ? 0x80 : 0;
    const nullCount = counter.loaded ? 0 : 0x40;
    counter.latchedStatus = output | nullCount | (counter.access << 4) | (counter.mode << 1) | (counter.bcd ? 1 : 0);
  }

  #readCounter(counter: CounterState): number {
    if (counter.latchedStatus >= 0) {
      const status = counter.latchedStatus;
      counter.latchedStatus = -1;
      return status;
    }
    const count = counter.latchedCount >= 0 ? counter.latchedCount : countAt(counter, this.#options.clock.now());
    const high = counter.access === RW_HIGH || (counter.access !== RW_LOW && counter.readHigh);
    if (counter.access !== RW_LOW && counter.access !== RW_HIGH) counter.readHigh = !counter.readHigh;
    if (!counter.readHigh) counter.latchedCount = -1;
    return high ? count >> 8 : count & 0xff;
  }

  #writeCounter(index: number, value: number): void {
    const counter = this.#counter(index);
    let count: number;
    if (counter.access === RW_LOW) count = value;
    else if (counter.access === RW_HIGH) count = value << 8;
    else if (!counter.writeHigh) {
      counter.writeLow = value;
      counter.writeHigh = true;
      return;
    } else {
      count = (value << 8) | counter.writeLow;
      counter.writeHigh = false;
    }
    loadCount(counter, count, this.#options.clock.now());
    if (index === 0) this.#followOutput();
    if (index === 2) this.#tellTone();
  }

  /** Sets the interrupt line as counter 0's output is, and again at its next change. */
  #followOutput(): void {
    const counter = this.#counter(0);
    const { clock, irq } = this.#options;
    this.#change?.cancel();
    const now = clock.now();
    irq.set(outputAt(counter, now));
    const next = nextChange(counter, now);
    this.#change = next === undefined ? undefined : clock.schedule(next, () => this.#followOutput());
  }

  #tellTone(): void {
    const counter = this.#counter(2);
    const sounds = counter.mode === 3 && counter.loaded && counter.gate;
    this.#options.tone?.(sounds ? Number(elapsedTicks.toNs(counter.divisor)) : 0);
  }
}

function initialState(): I8254State {
  const counters: I8254State['counters'] = [initialCounter(), initialCounter(), initialCounter()];
  counters[2].gate = false;
  return { counters };
}
