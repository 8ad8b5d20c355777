/** PCI bus 0: configuration mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2), address decoding, interrupt pins. */
import type { AccessBytes, Device, InterruptLine, InterruptMessages, PortWindow } from '../device.ts';
import type { PciFunction, PciRegion } from './pci-function.ts';

const ENABLE = 0x80000000;
const PINS = 4;

/** The address spaces, as far as PCI decodes them. */
export interface PciSpace {
  /** Windows may come to lie over RAM or each other while software sizes them; the last one mapped wins. */
  map(region: PciRegion): void;
  unmap(region: PciRegion): void;
}

export interface PciBusOptions {
  readonly space: PciSpace;
  readonly messages: InterruptMessages;
  /** PIRQA to PIRQD of the interrupt router. */
  readonly pirq: readonly [InterruptLine, InterruptLine, InterruptLine, InterruptLine];
  /** Port CF9h, which lies among this bus' ports. */
  readonly resetControl?: PortWindow;
}

export interface PciBusState {
  address: number;
}

interface Plugged {
  readonly pci: PciFunction;
  regions: PciRegion[];
}

export class PciBus implements Device<PciBusState> {
  /** Ports CF8h to CFFh. */
  readonly ports: PortWindow;
  readonly #options: PciBusOptions;
  readonly #functions = new Map<number, Plugged>();
  /** For each PIRQ, which functions assert it. */
  readonly #asserted: readonly Set<number>[] = Array.from({ length: PINS }, () => new Set<number>());
  #address = 0;

  constructor(options: PciBusOptions) {
    this.#options = options;
    this.ports = {
      readPort: (offset, bytes) => this.#readPort(offset, bytes),
      writePort: (offset, bytes, value) => this.#writePort(offset, bytes, value),
    };
  }

  /**
   * Puts a function into device 0 to 31, function 0 to 7.
   * @throws RangeError when there is one already
   */
  plug(device: number, index: number, pci: PciFunction): void {
    const key = (device << 3) | index;
    if (this.#functions.has(key)) throw new RangeError(`PCI device ${device} function ${index} is taken`);
    const plugged: Plugged = { pci, regions: [] };
    this.#functions.set(key, plugged);
    pci.plugIn({
      intx: { set: (level) => this.#setIntx(key, pci, level) },
      messages: this.#options.messages,
      moved: () => this.#move(plugged),
    });
    this.#move(plugged);
  }

  reset(): void {
    this.#address = 0;
  }

  save(): PciBusState {
    return { address: this.#address };
  }

  restore(state: PciBusState): void {
    this.#address = state.address;
  }

  /** Pin n of device d is PIRQ (n + d - 1) mod 4, as the i440FX boards wire it. */
  #setIntx(key: number, pci: PciFunction, level: boolean): void {
    const pin = pci.value(0x3d, 1) - 1;
    if (pin < 0) return;
    const pirq = (pin + (key >> 3) + PINS - 1) % PINS;
    const asserted = this.#asserted[pirq] as Set<number>;
    if (level) asserted.add(key);
    else asserted.delete(key);
    this.#options.pirq[pirq]?.set(asserted.size > 0);
  }

  #move(plugged: Plugged): void {
    const { space } = this.#options;
    const next = plugged.pci.regions();
    const same = (a: PciRegion, b: PciRegion): boolean => a.base === b.base && a.window === b.window;
    for (const region of plugged.regions) if (!next.some((each) => same(each, region))) space.unmap(region);
    for (const region of next) if (!plugged.regions.some((each) => same(each, region))) space.map(region);
    // What is unmapped later is the object that was mapped.
    plugged.regions = next.map((region) => plugged.regions.find((each) => same(each, region)) ?? region);
  }

  /** The function that the address register selects; only bus 0 exists. */
  get #selected(): PciFunction | undefined {
    if ((this.#address & ENABLE) === 0 || (this.#address & 0xff0000) !== 0) return undefined;
    return this.#functions.get((this.#address >> 8) & 0xff)?.pci;
  }

  #readPort(offset: number, bytes: AccessBytes): number {
    const mask = 2 ** (8 * bytes) - 1;
    if (offset < 4) {
      if (bytes === 1 && offset === 1) return this.#options.resetControl?.readPort(0, 1) ?? 0xff;
      return bytes === 4 ? this.#address >>> 0 : mask;
    }
    return this.#selected?.readConfig((this.#address & 0xfc) + offset - 4, bytes) ?? mask;
  }

  #writePort(offset: number, bytes: AccessBytes, value: number): void {
    if (offset < 4) {
      // Narrow accesses are ordinary ports, not the address register.
      if (bytes === 4) this.#address = value & 0x80fffffc;
      else if (bytes === 1 && offset === 1) this.#options.resetControl?.writePort(0, 1, value);
    } else this.#selected?.writeConfig((this.#address & 0xfc) + offset - 4, bytes, value);
  }
}
