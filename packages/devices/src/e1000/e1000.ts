/** The 82540EM gigabit Ethernet controller. Intel 317453; the device that QEMU and VMware call e1000. */
import type { AccessBytes, Device, DeviceEvents, GuestMemory, MemoryWindow, PortWindow } from '../device.ts';
import { COMMAND_BUS_MASTER, PciFunction, type PciFunctionState } from '../pci/pci-function.ts';
import { offsetName, UnknownRegisters } from '../unknown-registers.ts';
import { type EepromState, eepromWords, initialEeprom, initialPhy, readEecd, writeEecd } from './eeprom.ts';
import { accepts, RECEIVE_ENABLE, receiveBufferBytes, receiveDescriptor, strippedOrNot } from './receive.ts';
import * as register from './registers.ts';
import { DESCRIPTOR_BYTES, initialTransmit, REPORT_STATUS, takeDescriptor, type TransmitState } from './transmit.ts';

const REGISTER_BYTES = 0x20000;
const TRANSMIT_ENABLE = 0x02;
const DESCRIPTOR_DONE = 0x01;
const READ_DONE = 0x10;
const MDIC_READY = 1 << 28;
const MDIC_ERROR = 1 << 30;
const PHY_ADDRESS = 1;

export interface E1000State {
  pci: PciFunctionState;
  /** All plain registers, by offset. */
  registers: Map<number, number>;
  causes: number;
  mask: number;
  eeprom: EepromState;
  eepromRead: number;
  phy: number[];
  mdic: number;
  transmit: TransmitState;
  linkUp: boolean;
  portAddress: number;
}

export interface E1000Events extends DeviceEvents {
  /** An Ethernet frame from the guest, without frame check sequence. */
  frame(bytes: Uint8Array): void;
}

export interface E1000Options {
  readonly mac: Uint8Array;
  readonly memory: GuestMemory;
  readonly events: E1000Events;
}

type Registers = Omit<E1000State, 'pci'>;

export class E1000 implements Device<E1000State> {
  readonly pci: PciFunction;
  readonly #options: E1000Options;
  readonly #unknown: UnknownRegisters;
  readonly #words: Uint16Array;
  #state: Registers;

  constructor(options: E1000Options) {
    this.#options = options;
    this.#unknown = new UnknownRegisters('82540EM', options.events);
    this.#words = eepromWords(options.mac);
    this.#state = this.#initial(true);
    const window: MemoryWindow = {
      read: (offset, bytes) => this.#access(offset, bytes),
      write: (offset, _bytes, value) => this.#write(offset & ~3, value),
    };
    this.pci = new PciFunction({
      identity: {
        vendor: 0x8086,
        device: 0x100e,
        classCode: 0x020000,
        revision: 3,
        subsystemVendor: 0x1af4,
        subsystem: 0x1100,
      },
      bars: {
        0: { space: 'memory', bytes: REGISTER_BYTES, window },
        1: { space: 'port', bytes: 64, window: this.#ports() },
      },
      interruptPin: 1,
    });
  }

  #initial(linkUp: boolean): Registers {
    const [a, b, c, d, e, f] = this.#options.mac as unknown as [number, number, number, number, number, number];
    return {
      registers: new Map([
        [register.RAL0, (a | (b << 8) | (c << 16) | (d << 24)) >>> 0],
        [register.RAH0, (e | (f << 8) | register.RAH_VALID) >>> 0],
        [register.CTRL, register.CTRL_SET_LINK_UP | STATUS_BITS_OF_CTRL],
      ]),
      causes: 0,
      mask: 0,
      eeprom: initialEeprom(),
      eepromRead: 0,
      phy: initialPhy(),
      mdic: 0,
      transmit: initialTransmit(),
      linkUp,
      portAddress: 0,
    };
  }

  /** The same registers through an address and a data port (13.2.3). */
  #ports(): PortWindow {
    return {
      readPort: (offset, bytes) => {
        if (offset < 4) return this.#state.portAddress % 2 ** (8 * bytes);
        return this.#access(this.#state.portAddress % REGISTER_BYTES, bytes);
      },
      writePort: (offset, _bytes, value) => {
        if (offset < 4) this.#state.portAddress = value;
        else this.#write((this.#state.portAddress % REGISTER_BYTES) & ~3, value);
      },
    };
  }

  reset(): void {
    this.pci.reset();
    this.#state = this.#initial(this.#state.linkUp);
    this.#update();
  }

  save(): E1000State {
    return structuredClone({ ...this.#state, pci: this.pci.save() });
  }

  restore(state: E1000State): void {
    const { pci, ...registers } = structuredClone(state);
    this.#state = registers;
    this.pci.restore(pci);
    this.#update();
  }

  /** Plugs the cable in, or pulls it out. */
  setLink(up: boolean): void {
    this.#state.linkUp = up;
    this.#cause(register.LINK_CHANGED);
  }

  #get(offset: number): number {
    return this.#state.registers.get(offset) ?? 0;
  }

  #set(offset: number, value: number): void {
    this.#state.registers.set(offset, value >>> 0);
  }

  #cause(causes: number): void {
    this.#state.causes |= causes;
    this.#update();
  }

  #update(): void {
    this.pci.interrupt.set((this.#state.causes & this.#state.mask) !== 0);
  }

  #access(offset: number, bytes: AccessBytes): number {
    return Math.floor(this.#read(offset & ~3) / 2 ** (8 * (offset & 3))) % 2 ** (8 * bytes);
  }

  #read(offset: number): number {
    const state = this.#state;
    switch (offset) {
      case register.STATUS:
        return state.linkUp ? register.STATUS_FULL_DUPLEX | register.STATUS_LINK_UP | register.STATUS_1000 : 0;
      case register.EECD:
        return readEecd(state.eeprom);
      case register.EERD:
        return state.eepromRead;
      case register.MDIC:
        return state.mdic >>> 0;
      case register.ICR: {
        const { causes } = state;
        state.causes = 0;
        this.#update();
        return causes;
      }
      case register.ICS:
        return state.causes;
      case register.IMS:
        return state.mask;
      default:
        return isPlain(offset) ? this.#get(offset) : this.#unknown.read(offsetName(offset));
    }
  }

  #write(offset: number, value: number): void {
    const state = this.#state;
    switch (offset) {
      case register.CTRL:
        if ((value & register.CTRL_RESET) !== 0) this.#softReset();
        else this.#set(offset, value);
        break;
      case register.STATUS:
      case register.IMC:
        if (offset === register.IMC) state.mask &= ~value;
        this.#update();
        break;
      case register.EECD:
        writeEecd(state.eeprom, this.#words, value);
        break;
      case register.EERD:
        state.eepromRead = (((this.#words[(value >> 8) & 63] as number) << 16) | (value & 0xff00) | READ_DONE) >>> 0;
        break;
      case register.MDIC:
        this.#writeMdic(value);
        break;
      case register.ICR:
        state.causes &= ~value;
        this.#update();
        break;
      case register.ICS:
        this.#cause(value & 0x1ffff);
        break;
      case register.IMS:
        state.mask |= value & 0x1ffff;
        this.#update();
        break;
      default:
        if (!isPlain(offset)) this.#unknown.write(offsetName(offset));
        else this.#writePlain(offset, value);
    }
  }

  #writePlain(offset: number, value: number): void {
    const isIndex = [register.RDH, register.RDT, register.TDH, register.TDT].includes(offset);
    this.#set(offset, isIndex ? value & 0xffff : value);
    if (offset === register.TDT || offset === register.TCTL) this.#transmit();
  }

  #softReset(): void {
    this.#state = { ...this.#initial(this.#state.linkUp), portAddress: this.#state.portAddress };
    this.#update();
  }

  #writeMdic(value: number): void {
    const state = this.#state;
    const index = (value >> 16) & 31;
    const isRead = ((value >> 26) & 3) === 2;
    if (((value >> 21) & 31) !== PHY_ADDRESS) state.mdic = value | MDIC_READY | MDIC_ERROR;
    else if (isRead) {
      const linkDown = index === 1 && !state.linkUp ? 0x0024 : 0;
      state.mdic = (value & 0xffff0000) | MDIC_READY | ((state.phy[index] as number) & ~linkDown);
    } else {
      // Identification and status cannot be written; restart of negotiation and reset are over at once.
      if (index === 0) state.phy[0] = value & 0xffff & ~0x8200;
      else if (![1, 2, 3, 5, 10, 15, 17].includes(index)) state.phy[index] = value & 0xffff;
      state.mdic = value | MDIC_READY;
    }
  }

  /** A ring's base address and number of descriptors. */
  #ring(low: number, length: number): { base: number; count: number } {
    const base = (this.#get(low) & ~15) >>> 0;
    return {
      base: (base + this.#get(low + 4) * 2 ** 32) % 2 ** 52,
      count: Math.floor((this.#get(length) & 0xfff80) / DESCRIPTOR_BYTES),
    };
  }

  get #isMaster(): boolean {
    return (this.pci.command & COMMAND_BUS_MASTER) !== 0;
  }

  #transmit(): void {
    const { base, count } = this.#ring(register.TDBAL, register.TDLEN);
    const { memory, events } = this.#options;
    if ((this.#get(register.TCTL) & TRANSMIT_ENABLE) === 0 || count === 0 || !this.#isMaster) return;
    const tail = this.#get(register.TDT) % count;
    let causes = 0;
    let head = this.#get(register.TDH) % count;
    for (; head !== tail; head = (head + 1) % count) {
      const at = base + head * DESCRIPTOR_BYTES;
      const descriptor = new Uint8Array(DESCRIPTOR_BYTES);
      memory.read(at, descriptor);
      takeDescriptor(this.#state.transmit, memory, descriptor, (frame) => this.#state.linkUp && events.frame(frame));
      if (((descriptor[11] as number) & REPORT_STATUS) !== 0) {
        memory.store(at + 12, 1, (descriptor[12] as number) | DESCRIPTOR_DONE);
        causes |= register.TX_WRITTEN_BACK;
      }
    }
    this.#set(register.TDH, head);
    this.#cause(causes | register.TX_QUEUE_EMPTY);
  }

  /**
   * An Ethernet frame to the guest, without frame check sequence.
   * @returns false when it is not for this address, or the guest has no room: the frame is lost
   */
  receive(frame: Uint8Array): boolean {
    const control = this.#get(register.RCTL);
    const { base, count } = this.#ring(register.RDBAL, register.RDLEN);
    if ((control & RECEIVE_ENABLE) === 0 || !this.#state.linkUp || !this.#isMaster) return false;
    if (!accepts(frame, control, (offset) => this.#get(offset))) return false;
    const { memory } = this.#options;
    const bytes = strippedOrNot(frame, control);
    const size = receiveBufferBytes(control);
    const needed = Math.ceil(bytes.length / size);
    const head = count === 0 ? 0 : this.#get(register.RDH) % count;
    const free = count === 0 ? 0 : ((this.#get(register.RDT) % count) - head + count) % count;
    if (needed > free) {
      this.#cause(register.RX_OVERRUN);
      return false;
    }
    for (let i = 0; i < needed; i++) {
      const at = base + ((head + i) % count) * DESCRIPTOR_BYTES;
      const part = bytes.subarray(i * size, (i + 1) * size);
      memory.write((memory.load(at, 4) + memory.load(at + 4, 4) * 2 ** 32) % 2 ** 52, part);
      memory.write(at + 8, receiveDescriptor(part.length, i === needed - 1));
    }
    this.#set(register.RDH, (head + needed) % count);
    // RDMTS: half, a quarter or an eighth of the ring is free.
    const threshold = count >> (1 + ((control >> 8) & 3));
    this.#cause(register.RX_TIMER | (free - needed <= threshold ? register.RX_MINIMUM : 0));
    return true;
  }
}

/** Full duplex, and the link up as the MAC wants it. */
const STATUS_BITS_OF_CTRL = 1;

const rings: ReadonlySet<number> = new Set([
  register.CTRL,
  register.RCTL,
  register.TCTL,
  register.RDBAL,
  register.RDBAH,
  register.RDLEN,
  register.RDH,
  register.RDT,
  register.TDBAL,
  register.TDBAH,
  register.TDLEN,
  register.TDH,
  register.TDT,
]);

function isPlain(offset: number): boolean {
  if (rings.has(offset) || (offset >= register.STATISTICS_FIRST && offset <= register.STATISTICS_LAST)) return true;
  return register.plainRegisters.some(([first, last]) => offset >= first && offset <= last);
}
