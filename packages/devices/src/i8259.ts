/**
 * The pair of 8259A interrupt controllers of a PC, cascaded at input 2 of the master, with the PIIX3's edge/level control registers.
 * Intel 8259A data sheet (231468); Intel 82371SB (290550) 2.5.10.
 */
import { byteWidePorts } from './byte-wide.ts';
import type { InterruptLine, PortWindow } from './device.ts';
import { StatefulDevice } from './stateful-device.ts';

const CASCADE = 2;
const ICW1 = 0x10;
const ICW1_LEVEL = 0x08;
const ICW1_SINGLE = 0x02;
const ICW1_ICW4 = 0x01;
const ICW4_AUTO_EOI = 0x02;
const ICW4_SPECIAL_FULLY_NESTED = 0x10;
const OCW3 = 0x08;
const NOTHING = 8;
/** Inputs 0, 1, 2 of the master and 8, 13 of the slave are always edge triggered. */
const LEVEL_CAPABLE = [0xf8, 0xde] as const;

export interface I8259State {
  /** Levels at the inputs. */
  lines: number;
  irr: number;
  isr: number;
  imr: number;
  vectorBase: number;
  /** The ICW that the data port expects next; 1: none, the port is the mask. */
  nextIcw: 1 | 2 | 3 | 4;
  icw4Expected: boolean;
  single: boolean;
  levelTriggered: boolean;
  elcr: number;
  autoEoi: boolean;
  rotateOnAutoEoi: boolean;
  specialMask: boolean;
  specialFullyNested: boolean;
  readIsr: boolean;
  poll: boolean;
  /** The input with the highest priority. */
  highest: number;
}

const initialState = (): I8259State => ({
  lines: 0,
  irr: 0,
  isr: 0,
  imr: 0,
  vectorBase: 0,
  nextIcw: 1,
  icw4Expected: false,
  single: false,
  levelTriggered: false,
  elcr: 0,
  autoEoi: false,
  rotateOnAutoEoi: false,
  specialMask: false,
  specialFullyNested: false,
  readIsr: false,
  poll: false,
  highest: 0,
});

/** One chip. */
class I8259 {
  state: I8259State = initialState();
  readonly #master: boolean;
  readonly #output: (level: boolean) => void;

  constructor(master: boolean, output: (level: boolean) => void) {
    this.#master = master;
    this.#output = output;
  }

  setInput(input: number, level: boolean): void {
    const { state } = this;
    const bit = 1 << input;
    const was = (state.lines & bit) !== 0;
    state.lines = level ? state.lines | bit : state.lines & ~bit;
    if (this.#isLevel(bit)) state.irr = level ? state.irr | bit : state.irr & ~bit;
    else if (level && !was) state.irr |= bit;
    else if (!level) state.irr &= ~bit;
    this.update();
  }

  #isLevel(bit: number): boolean {
    return this.state.levelTriggered || (this.state.elcr & bit) !== 0;
  }

  /** How many inputs have a higher priority than the highest one in `bits`; NOTHING for none. */
  #priority(bits: number): number {
    if (bits === 0) return NOTHING;
    let priority = 0;
    while ((bits & (1 << ((priority + this.state.highest) & 7))) === 0) priority++;
    return priority;
  }

  /** The input that interrupts now, or -1. */
  pending(): number {
    const { state } = this;
    const priority = this.#priority(state.irr & ~state.imr);
    if (priority === NOTHING) return -1;
    let inService = state.isr;
    if (state.specialMask) inService &= ~state.imr;
    // The slave may interrupt again while one of its interrupts is in service (data sheet, "Special Fully Nested Mode").
    if (state.specialFullyNested && this.#master) inService &= ~(1 << CASCADE);
    return priority < this.#priority(inService) ? (priority + state.highest) & 7 : -1;
  }

  update(): void {
    this.#output(this.pending() >= 0);
  }

  /** The INTA cycle, but for the vector. @returns the input; 7 where the request has gone (spurious). */
  acknowledge(): number {
    const { state } = this;
    const input = this.pending();
    if (input < 0) return 7;
    const bit = 1 << input;
    if (!this.#isLevel(bit)) state.irr &= ~bit;
    if (!state.autoEoi) state.isr |= bit;
    else if (state.rotateOnAutoEoi) state.highest = (input + 1) & 7;
    this.update();
    return input;
  }

  readByte(offset: number): number {
    const { state } = this;
    if (state.poll) {
      state.poll = false;
      const requested = this.pending() >= 0;
      const input = this.acknowledge();
      return requested ? 0x80 | input : 0;
    }
    if (offset === 1) return state.imr;
    return state.readIsr ? state.isr : state.irr;
  }

  writeByte(offset: number, value: number): void {
    if (offset === 1) this.#writeData(value);
    else if ((value & ICW1) !== 0) this.#initialize(value);
    else if ((value & OCW3) !== 0) this.#writeOcw3(value);
    else this.#writeOcw2(value);
    this.update();
  }

  #initialize(icw1: number): void {
    const { lines, elcr, vectorBase } = this.state;
    this.state = {
      ...initialState(),
      lines,
      elcr,
      vectorBase,
      nextIcw: 2,
      icw4Expected: (icw1 & ICW1_ICW4) !== 0,
      single: (icw1 & ICW1_SINGLE) !== 0,
      levelTriggered: (icw1 & ICW1_LEVEL) !== 0,
    };
    // The edge detectors are cleared, so an input that is high must fall and rise again; a level still counts.
    this.state.irr = this.state.levelTriggered ? lines : lines & elcr;
  }

  #writeData(value: number): void {
    const { state } = this;
    switch (state.nextIcw) {
      case 1:
        state.imr = value;
        break;
      case 2:
        state.vectorBase = value & 0xf8;
        if (!state.single) state.nextIcw = 3;
        else state.nextIcw = state.icw4Expected ? 4 : 1;
        break;
      case 3:
        state.nextIcw = state.icw4Expected ? 4 : 1;
        break;
      case 4:
        state.autoEoi = (value & ICW4_AUTO_EOI) !== 0;
        state.specialFullyNested = (value & ICW4_SPECIAL_FULLY_NESTED) !== 0;
        state.nextIcw = 1;
    }
  }

  #writeOcw3(value: number): void {
    const { state } = this;
    if ((value & 0x04) !== 0) state.poll = true;
    if ((value & 0x02) !== 0) state.readIsr = (value & 0x01) !== 0;
    if ((value & 0x40) !== 0) state.specialMask = (value & 0x20) !== 0;
  }

  /** End of interrupt and rotation: the eight commands in bits 7 to 5. */
  #writeOcw2(value: number): void {
    const { state } = this;
    const level = value & 7;
    const serviced = (this.#priority(state.isr) + state.highest) & 7;
    switch (value >> 5) {
      case 0:
      case 4:
        state.rotateOnAutoEoi = value >> 5 === 4;
        break;
      case 1:
      case 5:
        if (state.isr === 0) break;
        state.isr &= ~(1 << serviced);
        if (value >> 5 === 5) state.highest = (serviced + 1) & 7;
        break;
      case 3:
      case 7:
        state.isr &= ~(1 << level);
        if (value >> 5 === 7) state.highest = (level + 1) & 7;
        break;
      case 6:
        state.highest = (level + 1) & 7;
    }
  }
}

export interface I8259PairState {
  master: I8259State;
  slave: I8259State;
}

export interface I8259PairOptions {
  /** INTR of the processor. */
  readonly output: InterruptLine;
}

export class I8259Pair extends StatefulDevice<I8259PairState> {
  /** Ports 20h and 21h. */
  readonly master: PortWindow;
  /** Ports A0h and A1h. */
  readonly slave: PortWindow;
  /** Ports 4D0h and 4D1h, of the PIIX3. */
  readonly edgeLevelControl: PortWindow;
  readonly #master: I8259;
  readonly #slave: I8259;

  constructor({ output }: I8259PairOptions) {
    super({ master: initialState(), slave: initialState() });
    this.#master = new I8259(true, (level) => output.set(level));
    this.#slave = new I8259(false, (level) => this.#master.setInput(CASCADE, level));
    this.master = byteWidePorts(this.#master);
    this.slave = byteWidePorts(this.#slave);
    this.edgeLevelControl = byteWidePorts({
      readByte: (offset) => this.#chip(offset).state.elcr,
      writeByte: (offset, value) => {
        this.#chip(offset).state.elcr = value & (LEVEL_CAPABLE[offset & 1] as number);
      },
    });
  }

  #chip(index: number): I8259 {
    return index === 0 ? this.#master : this.#slave;
  }

  /** Interrupt requests 0 to 15; 2 does not exist, it is the cascade. */
  input(request: number): InterruptLine {
    return { set: (level) => this.#chip(request >> 3).setInput(request & 7, level) };
  }

  /** The processor's INTA cycles. @returns the vector. */
  acknowledge(): number {
    const input = this.#master.acknowledge();
    if (input !== CASCADE) return this.#master.state.vectorBase + input;
    const vector = this.#slave.state.vectorBase + this.#slave.acknowledge();
    return vector;
  }

  /** The chips have no reset wire; this is the state after power-on, with the lines as they are. */
  reset(): void {
    for (const chip of [this.#slave, this.#master]) {
      chip.state = { ...initialState(), lines: chip.state.lines };
      chip.update();
    }
  }

  override save(): I8259PairState {
    return structuredClone({ master: this.#master.state, slave: this.#slave.state });
  }

  override restore(state: I8259PairState): void {
    const { master, slave } = structuredClone(state);
    this.#master.state = master;
    this.#slave.state = slave;
    this.#master.update();
  }
}
