/** The I/O APIC: 24 inputs become messages to local APICs. Intel 82093AA data sheet (290566), and the EOI register of later ones. */
import type {
  AccessBytes,
  DeliveryMode,
  DeviceEvents,
  InterruptLine,
  InterruptMessages,
  MemoryWindow,
} from './device.ts';
import { StatefulDevice } from './stateful-device.ts';
import { offsetName, UnknownRegisters } from './unknown-registers.ts';

export const IO_APIC_PINS = 24;
const IOREGSEL = 0x00;
const IOWIN = 0x10;
const IOEOI = 0x40;
const IOAPICID = 0x00;
const IOAPICVER = 0x01;
const IOAPICARB = 0x02;
const IOREDTBL = 0x10;
/** Version 20h has the EOI register. */
const VERSION = 0x20 | ((IO_APIC_PINS - 1) << 16);

const DELIVERY_STATUS = 1 << 12;
const REMOTE_IRR = 1 << 14;
const LEVEL = 1 << 15;
const MASKED = 1 << 16;
const LOGICAL = 1 << 11;
const WRITABLE = 0x1ffff & ~(DELIVERY_STATUS | REMOTE_IRR);

const deliveryModes: readonly (DeliveryMode | undefined)[] = [
  'fixed',
  'lowest-priority',
  'smi',
  undefined,
  'nmi',
  'init',
  undefined,
  'external',
];

export interface IoApicState {
  select: number;
  id: number;
  /** Levels at the inputs, a bit each. */
  lines: number;
  /** Edges that wait until their entry is no longer masked. */
  pending: number;
  low: number[];
  high: number[];
}

export interface IoApicOptions {
  readonly messages: InterruptMessages;
  readonly events: DeviceEvents;
}

const initialState = (): IoApicState => ({
  select: 0,
  id: 0,
  lines: 0,
  pending: 0,
  low: new Array<number>(IO_APIC_PINS).fill(MASKED),
  high: new Array<number>(IO_APIC_PINS).fill(0),
});

export class IoApic extends StatefulDevice<IoApicState> {
  /** At FEC00000h: the registers repeat every 256 bytes. */
  readonly memory: MemoryWindow;
  readonly #messages: InterruptMessages;
  readonly #unknown: UnknownRegisters;

  constructor({ messages, events }: IoApicOptions) {
    super(initialState());
    this.#messages = messages;
    this.#unknown = new UnknownRegisters('82093AA', events);
    this.memory = {
      read: (offset, bytes) => this.#read(offset & 0xff, bytes),
      write: (offset, _bytes, value) => this.#write(offset & 0xff, value),
    };
  }

  reset(): void {
    this.state = { ...initialState(), lines: this.state.lines };
  }

  /** Input `pin`, 0 to 23; true is "requests", whatever polarity its entry has. */
  input(pin: number): InterruptLine {
    return { set: (level) => this.#setInput(pin, level) };
  }

  /** A local APIC has ended the level-triggered interrupt with this vector. */
  endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      const low = this.state.low[pin] as number;
      if ((low & 0xff) !== vector || (low & REMOTE_IRR) === 0) continue;
      this.state.low[pin] = low & ~REMOTE_IRR;
      this.#service(pin);
    }
  }

  #setInput(pin: number, level: boolean): void {
    const bit = 1 << pin;
    if (((this.state.lines & bit) !== 0) === level) return;
    if (level) {
      this.state.lines |= bit;
      if (((this.state.low[pin] as number) & LEVEL) === 0) this.state.pending |= bit;
      this.#service(pin);
    } else this.state.lines &= ~bit;
  }

  #service(pin: number): void {
    const { state } = this;
    const low = state.low[pin] as number;
    const bit = 1 << pin;
    if ((low & MASKED) !== 0) return;
    const isLevel = (low & LEVEL) !== 0;
    const requested = ((isLevel ? state.lines : state.pending) & bit) !== 0;
    if (!requested || (isLevel && (low & REMOTE_IRR) !== 0)) return;
    state.pending &= ~bit;
    const deliveryMode = deliveryModes[(low >> 8) & 7];
    if (deliveryMode === undefined) {
      this.#unknown.write(`delivery mode ${(low >> 8) & 7}`);
      return;
    }
    // Only fixed and lowest-priority interrupts are ended by an EOI.
    if (isLevel && (deliveryMode === 'fixed' || deliveryMode === 'lowest-priority')) state.low[pin] = low | REMOTE_IRR;
    this.#messages.send({
      vector: low & 0xff,
      deliveryMode,
      destination: (state.high[pin] as number) >>> 24,
      destinationMode: (low & LOGICAL) !== 0 ? 'logical' : 'physical',
      trigger: isLevel ? 'level' : 'edge',
      level: true,
    });
  }

  #read(offset: number, bytes: AccessBytes): number {
    const mask = bytes === 4 ? 0xffffffff : 2 ** (8 * bytes) - 1;
    if (offset === IOREGSEL) return this.state.select;
    const value = offset === IOWIN ? this.#readRegister(this.state.select) : this.#unknown.read(offsetName(offset));
    return (value & mask) >>> 0;
  }

  #write(offset: number, value: number): void {
    if (offset === IOREGSEL) this.state.select = value & 0xff;
    else if (offset === IOWIN) this.#writeRegister(this.state.select, value);
    else if (offset === IOEOI) this.endOfInterrupt(value & 0xff);
    else this.#unknown.write(offsetName(offset));
  }

  #readRegister(index: number): number {
    if (index === IOAPICID || index === IOAPICARB) return this.state.id << 24;
    if (index === IOAPICVER) return VERSION;
    const pin = (index - IOREDTBL) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return this.#unknown.read(`index ${index.toString(16).toUpperCase()}h`);
    return (index & 1) === 0 ? (this.state.low[pin] as number) : (this.state.high[pin] as number);
  }

  #writeRegister(index: number, value: number): void {
    const { state } = this;
    if (index === IOAPICID) state.id = (value >>> 24) & 0x0f;
    if (index <= IOAPICARB) return;
    const pin = (index - IOREDTBL) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) {
      this.#unknown.write(`index ${index.toString(16).toUpperCase()}h`);
      return;
    }
    if ((index & 1) !== 0) {
      state.high[pin] = value & 0xff000000;
      return;
    }
    const old = state.low[pin] as number;
    // Leaving level mode forgets that an interrupt is in service: it is how Linux ends one by hand.
    const kept = (value & LEVEL) === 0 ? 0 : old & REMOTE_IRR;
    state.low[pin] = (value & WRITABLE) | kept;
    this.#service(pin);
  }
}
