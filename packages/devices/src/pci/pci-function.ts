/**
 * The configuration space of one PCI function, type 0 header (PCI Local Bus Specification 3.0, chapter 6), with its base address
 * registers, expansion ROM, interrupt pin, and MSI-X (6.8).
 */
import type { AccessBytes, InterruptLine, InterruptMessages, MemoryWindow, PortWindow } from '../device.ts';
import { StatefulDevice } from '../stateful-device.ts';
import { Msix } from './msix.ts';

const COMMAND = 0x04;
const STATUS = 0x06;
const BAR0 = 0x10;
const SUBSYSTEM = 0x2c;
const ROM_BAR = 0x30;
const CAPABILITIES = 0x34;
const INTERRUPT_LINE = 0x3c;
const INTERRUPT_PIN = 0x3d;
const COMMAND_PORTS = 0x01;
const COMMAND_MEMORY = 0x02;
export const COMMAND_BUS_MASTER = 0x04;
const COMMAND_INTX_DISABLE = 0x400;
const STATUS_INTERRUPT = 0x08;
const STATUS_CAPABILITIES = 0x10;
const CONFIG_BYTES = 256;
const FIRST_CAPABILITY = 0x40;
/** Memory above 4 GiB that a 64-bit register may claim ends here. */
const ADDRESS_LIMIT = 2 ** 46;

export type PciBar =
  | { readonly space: 'port'; readonly bytes: number; readonly window: PortWindow }
  | {
      readonly space: 'memory';
      /** A power of two, at least 16. */
      readonly bytes: number;
      readonly window: MemoryWindow;
      readonly prefetchable?: boolean;
      /** A 64-bit register: takes the next index too. */
      readonly wide?: boolean;
    };

/** Where a BAR is now. The composer puts the window there. */
export type PciRegion =
  | { readonly space: 'port'; readonly base: number; readonly bytes: number; readonly window: PortWindow }
  | { readonly space: 'memory'; readonly base: number; readonly bytes: number; readonly window: MemoryWindow };

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  /** Class, subclass and programming interface: 24 bits. */
  readonly classCode: number;
  readonly revision?: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
}

export interface PciFunctionOptions {
  readonly identity: PciIdentity;
  /** By index of the register, 0 to 5. */
  readonly bars?: Readonly<Partial<Record<number, PciBar>>>;
  /** Expansion ROM image; its size is rounded up to a power of two. */
  readonly rom?: Uint8Array;
  /** 1 to 4 for INTA to INTD. */
  readonly interruptPin?: number;
  readonly multifunction?: boolean;
  /** MSI-X with so many vectors, in the BAR with this index, which must be free. */
  readonly msix?: { readonly vectors: number; readonly bar: number };
  /** After bytes of the configuration space were written. */
  readonly written?: (offset: number, bytes: number) => void;
}

export interface PciFunctionState {
  config: Uint8Array;
  interrupt: boolean;
  msix: Uint8Array | undefined;
}

/** What the bus gives a function when it is plugged in. */
export interface PciSlot {
  readonly intx: InterruptLine;
  readonly messages: InterruptMessages;
  /** The function's regions have changed. */
  moved(): void;
}

export class PciFunction extends StatefulDevice<PciFunctionState> {
  readonly msix: Msix | undefined;
  readonly #bars: Readonly<Partial<Record<number, PciBar>>>;
  readonly #rom: { bytes: number; window: MemoryWindow } | undefined;
  readonly #written: ((offset: number, bytes: number) => void) | undefined;
  /** Which bits software may change. */
  readonly #writable = new Uint8Array(CONFIG_BYTES);
  readonly #initial: Uint8Array;
  #nextCapability = FIRST_CAPABILITY;
  #lastCapability = CAPABILITIES;
  #slot: PciSlot | undefined;

  constructor({
    identity,
    bars = {},
    rom,
    interruptPin = 0,
    multifunction = false,
    msix,
    written,
  }: PciFunctionOptions) {
    const config = new Uint8Array(CONFIG_BYTES);
    super({ config, interrupt: false, msix: undefined });
    this.#initial = config.slice();
    this.#written = written;
    const word = (at: number, value: number): void => this.define(at, 2, value);
    word(0x00, identity.vendor);
    word(0x02, identity.device);
    this.define(0x08, 4, ((identity.classCode << 8) | (identity.revision ?? 0)) >>> 0);
    word(SUBSYSTEM, identity.subsystemVendor ?? 0);
    word(SUBSYSTEM + 2, identity.subsystem ?? 0);
    this.define(0x0e, 1, multifunction ? 0x80 : 0);
    this.define(INTERRUPT_PIN, 1, interruptPin);
    this.define(INTERRUPT_LINE, 1, 0, 0xff);
    this.define(0x0c, 2, 0, 0xffff);
    word(COMMAND, 0);
    this.#writable.set([0x07 | 0x40, 0x05], COMMAND);
    if (msix !== undefined) {
      this.msix = new Msix(msix.vectors, (message) => this.#slot?.messages.send(message));
      bars = { ...bars, [msix.bar]: { space: 'memory', bytes: this.msix.windowBytes, window: this.msix.window } };
      this.addCapability(this.msix.capability(msix.bar), [0, 0, 0x00, 0xc0]);
    }
    this.#bars = bars;
    for (const [index, bar] of Object.entries(bars)) if (bar !== undefined) this.#defineBar(Number(index), bar);
    if (rom !== undefined) this.#rom = this.#defineRom(rom);
  }

  /** A register of the function: its value after reset, and which of its bits software may change. */
  define(offset: number, bytes: number, value: number, writable = 0): void {
    for (let i = 0; i < bytes; i++) {
      this.#initial[offset + i] = this.state.config[offset + i] = Math.floor(value / 2 ** (8 * i)) & 0xff;
      this.#writable[offset + i] = Math.floor(writable / 2 ** (8 * i)) & 0xff;
    }
  }

  /**
   * Appends a capability: its bytes from the ID on; the link behind the ID is filled in.
   * @returns its offset
   */
  addCapability(contents: readonly number[], writable: readonly number[] = []): number {
    const at = this.#nextCapability;
    for (const [i, value] of contents.entries()) this.define(at + i, 1, value, writable[i] ?? 0);
    this.define(at + 1, 1, 0);
    const link = this.#lastCapability === CAPABILITIES ? CAPABILITIES : this.#lastCapability + 1;
    this.define(link, 1, at);
    this.define(STATUS, 2, STATUS_CAPABILITIES);
    this.#lastCapability = at;
    this.#nextCapability = (at + contents.length + 3) & ~3;
    return at;
  }

  #defineBar(index: number, bar: PciBar): void {
    const at = BAR0 + 4 * index;
    const size = bar.bytes;
    if (bar.space === 'port') this.define(at, 4, 1, 2 ** 32 - size);
    else {
      const flags = (bar.prefetchable === true ? 8 : 0) | (bar.wide === true ? 4 : 0);
      this.define(at, 4, flags, (2 ** 32 - size) % 2 ** 32);
      if (bar.wide === true) this.define(at + 4, 4, 0, size >= 2 ** 32 ? 2 ** 32 - size / 2 ** 32 : 0xffffffff);
    }
  }

  #defineRom(rom: Uint8Array): { bytes: number; window: MemoryWindow } {
    const bytes = Math.max(2048, 2 ** Math.ceil(Math.log2(rom.length)));
    this.define(ROM_BAR, 4, 0, 2 ** 32 - bytes + 1);
    const read = (offset: number, width: number): number => {
      let value = 0;
      for (let i = width - 1; i >= 0; i--) value = value * 256 + (rom[offset + i] ?? 0xff);
      return value;
    };
    return { bytes, window: { read, write: () => undefined } };
  }

  /** Called by the bus. */
  plugIn(slot: PciSlot): void {
    this.#slot = slot;
  }

  reset(): void {
    this.state = { config: this.#initial.slice(), interrupt: false, msix: undefined };
    this.msix?.reset();
    this.restored();
  }

  override save(): PciFunctionState {
    return { ...super.save(), msix: this.msix?.save() };
  }

  protected override restored(): void {
    if (this.state.msix !== undefined) this.msix?.restore(this.state.msix);
    this.#slot?.moved();
    this.#updateInterrupt();
  }

  /** INTx. */
  readonly interrupt: InterruptLine = {
    set: (level) => {
      this.state.interrupt = level;
      this.#updateInterrupt();
    },
  };

  #updateInterrupt(): void {
    const { config, interrupt } = this.state;
    config[STATUS] = ((config[STATUS] as number) & ~STATUS_INTERRUPT) | (interrupt ? STATUS_INTERRUPT : 0);
    this.#slot?.intx.set(interrupt && (this.command & COMMAND_INTX_DISABLE) === 0 && !this.msixEnabled);
  }

  get command(): number {
    return this.value(COMMAND, 2);
  }

  get msixEnabled(): boolean {
    return this.msix !== undefined && (this.value(FIRST_CAPABILITY + 2, 2) & 0x8000) !== 0;
  }

  /** A register, as the device itself sees it. */
  value(offset: number, bytes: number): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (this.state.config[offset + i] ?? 0xff);
    return value;
  }

  readConfig(offset: number, bytes: AccessBytes): number {
    return this.value(offset, bytes);
  }

  writeConfig(offset: number, bytes: AccessBytes, value: number): void {
    const { config } = this.state;
    for (let i = 0; i < bytes && offset + i < CONFIG_BYTES; i++) {
      const mask = this.#writable[offset + i] as number;
      config[offset + i] = ((config[offset + i] as number) & ~mask) | ((value >>> (8 * i)) & mask);
    }
    const touches = (start: number, size: number): boolean => offset < start + size && offset + bytes > start;
    if (touches(COMMAND, 2) || touches(BAR0, 24) || touches(ROM_BAR, 4)) this.#slot?.moved();
    if (touches(COMMAND, 2) || touches(FIRST_CAPABILITY, 4)) this.#updateInterrupt();
    if (this.msix !== undefined) this.msix.setControl(this.value(FIRST_CAPABILITY + 2, 2));
    this.#written?.(offset, bytes);
  }

  /** What the function decodes now. A register that is not set, or claims what cannot be addressed, decodes nothing. */
  regions(): PciRegion[] {
    const { command } = this;
    const regions: PciRegion[] = [];
    for (const [key, bar] of Object.entries(this.#bars)) {
      if (bar === undefined) continue;
      const at = BAR0 + 4 * Number(key);
      const low = this.value(at, 4);
      if (bar.space === 'port') {
        const base = (low & ~3) >>> 0;
        if ((command & COMMAND_PORTS) === 0 || base === 0 || base + bar.bytes > 0x10000) continue;
        regions.push({ space: 'port', base, bytes: bar.bytes, window: bar.window });
      } else {
        const base = ((low & ~15) >>> 0) + (bar.wide === true ? this.value(at + 4, 4) * 2 ** 32 : 0);
        const limit = bar.wide === true ? ADDRESS_LIMIT : 2 ** 32;
        if ((command & COMMAND_MEMORY) === 0 || base === 0 || base + bar.bytes >= limit) continue;
        regions.push({ space: 'memory', base, bytes: bar.bytes, window: bar.window });
      }
    }
    const rom = this.value(ROM_BAR, 4);
    const base = (rom & ~0x7ff) >>> 0;
    if (this.#rom !== undefined && (rom & 1) !== 0 && (command & COMMAND_MEMORY) !== 0 && base !== 0) {
      if (base + this.#rom.bytes < 2 ** 32) regions.push({ space: 'memory', base, ...this.#rom });
    }
    return regions;
  }
}
