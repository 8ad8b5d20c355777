/** What stands around a device in the tests: a clock that moves when told, lines that remember, memory, and a register-level driver. */
import type {
  Clock,
  GuestMemory,
  InterruptLine,
  InterruptMessage,
  PortWindow,
  ScheduledCall,
  UnknownRegister,
} from '../src/device.ts';

export const MILLISECOND = 1_000_000n;
export const SECOND = 1_000_000_000n;

export class TestClock implements Clock {
  #now = 0n;
  readonly #calls = new Set<{ at: bigint; callback: () => void }>();

  now(): bigint {
    return this.#now;
  }

  schedule(at: bigint, callback: () => void): ScheduledCall {
    const call = { at, callback };
    this.#calls.add(call);
    return { cancel: () => this.#calls.delete(call) };
  }

  /** Calls that wait. */
  get scheduled(): number {
    return this.#calls.size;
  }

  /** Moves time, stopping at each scheduled call. Throws when a device schedules without end. */
  advance(ns: bigint): void {
    const end = this.#now + ns;
    for (let calls = 0; ; calls++) {
      const due = [...this.#calls].filter(({ at }) => at <= end).sort((a, b) => (a.at < b.at ? -1 : 1))[0];
      if (due === undefined) break;
      if (calls > 100_000) throw new Error('a device schedules calls without end');
      this.#calls.delete(due);
      if (due.at > this.#now) this.#now = due.at;
      due.callback();
    }
    this.#now = end;
  }
}

export class TestLine implements InterruptLine {
  level = false;
  /** Changes from false to true. */
  edges = 0;

  set(level: boolean): void {
    if (level && !this.level) this.edges++;
    this.level = level;
  }
}

/** Messages that a device has sent; `take` empties the list. */
export class TestMessages {
  #sent: InterruptMessage[] = [];

  send(message: InterruptMessage): void {
    this.#sent.push(message);
  }

  take(): InterruptMessage[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }
}

export class TestEvents {
  readonly unknown: string[] = [];
  readonly serial: number[] = [];
  resets = 0;

  unknownRegister({ device, register, access }: UnknownRegister): void {
    this.unknown.push(`${device} ${access} ${register}`);
  }

  serialByte(byte: number): void {
    this.serial.push(byte);
  }

  reset(): void {
    this.resets++;
  }
}

/** RAM from 0 on. Accesses outside it are holes, and are counted. */
export class TestMemory implements GuestMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  outside = 0;

  constructor(bytes: number) {
    this.bytes = new Uint8Array(bytes);
    this.view = new DataView(this.bytes.buffer);
  }

  read(address: number, target: Uint8Array): void {
    if (!Number.isInteger(address) || address < 0) throw new Error(`address ${address}`);
    target.fill(0xff);
    if (address >= this.bytes.length) this.outside++;
    else target.set(this.bytes.subarray(address, address + target.length));
  }

  write(address: number, source: Uint8Array): void {
    if (!Number.isInteger(address) || address < 0) throw new Error(`address ${address}`);
    if (address >= this.bytes.length) this.outside++;
    else this.bytes.set(source.subarray(0, this.bytes.length - address), address);
  }

  load(address: number, bytes: 1 | 2 | 4): number {
    const value = new Uint8Array(4);
    this.read(address, value.subarray(0, bytes));
    return new DataView(value.buffer).getUint32(0, true);
  }

  store(address: number, bytes: 1 | 2 | 4, value: number): void {
    const source = new Uint8Array(4);
    new DataView(source.buffer).setUint32(0, value, true);
    this.write(address, source.subarray(0, bytes));
  }
}

export const inb = (window: PortWindow, offset = 0): number => window.readPort(offset, 1);

/** Writes bytes to one port, one after the other. */
export function outb(window: PortWindow, offset: number, ...values: number[]): void {
  for (const value of values) window.writePort(offset, 1, value);
}
