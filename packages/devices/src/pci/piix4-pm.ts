/**
 * The power management function of the 82371AB (PIIX4), as far as ACPI 1.0 hardware goes: PM1 events and control, the PM timer, the
 * APM ports. Intel 290562, 7.1 and 7.2; ACPI 6.5, 4.8.
 */
import { byteWidePorts } from '../byte-wide.ts';
import type { AccessBytes, Clock, Device, DeviceEvents, InterruptLine, PortWindow, ScheduledCall } from '../device.ts';
import { offsetName, UnknownRegisters } from '../unknown-registers.ts';
import { PciFunction, type PciFunctionState, type PciRegion } from './pci-function.ts';

const PMBASE = 0x40;
const DEVACTB_HIGH = 0x5b;
const PMREGMISC = 0x80;
export const PM_BLOCK_BYTES = 64;
const TIMER_HERTZ = 3_579_545n;
const SECOND = 1_000_000_000n;
/** TMR_STS is set whenever bit 23 changes. */
const TIMER_STATUS_TICKS = 0x800000n;
const TIMER_STATUS = 0x0001;
const POWER_BUTTON = 0x0100;
const STATUS_BITS = 0x8d31;
const SCI_ENABLE = 0x0001;
const SLEEP_ENABLE = 0x2000;
/** What the FADT tells the guest to write to the APM control port. */
export const ACPI_ENABLE = 0xf1;
export const ACPI_DISABLE = 0xf0;

export interface Piix4PmState {
  pci: PciFunctionState;
  status: number;
  enable: number;
  control: number;
  /** Multiples of TIMER_STATUS_TICKS that have set TMR_STS. */
  seenOverflow: bigint;
  apm: [control: number, status: number];
}

export interface Piix4PmEvents extends DeviceEvents {
  /** The guest goes to sleep; type 0 is soft off (S5), as \_S5 says. */
  sleep(type: number): void;
}

export interface Piix4PmOptions {
  readonly clock: Clock;
  /** SCI: interrupt request 9. */
  readonly sci: InterruptLine;
  /** Where the PM block goes when the guest sets PMBASE. */
  readonly space: { map(region: PciRegion): void; unmap(region: PciRegion): void };
  readonly events: Piix4PmEvents;
}

export class Piix4Pm implements Device<Piix4PmState> {
  readonly pci: PciFunction;
  /** Ports B2h and B3h: APM control and status. */
  readonly apm: PortWindow;
  readonly #options: Piix4PmOptions;
  readonly #unknown: UnknownRegisters;
  readonly #block: PortWindow;
  #region: PciRegion | undefined;
  #overflow: ScheduledCall | undefined;
  #status = 0;
  #enable = 0;
  #control = 0;
  #seenOverflow = 0n;
  #apm: [number, number] = [0, 0];

  constructor(options: Piix4PmOptions) {
    this.#options = options;
    this.#unknown = new UnknownRegisters('PIIX4 PM', options.events);
    this.pci = new PciFunction({
      identity: {
        vendor: 0x8086,
        device: 0x7113,
        classCode: 0x068000,
        revision: 3,
        subsystemVendor: 0x1af4,
        subsystem: 0x1100,
      },
      interruptPin: 1,
      written: () => this.#move(),
    });
    this.pci.define(PMBASE, 4, 1, 0xffc0);
    // APMC_EN is set from the start: firmware takes it as a sign that system management mode needs no setting up.
    this.pci.define(DEVACTB_HIGH, 1, 0x02, 0x02);
    this.pci.define(PMREGMISC, 1, 0, 0x01);
    this.pci.define(0x90, 4, 1, 0xfff0);
    this.pci.define(0xd2, 1, 0, 0x0f);
    this.#block = {
      readPort: (offset, bytes) => this.#read(offset, bytes),
      writePort: (offset, bytes, value) => this.#write(offset, bytes, value),
    };
    this.apm = byteWidePorts({
      readByte: (offset) => this.#apm[offset as 0 | 1],
      writeByte: (offset, value) => this.#writeApm(offset, value),
    });
  }

  reset(): void {
    [this.#status, this.#enable, this.#control, this.#apm] = [0, 0, 0, [0, 0]];
    this.pci.reset();
    this.#move();
    this.#update();
  }

  save(): Piix4PmState {
    return structuredClone({
      pci: this.pci.save(),
      status: this.#status,
      enable: this.#enable,
      control: this.#control,
      seenOverflow: this.#seenOverflow,
      apm: this.#apm,
    });
  }

  restore(state: Piix4PmState): void {
    this.#status = state.status;
    this.#enable = state.enable;
    this.#control = state.control;
    this.#seenOverflow = state.seenOverflow;
    this.#apm = [...state.apm];
    this.pci.restore(state.pci);
    this.#move();
    this.#update();
  }

  /** The power button is pressed for a moment: the guest is asked to shut down. */
  pressPowerButton(): void {
    this.#status |= POWER_BUTTON;
    this.#update();
  }

  #move(): void {
    const base = this.pci.value(PMBASE, 2) & 0xffc0;
    const enabled = (this.pci.value(PMREGMISC, 1) & 1) !== 0 && base !== 0;
    if (this.#region?.base === (enabled ? base : undefined)) return;
    if (this.#region !== undefined) this.#options.space.unmap(this.#region);
    this.#region = enabled ? { space: 'port', base, bytes: PM_BLOCK_BYTES, window: this.#block } : undefined;
    if (this.#region !== undefined) this.#options.space.map(this.#region);
  }

  #ticks(): bigint {
    return (this.#options.clock.now() * TIMER_HERTZ) / SECOND;
  }

  /** Sets TMR_STS if the timer has passed a change of bit 23, then the interrupt, then waits for the next. */
  #update(): void {
    const overflow = this.#ticks() / TIMER_STATUS_TICKS;
    if (overflow !== this.#seenOverflow) this.#status |= TIMER_STATUS;
    this.#seenOverflow = overflow;
    this.#options.sci.set((this.#control & SCI_ENABLE) !== 0 && (this.#status & this.#enable & STATUS_BITS) !== 0);
    this.#overflow?.cancel();
    this.#overflow = undefined;
    if ((this.#enable & TIMER_STATUS) === 0 || (this.#status & TIMER_STATUS) !== 0) return;
    const at = ((overflow + 1n) * TIMER_STATUS_TICKS * SECOND + TIMER_HERTZ - 1n) / TIMER_HERTZ;
    this.#overflow = this.#options.clock.schedule(at, () => this.#update());
  }

  #register(offset: number): number {
    switch (offset) {
      case 0x00:
        this.#update();
        return this.#status;
      case 0x02:
        return this.#enable;
      case 0x04:
        return this.#control;
      case 0x08:
        return Number(this.#ticks() & 0xffffffn);
      // GPSTS, GPEN, PCNTRL, GLBSTS, GLBEN, GLBCTL: no general-purpose events here.
      case 0x0c:
      case 0x0e:
      case 0x10:
      case 0x18:
      case 0x20:
      case 0x28:
        return 0;
      default:
        return this.#unknown.read(offsetName(offset));
    }
  }

  #read(offset: number, bytes: AccessBytes): number {
    const start = offset >= 8 && offset < 12 ? 8 : offset & ~1;
    const value = this.#register(start);
    const high = bytes === 4 && start < 8 ? this.#register(start + 2) * 0x10000 : 0;
    return Math.floor((value + high) / 2 ** (8 * (offset - start))) % 2 ** (8 * bytes);
  }

  #write(offset: number, bytes: AccessBytes, value: number): void {
    if (bytes === 4) {
      this.#write(offset, 2, value & 0xffff);
      this.#write(offset + 2, 2, value >>> 16);
      return;
    }
    const shift = 8 * (offset & 1);
    const mask = (bytes === 1 ? 0xff : 0xffff) << shift;
    const merged = (old: number): number => (old & ~mask) | ((value << shift) & mask & 0xffff);
    const register = offset & ~1;
    if (register === 0x00) this.#status &= ~((value << shift) & STATUS_BITS);
    else if (register === 0x02) this.#enable = merged(this.#enable);
    else if (register === 0x04) this.#writeControl(merged(this.#control));
    else if (register < 0x08 || register > 0x28) this.#unknown.write(offsetName(register));
    this.#update();
  }

  #writeControl(value: number): void {
    this.#control = (value & ~SLEEP_ENABLE & ~SCI_ENABLE) | (this.#control & SCI_ENABLE);
    if ((value & SLEEP_ENABLE) !== 0) this.#options.events.sleep((value >> 10) & 7);
  }

  /** Without system management mode, its one service is done here: the change to ACPI mode and back. */
  #writeApm(offset: number, value: number): void {
    this.#apm[offset as 0 | 1] = value;
    if (offset !== 0) return;
    if (value === ACPI_ENABLE) this.#control |= SCI_ENABLE;
    else if (value === ACPI_DISABLE) this.#control &= ~SCI_ENABLE;
    this.#update();
  }
}
