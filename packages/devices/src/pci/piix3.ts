/** The 82371SB (PIIX3) ISA bridge: routing of PCI interrupts to ISA ones, and the reset control register. Intel 290550, 2.2 and 2.5.6. */
import { byteWidePorts } from '../byte-wide.ts';
import type { Device, InterruptLine, PortWindow } from '../device.ts';
import { PciFunction, type PciFunctionState } from './pci-function.ts';

const PIRQRC = 0x60;
const NOT_ROUTED = 0x80;
const RESET_CPU = 0x04;
const WRITABLE = 0x02;
/** ISA interrupts that a PIRQ may be routed to: 3 to 7, 9 to 12, 14, 15. */
const ROUTABLE = 0xdef8;

export interface Piix3State {
  pci: PciFunctionState;
  levels: boolean[];
  resetControl: number;
}

export interface Piix3Options {
  /** Interrupt request 0 to 15: both the 8259's and the I/O APIC's input. Set for PCI only; ISA devices have lines of their own. */
  readonly irq: (request: number) => InterruptLine;
  readonly events: { reset(): void };
}

export class Piix3 implements Device<Piix3State> {
  readonly pci: PciFunction;
  /** For the PCI bus. */
  readonly pirq: readonly [InterruptLine, InterruptLine, InterruptLine, InterruptLine];
  /** Port CF9h. */
  readonly resetControl: PortWindow;
  readonly #options: Piix3Options;
  #levels = [false, false, false, false];
  #resetControl = 0;
  #raised = 0;

  constructor(options: Piix3Options) {
    this.#options = options;
    this.pci = new PciFunction({
      identity: { vendor: 0x8086, device: 0x7000, classCode: 0x060100, subsystemVendor: 0x1af4, subsystem: 0x1100 },
      multifunction: true,
      written: () => this.#route(),
    });
    for (let i = 0; i < 4; i++) this.pci.define(PIRQRC + i, 1, NOT_ROUTED, 0x8f);
    // Registers that firmware sets and nothing here depends on: XBCS, TOM, MSTAT.
    this.pci.define(0x4e, 2, 0x0003, 0xffff);
    this.pci.define(0x69, 3, 0x000002, 0xffffff);
    const line = (pirq: number): InterruptLine => ({
      set: (level) => {
        this.#levels[pirq] = level;
        this.#route();
      },
    });
    this.pirq = [line(0), line(1), line(2), line(3)];
    this.resetControl = byteWidePorts({
      readByte: () => this.#resetControl,
      writeByte: (_offset, value) => {
        this.#resetControl = value & WRITABLE;
        if ((value & RESET_CPU) !== 0) options.events.reset();
      },
    });
  }

  reset(): void {
    this.#resetControl = 0;
    this.pci.reset();
    this.#route();
  }

  save(): Piix3State {
    return structuredClone({ pci: this.pci.save(), levels: this.#levels, resetControl: this.#resetControl });
  }

  restore(state: Piix3State): void {
    this.#levels = [...state.levels];
    this.#resetControl = state.resetControl;
    this.pci.restore(state.pci);
    this.#route();
  }

  #route(): void {
    let raised = 0;
    for (const [pirq, level] of this.#levels.entries()) {
      const route = this.pci.value(PIRQRC + pirq, 1);
      if (level && (route & NOT_ROUTED) === 0) raised |= 1 << (route & 15);
    }
    raised &= ROUTABLE;
    const changed = raised ^ this.#raised;
    this.#raised = raised;
    for (let request = 0; request < 16; request++) {
      if ((changed & (1 << request)) !== 0) this.#options.irq(request).set((raised & (1 << request)) !== 0);
    }
  }
}
