/**
 * Real-time clock and CMOS memory: Motorola MC146818A data sheet, with the 128 bytes of the PIIX3's.
 *
 * Nothing ticks: the time follows from the clock, and interrupts are scheduled only while one is enabled.
 */
import { byteWidePorts } from './byte-wide.ts';
import type { Clock, InterruptLine, PortWindow, ScheduledCall } from './device.ts';
import { alarmMatches, encodeTime, decodeTime, isTimeRegister } from './mc146818-time.ts';
import { StatefulDevice } from './stateful-device.ts';

const REGISTER_A = 0x0a;
const REGISTER_B = 0x0b;
const REGISTER_C = 0x0c;
const REGISTER_D = 0x0d;
const UPDATE_IN_PROGRESS = 0x80;
/** Register B. */
const SET = 0x80;
const ENABLES = 0x70;
const UPDATE_ENABLE = 0x10;
const ALARM_ENABLE = 0x20;
const PERIODIC_ENABLE = 0x40;
/** Register C. */
const INTERRUPT_REQUEST = 0x80;
const VALID_RAM = 0x80;
const SECOND = 1_000_000_000n;
/** Update in progress is set 244 us before an update (data sheet, "Update cycle"). */
const UPDATE_NS = 244_000n;
const OSCILLATOR_HERTZ = 32768n;
const DAY = 86_400;

export interface Mc146818State {
  index: number;
  /** Registers and memory; the time registers only count while SET stops the clock. */
  bytes: Uint8Array;
  /** Unix time in ns of the clock's zero. */
  base: bigint;
  /** Up to which second, and which periodic interrupt, flags have been set. */
  seenSecond: bigint;
  seenPeriod: bigint;
}

export interface Mc146818Options {
  readonly clock: Clock;
  /** Interrupt request 8. */
  readonly irq: InterruptLine;
  /** Unix time in ms when the clock is at zero; the registers show UTC. */
  readonly startTime: number;
  /** What firmware finds in CMOS memory: index (0Eh to 7Fh) to byte. See `cmosMemorySize`. */
  readonly cmos?: Readonly<Record<number, number>>;
}

export class Mc146818 extends StatefulDevice<Mc146818State> {
  /** Ports 70h and 71h. */
  readonly ports: PortWindow;
  readonly #options: Mc146818Options;
  #next: ScheduledCall | undefined;

  constructor(options: Mc146818Options) {
    const bytes = new Uint8Array(128);
    bytes[REGISTER_A] = 0x26;
    bytes[REGISTER_B] = 0x02;
    for (const [index, value] of Object.entries(options.cmos ?? {})) bytes[Number(index)] = value;
    super({
      index: 0,
      bytes,
      base: BigInt(Math.round(options.startTime)) * 1_000_000n,
      seenSecond: 0n,
      seenPeriod: 0n,
    });
    this.#options = options;
    this.state.seenSecond = this.#unixSecond();
    this.ports = byteWidePorts({
      readByte: (offset) => (offset === 0 ? 0xff : this.#read(this.state.index)),
      writeByte: (offset, value) => {
        // Bit 7 of the index masks NMI, which nothing here raises.
        if (offset === 0) this.state.index = value & 0x7f;
        else this.#write(this.state.index, value);
      },
    });
  }

  /** RESET clears the enables and flags; time and memory are on a battery. */
  reset(): void {
    this.state.index = 0;
    this.#set(REGISTER_B, this.#get(REGISTER_B) & ~(ENABLES | 0x08));
    this.#set(REGISTER_C, 0);
    this.#update();
  }

  protected override restored(): void {
    this.#update();
  }

  #get(index: number): number {
    return this.state.bytes[index] as number;
  }

  #set(index: number, value: number): void {
    this.state.bytes[index] = value;
  }

  #unixNs(): bigint {
    return this.state.base + this.#options.clock.now();
  }

  #unixSecond(): bigint {
    return this.#unixNs() / SECOND;
  }

  /** Period of the periodic interrupt in oscillator cycles; 0n: none (data sheet, table 5). */
  #periodCycles(): bigint {
    const rate = this.#get(REGISTER_A) & 0x0f;
    if (rate === 0) return 0n;
    return 1n << BigInt(rate <= 2 ? rate + 6 : rate - 1);
  }

  #read(index: number): number {
    if (isTimeRegister(index)) {
      if ((this.#get(REGISTER_B) & SET) === 0) {
        encodeTime(this.state.bytes, Number(this.#unixSecond()), this.#get(REGISTER_B));
      }
      return this.#get(index);
    }
    if (index === REGISTER_A) {
      const updates = (this.#get(REGISTER_B) & SET) === 0 && SECOND - (this.#unixNs() % SECOND) <= UPDATE_NS;
      return (this.#get(REGISTER_A) & 0x7f) | (updates ? UPDATE_IN_PROGRESS : 0);
    }
    if (index === REGISTER_C) {
      this.#update();
      const flags = this.#get(REGISTER_C);
      this.#set(REGISTER_C, 0);
      this.#options.irq.set(false);
      return flags;
    }
    return index === REGISTER_D ? VALID_RAM : this.#get(index);
  }

  #write(index: number, value: number): void {
    if (index === REGISTER_C || index === REGISTER_D) return;
    this.#update();
    if (index === REGISTER_B) this.#writeB(value);
    else if (isTimeRegister(index)) this.#writeTime(index, value);
    else this.#set(index, index === REGISTER_A ? value & 0x7f : value);
    if (index === REGISTER_A) this.state.seenPeriod = this.#period();
    this.#update();
  }

  #writeB(value: number): void {
    const old = this.#get(REGISTER_B);
    if ((value & ~old & SET) !== 0) encodeTime(this.state.bytes, Number(this.#unixSecond()), old);
    // SET also clears the enable of the update interrupt (data sheet, register B).
    this.#set(REGISTER_B, (value & SET) !== 0 ? value & ~UPDATE_ENABLE : value);
    if ((old & ~value & SET) !== 0) this.#takeTime();
  }

  #writeTime(index: number, value: number): void {
    const runs = (this.#get(REGISTER_B) & SET) === 0;
    if (runs) encodeTime(this.state.bytes, Number(this.#unixSecond()), this.#get(REGISTER_B));
    this.#set(index, value);
    if (runs) this.#takeTime();
  }

  /** The time goes on from what the registers hold. */
  #takeTime(): void {
    const second = decodeTime(this.state.bytes, this.#get(REGISTER_B));
    this.state.base = BigInt(second) * SECOND - this.#options.clock.now();
    this.state.seenSecond = BigInt(second);
  }

  #period(): bigint {
    const cycles = this.#periodCycles();
    return cycles === 0n ? 0n : (this.#options.clock.now() * OSCILLATOR_HERTZ) / SECOND / cycles;
  }

  /** Sets the flags for what has happened since the last time, then the interrupt, then schedules what can raise it next. */
  #update(): void {
    let flags = this.#get(REGISTER_C) & 0x70;
    const control = this.#get(REGISTER_B);
    const period = this.#period();
    if (period !== this.state.seenPeriod) flags |= PERIODIC_ENABLE;
    this.state.seenPeriod = period;
    const second = this.#unixSecond();
    if (second !== this.state.seenSecond && (control & SET) === 0) {
      flags |= UPDATE_ENABLE;
      if (this.#alarmPassed(Number(this.state.seenSecond), Number(second))) flags |= ALARM_ENABLE;
    }
    this.state.seenSecond = second;
    if ((flags & control & ENABLES) !== 0) flags |= INTERRUPT_REQUEST;
    this.#set(REGISTER_C, flags);
    this.#options.irq.set((flags & INTERRUPT_REQUEST) !== 0);
    this.#schedule();
  }

  #alarmPassed(after: number, until: number): boolean {
    const control = this.#get(REGISTER_B);
    // Whatever an alarm is set to, a day passes it.
    const first = Math.max(after + 1, until - DAY + 1);
    for (let second = first; second <= until; second++) {
      if (alarmMatches(this.state.bytes, second, control)) return true;
    }
    return false;
  }

  #schedule(): void {
    this.#next?.cancel();
    this.#next = undefined;
    const control = this.#get(REGISTER_B);
    const { clock } = this.#options;
    const times: bigint[] = [];
    const cycles = this.#periodCycles();
    if ((control & PERIODIC_ENABLE) !== 0 && cycles !== 0n) {
      const cycle = (this.#period() + 1n) * cycles;
      times.push((cycle * SECOND + OSCILLATOR_HERTZ - 1n) / OSCILLATOR_HERTZ);
    }
    if ((control & (UPDATE_ENABLE | ALARM_ENABLE)) !== 0 && (control & SET) === 0) {
      times.push((this.#unixSecond() + 1n) * SECOND - this.state.base);
    }
    if (times.length === 0) return;
    const at = times.reduce((a, b) => (a < b ? a : b));
    this.#next = clock.schedule(at, () => this.#update());
  }
}

/**
 * CMOS bytes that tell firmware the memory size, as IBM's BIOS and QEMU have them.
 * @param below bytes of RAM from address 0 up to at most 4 GiB
 * @param above bytes of RAM from 4 GiB on
 */
export function cmosMemorySize(below: number, above: number): Record<number, number> {
  const extended = Math.min(0xffff, Math.max(0, below / 1024 - 1024));
  const over16M = Math.min(0xffff, Math.max(0, Math.floor((below - 0x1000000) / 0x10000)));
  const over4G = Math.floor(above / 0x10000);
  return {
    0x15: 640 & 0xff,
    0x16: 640 >> 8,
    0x17: extended & 0xff,
    0x18: extended >> 8,
    0x30: extended & 0xff,
    0x31: extended >> 8,
    0x34: over16M & 0xff,
    0x35: over16M >> 8,
    0x5b: over4G & 0xff,
    0x5c: (over4G >> 8) & 0xff,
    0x5d: (over4G >> 16) & 0xff,
  };
}
