/** The high precision event timer: a 100 MHz counter and three comparators. IA-PC HPET Specification 1.0a, chapter 2. */
import type { AccessBytes, Clock, DeviceEvents, InterruptLine, MemoryWindow, ScheduledCall } from './device.ts';
import { StatefulDevice } from './stateful-device.ts';
import { offsetName, UnknownRegisters } from './unknown-registers.ts';

const TIMERS = 3;
/** 10 ns, in femtoseconds. */
const PERIOD_FS = 10_000_000;
const TICK_NS = 10n;
const CAPABILITIES = 0x8086_0000 + 0xa000 + ((TIMERS - 1) << 8) + 0x01;
const GENERAL_CAPABILITIES = 0x000;
const GENERAL_CONFIGURATION = 0x010;
const GENERAL_STATUS = 0x020;
const MAIN_COUNTER = 0x0f0;
const TIMER_REGISTERS = 0x100;
const TIMER_BYTES = 0x20;
const ENABLE = 1;
const LEGACY_ROUTES = 2;
const LEVEL = 0x02;
const INTERRUPT_ENABLE = 0x04;
const PERIODIC = 0x08;
const PERIODIC_CAPABLE = 0x10;
const SIZE_64 = 0x20;
const VALUE_SET = 0x40;
const FORCE_32 = 0x100;
const WRITABLE = 0x3f4e;
/** I/O APIC inputs that a timer can use: 2, 8, and 16 to 23. */
const ROUTES = 0x00ff0104;
const MASK_64 = 2n ** 64n - 1n;

interface TimerState {
  configuration: number;
  comparator: bigint;
  period: bigint;
  /** When it fires next, as a value of the counter that does not wrap; undefined: not at all. */
  next: bigint | undefined;
}

export interface HpetState {
  configuration: number;
  status: number;
  /** Value of the counter while it stands; or, while it runs, what to add to the clock's ticks. */
  counter: bigint;
  timers: TimerState[];
}

export interface HpetOptions {
  readonly clock: Clock;
  /** An input of the I/O APIC; with legacy routes, timers 0 and 1 take inputs 2 and 8 instead of 8254 and clock. */
  readonly line: (input: number) => InterruptLine;
  /** The 8254 and the clock lose their interrupts while this is true. */
  readonly legacyRoutes: (enabled: boolean) => void;
  readonly events: DeviceEvents;
}

const initialState = (): HpetState => ({
  configuration: 0,
  status: 0,
  counter: 0n,
  timers: Array.from({ length: TIMERS }, () => ({
    configuration: 0,
    comparator: MASK_64,
    period: 0n,
    next: undefined,
  })),
});

export class Hpet extends StatefulDevice<HpetState> {
  /** 1024 bytes, FED00000h on. */
  readonly memory: MemoryWindow;
  readonly #options: HpetOptions;
  readonly #unknown: UnknownRegisters;
  readonly #calls: (ScheduledCall | undefined)[] = new Array<ScheduledCall | undefined>(TIMERS).fill(undefined);

  constructor(options: HpetOptions) {
    super(initialState());
    this.#options = options;
    this.#unknown = new UnknownRegisters('HPET', options.events);
    this.memory = {
      read: (offset, bytes) => this.#read(offset, bytes),
      write: (offset, bytes, value) => this.#write(offset, bytes, value),
    };
  }

  reset(): void {
    for (const timer of this.state.timers.keys()) this.#lower(timer);
    this.state = initialState();
    this.restored();
  }

  protected override restored(): void {
    this.#options.legacyRoutes((this.state.configuration & LEGACY_ROUTES) !== 0);
    for (const timer of this.state.timers.keys()) {
      this.#schedule(timer);
      if ((this.state.status & (1 << timer)) !== 0) this.#line(timer).set(true);
    }
  }

  get #runs(): boolean {
    return (this.state.configuration & ENABLE) !== 0;
  }

  #ticks(): bigint {
    return this.#options.clock.now() / TICK_NS;
  }

  /** The counter, without its wrap at 64 bits. */
  #counter(): bigint {
    return this.#runs ? this.#ticks() + this.state.counter : this.state.counter;
  }

  #timer(index: number): TimerState {
    return this.state.timers[index] as TimerState;
  }

  #line(index: number): InterruptLine {
    const legacy = (this.state.configuration & LEGACY_ROUTES) !== 0 && index < 2;
    const route = (this.#timer(index).configuration >> 9) & 31;
    return this.#options.line(legacy ? (index === 0 ? 2 : 8) : route);
  }

  #lower(index: number): void {
    if ((this.state.status & (1 << index)) === 0) return;
    this.state.status &= ~(1 << index);
    this.#line(index).set(false);
  }

  /** Works out when the comparator is reached next: within the wrap of its width, behind the counter. */
  #arm(index: number): void {
    const timer = this.#timer(index);
    const width = (timer.configuration & FORCE_32) !== 0 ? 32n : 64n;
    const counter = this.#counter();
    const distance = BigInt.asUintN(Number(width), timer.comparator - counter);
    timer.next = counter + (distance === 0n ? 2n ** width : distance);
    this.#schedule(index);
  }

  #schedule(index: number): void {
    this.#calls[index]?.cancel();
    this.#calls[index] = undefined;
    const { next, configuration } = this.#timer(index);
    if (!this.#runs || next === undefined || (configuration & INTERRUPT_ENABLE) === 0) return;
    const at = (next - this.state.counter) * TICK_NS;
    this.#calls[index] = this.#options.clock.schedule(at, () => this.#fire(index));
  }

  #fire(index: number): void {
    const timer = this.#timer(index);
    const line = this.#line(index);
    if ((timer.configuration & LEVEL) !== 0) {
      this.state.status |= 1 << index;
      line.set(true);
    } else {
      line.set(true);
      line.set(false);
    }
    if ((timer.configuration & PERIODIC) === 0 || timer.period === 0n) {
      this.#arm(index);
      return;
    }
    // Periods that have passed meanwhile are not made up for.
    const late = this.#counter() - (timer.next as bigint);
    const periods = late >= 0n ? late / timer.period + 1n : 1n;
    timer.next = (timer.next as bigint) + periods * timer.period;
    timer.comparator = timer.next & MASK_64;
    this.#schedule(index);
  }

  #read(offset: number, bytes: AccessBytes): number {
    const value = this.#register(offset & ~7);
    if (value === undefined) return this.#unknown.read(offsetName(offset)) % 2 ** (8 * bytes);
    return Number((value >> BigInt(8 * (offset & 7))) & (2n ** BigInt(8 * bytes) - 1n));
  }

  #register(offset: number): bigint | undefined {
    switch (offset) {
      case GENERAL_CAPABILITIES:
        return (BigInt(PERIOD_FS) << 32n) | BigInt(CAPABILITIES);
      case GENERAL_CONFIGURATION:
        return BigInt(this.state.configuration);
      case GENERAL_STATUS:
        return BigInt(this.state.status);
      case MAIN_COUNTER:
        return this.#counter() & MASK_64;
      default:
    }
    const index = (offset - TIMER_REGISTERS) / TIMER_BYTES;
    const timer = this.state.timers[Math.floor(index)];
    if (offset < TIMER_REGISTERS || timer === undefined) return undefined;
    if ((offset & 0x1f) === 0)
      return (BigInt(ROUTES) << 32n) | BigInt(timer.configuration | PERIODIC_CAPABLE | SIZE_64);
    if ((offset & 0x1f) === 8) return timer.comparator;
    // The FSB interrupt route is there to be read, though no timer can use it.
    return (offset & 0x1f) === 0x10 ? 0n : undefined;
  }

  /** Registers are written in halves or whole; narrower writes are not defined (2.3.1). */
  #write(offset: number, bytes: AccessBytes, value: number): void {
    const register = offset & ~7;
    const high = (offset & 4) !== 0;
    const known = this.#register(register) !== undefined && bytes === 4;
    if (!known) this.#unknown.write(offsetName(offset));
    else if (register === GENERAL_CONFIGURATION && !high) this.#configure(value & 3);
    else if (register === GENERAL_STATUS && !high) {
      for (let i = 0; i < TIMERS; i++) if ((value & (1 << i)) !== 0) this.#lower(i);
    } else if (register === MAIN_COUNTER) this.#setCounter(merge(this.#counter() & MASK_64, high, value));
    else if (register >= TIMER_REGISTERS)
      this.#writeTimer(Math.floor((register - TIMER_REGISTERS) / TIMER_BYTES), register & 0x1f, high, value);
  }

  #configure(value: number): void {
    const changed = value ^ this.state.configuration;
    const counter = this.#counter();
    if ((changed & LEGACY_ROUTES) !== 0) for (let i = 0; i < TIMERS; i++) this.#lower(i);
    this.state.configuration = value;
    if ((changed & LEGACY_ROUTES) !== 0) this.#options.legacyRoutes((value & LEGACY_ROUTES) !== 0);
    if ((changed & ENABLE) !== 0) this.state.counter = this.#runs ? counter - this.#ticks() : counter;
    for (let i = 0; i < TIMERS; i++) this.#schedule(i);
  }

  /** Software stops the counter before it writes it, but nothing breaks when it does not. */
  #setCounter(value: bigint): void {
    this.state.counter = this.#runs ? value - this.#ticks() : value;
    for (let i = 0; i < TIMERS; i++) if (this.#timer(i).next !== undefined) this.#arm(i);
  }

  #writeTimer(index: number, register: number, high: boolean, value: number): void {
    const timer = this.#timer(index);
    if (register === 0 && !high) {
      this.#lower(index);
      timer.configuration = value & WRITABLE;
      this.#schedule(index);
    } else if (register === 8) {
      const written = merge(timer.comparator, high, value);
      const sets = (timer.configuration & VALUE_SET) !== 0;
      // Of a periodic timer, the first write behind VALUE_SET is the first expiry, the next one the period (2.3.9.2.2).
      if ((timer.configuration & PERIODIC) !== 0 && !sets) {
        timer.period = merge(timer.period, high, value);
        this.#schedule(index);
        return;
      }
      timer.comparator = written;
      if ((timer.configuration & PERIODIC) !== 0 && timer.period === 0n) timer.period = BigInt(value);
      timer.configuration &= high ? ~0 : ~VALUE_SET;
      this.#arm(index);
    }
  }
}

function merge(old: bigint, high: boolean, value: number): bigint {
  const low = old & 0xffffffffn;
  return high ? (BigInt(value) << 32n) | low : (old - low) | BigInt(value);
}
