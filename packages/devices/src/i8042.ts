/** The 8042 keyboard controller of a PC with a PS/2 keyboard and mouse. IBM PS/2 Technical Reference, "Keyboard and Auxiliary Device Controller". */
import { byteWidePorts } from './byte-wide.ts';
import type { Device, DeviceEvents, InterruptLine, PortWindow } from './device.ts';
import type { Ps2Device } from './ps2-device.ts';
import { initialKeyboard, Ps2Keyboard, type Ps2KeyboardState } from './ps2-keyboard.ts';
import { initialMouse, Ps2Mouse, type Ps2MouseState } from './ps2-mouse.ts';
import { translateByte } from './ps2-scan-codes.ts';
import { UnknownRegisters } from './unknown-registers.ts';

/** Status register. */
const OUTPUT_FULL = 0x01;
const SYSTEM_FLAG = 0x04;
const COMMAND_WRITTEN = 0x08;
const UNLOCKED = 0x10;
const MOUSE_DATA = 0x20;
/** Command byte. */
const KEYBOARD_INTERRUPT = 0x01;
const MOUSE_INTERRUPT = 0x02;
const KEYBOARD_DISABLED = 0x10;
const MOUSE_DISABLED = 0x20;
const TRANSLATE = 0x40;
/** Output port. */
const NOT_RESET = 0x01;
const A20 = 0x02;

interface ControllerState {
  commandByte: number;
  /** The command whose parameter is awaited at the data port, or 0. */
  command: number;
  outputPort: number;
  /** What a read of the data port gives, and where it came from; -1: nothing. */
  output: number;
  outputSource: 'controller' | 'keyboard' | 'mouse';
  lastData: number;
  lastWasCommand: boolean;
  breakPending: boolean;
  memory: number[];
}

export interface I8042State {
  controller: ControllerState;
  keyboard: Ps2KeyboardState;
  mouse: Ps2MouseState;
}

export interface I8042Events extends DeviceEvents {
  /** The guest pulses the reset line. */
  reset(): void;
  /** Keyboard lights: Scroll Lock 1, Num Lock 2, Caps Lock 4. */
  keyboardLeds?(leds: number): void;
}

export interface I8042Options {
  /** Interrupt request 1. */
  readonly keyboardIrq: InterruptLine;
  /** Interrupt request 12. */
  readonly mouseIrq: InterruptLine;
  readonly a20: InterruptLine;
  readonly events: I8042Events;
}

const initialController = (): ControllerState => ({
  commandByte: 0,
  command: 0,
  outputPort: NOT_RESET | A20,
  output: -1,
  outputSource: 'controller',
  lastData: 0,
  lastWasCommand: false,
  breakPending: false,
  memory: new Array<number>(32).fill(0),
});

export class I8042 implements Device<I8042State> {
  /** Port 60h. */
  readonly data: PortWindow;
  /** Port 64h: status and commands. */
  readonly control: PortWindow;
  readonly keyboard: Ps2Keyboard;
  readonly mouse: Ps2Mouse;
  readonly #options: I8042Options;
  #state: ControllerState = initialController();
  readonly #unknown: UnknownRegisters;

  constructor(options: I8042Options) {
    this.#options = options;
    this.#unknown = new UnknownRegisters('8042', options.events);
    const ready = (): void => this.#fill();
    const leds = (value: number): void => options.events.keyboardLeds?.(value);
    this.keyboard = new Ps2Keyboard({ unknown: this.#unknown, ready, leds });
    this.mouse = new Ps2Mouse({ unknown: this.#unknown, ready });
    this.data = byteWidePorts({
      readByte: () => this.#readData(),
      writeByte: (_offset, value) => this.#writeData(value),
    });
    this.control = byteWidePorts({
      readByte: () => this.#status(),
      writeByte: (_offset, value) => this.#command(value),
    });
  }

  reset(): void {
    this.#state = initialController();
    this.keyboard.state = initialKeyboard();
    this.mouse.state = initialMouse();
    this.#options.a20.set(true);
    this.#update();
  }

  save(): I8042State {
    return structuredClone({ controller: this.#state, keyboard: this.keyboard.state, mouse: this.mouse.state });
  }

  restore(state: I8042State): void {
    const { controller, keyboard, mouse } = structuredClone(state);
    this.#state = controller;
    this.keyboard.state = keyboard;
    this.mouse.state = mouse;
    this.#options.a20.set((controller.outputPort & A20) !== 0);
    this.#update();
  }

  #status(): number {
    const { output, outputSource, commandByte, lastWasCommand } = this.#state;
    const full = output >= 0 ? OUTPUT_FULL | (outputSource === 'mouse' ? MOUSE_DATA : 0) : 0;
    return full | (commandByte & SYSTEM_FLAG) | (lastWasCommand ? COMMAND_WRITTEN : 0) | UNLOCKED;
  }

  #readData(): number {
    const state = this.#state;
    if (state.output < 0) return state.lastData;
    state.lastData = state.output;
    state.output = -1;
    // The line falls before it rises again for the next byte.
    this.#update();
    this.#fill();
    return state.lastData;
  }

  /** Takes the next byte of a device into the output buffer, the keyboard's first. */
  #fill(): void {
    const { commandByte, output } = this.#state;
    if (output < 0) {
      if (!(commandByte & KEYBOARD_DISABLED) && this.keyboard.hasOutput) this.#takeKeyboard();
      else if (!(commandByte & MOUSE_DISABLED)) this.#put(this.mouse.take(), 'mouse');
    }
    this.#update();
  }

  #takeKeyboard(): void {
    const state = this.#state;
    while (state.output < 0) {
      const byte = this.keyboard.take();
      if (byte === undefined) return;
      if ((state.commandByte & TRANSLATE) === 0) this.#put(byte, 'keyboard');
      else {
        const translated = translateByte(byte, state.breakPending);
        state.breakPending = translated === undefined;
        this.#put(translated, 'keyboard');
      }
    }
  }

  #put(byte: number | undefined, source: ControllerState['outputSource']): void {
    if (byte === undefined) return;
    this.#state.output = byte;
    this.#state.outputSource = source;
  }

  /** What the controller itself says replaces what waits there. */
  #answer(byte: number, source: ControllerState['outputSource'] = 'controller'): void {
    this.#state.output = -1;
    this.#update();
    this.#put(byte, source);
    this.#update();
  }

  #update(): void {
    const { output, outputSource, commandByte } = this.#state;
    const full = output >= 0;
    const mouse = outputSource === 'mouse';
    this.#options.keyboardIrq.set(full && !mouse && (commandByte & KEYBOARD_INTERRUPT) !== 0);
    this.#options.mouseIrq.set(full && mouse && (commandByte & MOUSE_INTERRUPT) !== 0);
  }

  #setOutputPort(value: number): void {
    this.#state.outputPort = value;
    this.#options.a20.set((value & A20) !== 0);
    if ((value & NOT_RESET) === 0) this.#options.events.reset();
  }

  #writeData(value: number): void {
    const state = this.#state;
    const { command } = state;
    state.lastWasCommand = false;
    state.command = 0;
    if (command === 0) this.#toDevice(this.keyboard, KEYBOARD_DISABLED, value);
    else if (command === 0xd4) this.#toDevice(this.mouse, MOUSE_DISABLED, value);
    else if (command === 0xd1) this.#setOutputPort(value);
    else if (command === 0xd2) this.#answer(value, 'keyboard');
    else if (command === 0xd3) this.#answer(value, 'mouse');
    else if (command === 0x60) this.#setCommandByte(value);
    else state.memory[command & 0x1f] = value;
  }

  /** Writing to a device enables its port. */
  #toDevice(device: Ps2Device, disabled: number, value: number): void {
    this.#state.commandByte &= ~disabled;
    device.command(value);
  }

  #setCommandByte(value: number): void {
    this.#state.commandByte = value;
    this.#fill();
  }

  #command(command: number): void {
    const state = this.#state;
    state.lastWasCommand = true;
    state.command = 0;
    if (command >= 0x20 && command < 0x40) {
      this.#answer(command === 0x20 ? state.commandByte : (state.memory[command & 0x1f] as number));
    } else if (command >= 0x60 && command < 0x80) state.command = command;
    else if (command >= 0xf0) this.#pulse(command);
    else this.#namedCommand(command);
  }

  /** F0h to FFh pulse the output port's lines whose bits are clear; only the reset line does anything. */
  #pulse(command: number): void {
    if ((command & NOT_RESET) === 0) this.#options.events.reset();
  }

  #namedCommand(command: number): void {
    const state = this.#state;
    switch (command) {
      case 0xa7:
        return this.#setCommandByte(state.commandByte | MOUSE_DISABLED);
      case 0xa8:
        return this.#setCommandByte(state.commandByte & ~MOUSE_DISABLED);
      case 0xa9:
      case 0xab:
        return this.#answer(0x00);
      case 0xaa:
        state.commandByte |= SYSTEM_FLAG;
        return this.#answer(0x55);
      case 0xad:
        return this.#setCommandByte(state.commandByte | KEYBOARD_DISABLED);
      case 0xae:
        return this.#setCommandByte(state.commandByte & ~KEYBOARD_DISABLED);
      case 0xc0:
        return this.#answer(0x80);
      case 0xd0:
        return this.#answer(state.outputPort);
      case 0xd1:
      case 0xd2:
      case 0xd3:
      case 0xd4:
        state.command = command;
        return undefined;
      // HP's A20 commands, which PC chip sets also have.
      case 0xdd:
        return this.#setOutputPort(state.outputPort & ~A20);
      case 0xdf:
        return this.#setOutputPort(state.outputPort | A20);
      default:
        return this.#unknown.write(`command ${command.toString(16).toUpperCase()}h`);
    }
  }
}
