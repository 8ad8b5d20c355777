/**
 * The pair of 8237A DMA controllers and their page registers, as far as software can see them with no device that requests a
 * transfer: registers read back, no memory is moved. Intel 8237A data sheet (231466); Intel 82371SB (290550) 2.5.1.
 */
import { byteWidePorts } from './byte-wide.ts';
import type { PortWindow } from './device.ts';
import { StatefulDevice } from './stateful-device.ts';

const COMMAND = 8;
const REQUEST = 9;
const SINGLE_MASK = 10;
const MODE = 11;
const CLEAR_FLIP_FLOP = 12;
const MASTER_CLEAR = 13;
const CLEAR_MASK = 14;
const ALL_MASK = 15;

interface ControllerState {
  /** Base address and count of channels 0 to 3, alternating. */
  registers: number[];
  modes: number[];
  command: number;
  request: number;
  mask: number;
  flipFlop: boolean;
}

export interface I8237PairState {
  controllers: [ControllerState, ControllerState];
  pages: number[];
}

const initialController = (): ControllerState => ({
  registers: new Array<number>(8).fill(0),
  modes: new Array<number>(4).fill(0),
  command: 0,
  request: 0,
  mask: 0x0f,
  flipFlop: false,
});

const initialState = (): I8237PairState => ({
  controllers: [initialController(), initialController()],
  pages: new Array<number>(16).fill(0),
});

export class I8237Pair extends StatefulDevice<I8237PairState> {
  /** Ports 00h to 0Fh: channels 0 to 3. */
  readonly low: PortWindow;
  /** Ports C0h to DFh: channels 4 to 7, a register at every second port. */
  readonly high: PortWindow;
  /** Ports 80h to 8Fh: page registers; 80h, unused by DMA, takes the POST codes. */
  readonly pages: PortWindow;

  constructor() {
    super(initialState());
    this.low = byteWidePorts({
      readByte: (offset) => this.#read(0, offset),
      writeByte: (offset, value) => this.#write(0, offset, value),
    });
    this.high = byteWidePorts({
      readByte: (offset) => this.#read(1, offset >> 1),
      writeByte: (offset, value) => this.#write(1, offset >> 1, value),
    });
    this.pages = byteWidePorts({
      readByte: (offset) => this.state.pages[offset] ?? 0xff,
      writeByte: (offset, value) => {
        this.state.pages[offset] = value;
      },
    });
  }

  reset(): void {
    this.state = initialState();
  }

  #read(index: 0 | 1, offset: number): number {
    const controller = this.state.controllers[index];
    if (offset < 8) {
      const value = controller.registers[offset] as number;
      controller.flipFlop = !controller.flipFlop;
      return controller.flipFlop ? value & 0xff : value >> 8;
    }
    if (offset === COMMAND) return controller.request << 4;
    return offset === ALL_MASK ? controller.mask | 0xf0 : 0;
  }

  #write(index: 0 | 1, offset: number, value: number): void {
    const controller = this.state.controllers[index];
    const bit = 1 << (value & 3);
    if (offset < 8) {
      const old = controller.registers[offset] as number;
      controller.flipFlop = !controller.flipFlop;
      controller.registers[offset] = controller.flipFlop ? (old & 0xff00) | value : (old & 0xff) | (value << 8);
    } else if (offset === COMMAND) controller.command = value;
    else if (offset === REQUEST) controller.request = value & 4 ? controller.request | bit : controller.request & ~bit;
    else if (offset === SINGLE_MASK) controller.mask = value & 4 ? controller.mask | bit : controller.mask & ~bit;
    else if (offset === MODE) controller.modes[value & 3] = value;
    else if (offset === CLEAR_FLIP_FLOP) controller.flipFlop = false;
    else if (offset === MASTER_CLEAR) this.state.controllers[index] = initialController();
    else if (offset === CLEAR_MASK) controller.mask = 0;
    else controller.mask = value & 0x0f;
  }
}
