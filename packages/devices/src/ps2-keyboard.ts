/** A PS/2 keyboard (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device"), scan code sets 1 and 2. */
import { set2Bytes, translateByte } from './ps2-scan-codes.ts';
import type { Ps2Device } from './ps2-device.ts';
import { type UnknownRegisters } from './unknown-registers.ts';

const ACKNOWLEDGE = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
const OVERRUN_SET2 = 0x00;
const BUFFER_BYTES = 64;

export interface Ps2KeyboardState {
  output: number[];
  enabled: boolean;
  scanCodeSet: number;
  leds: number;
  typematic: number;
  /** The command whose parameter is awaited, or 0. */
  command: number;
  lastSent: number;
}

export const initialKeyboard = (): Ps2KeyboardState => ({
  output: [],
  enabled: true,
  scanCodeSet: 2,
  leds: 0,
  typematic: 0x2b,
  command: 0,
  lastSent: 0,
});

export interface Ps2KeyboardOptions {
  readonly unknown: UnknownRegisters;
  /** Something waits to be taken. */
  readonly ready: () => void;
  /** Scroll Lock 1, Num Lock 2, Caps Lock 4. */
  readonly leds?: (leds: number) => void;
}

export class Ps2Keyboard implements Ps2Device {
  state: Ps2KeyboardState = initialKeyboard();
  readonly #options: Ps2KeyboardOptions;

  constructor(options: Ps2KeyboardOptions) {
    this.#options = options;
  }

  /**
   * A key goes down or up; `code` as in KeyboardEvent.code. Repeating is up to who holds it.
   * @returns false for a key that a PC keyboard does not have
   */
  key(code: string, pressed: boolean): boolean {
    const bytes = set2Bytes(code, pressed);
    if (bytes === undefined) return false;
    const { output, enabled, scanCodeSet } = this.state;
    if (!enabled) return true;
    const sent = scanCodeSet === 1 ? toSet1(bytes) : bytes;
    if (output.length + sent.length > BUFFER_BYTES) {
      if (output.length < BUFFER_BYTES) output.push(OVERRUN_SET2);
    } else output.push(...sent);
    this.#options.ready();
    return true;
  }

  take(): number | undefined {
    const byte = this.state.output.shift();
    if (byte !== undefined) this.state.lastSent = byte;
    return byte;
  }

  get hasOutput(): boolean {
    return this.state.output.length > 0;
  }

  command(byte: number): void {
    const { state } = this;
    if (state.command !== 0) this.#parameter(byte);
    else this.#command(byte);
    this.#options.ready();
  }

  #parameter(byte: number): void {
    const { state } = this;
    const command = state.command;
    state.command = 0;
    this.#reply(ACKNOWLEDGE);
    if (command === 0xed) {
      state.leds = byte & 7;
      this.#options.leds?.(state.leds);
    } else if (command === 0xf3) state.typematic = byte & 0x7f;
    else if (byte === 0) this.#reply(state.scanCodeSet);
    else if (byte === 1 || byte === 2) state.scanCodeSet = byte;
    else this.#options.unknown.write(`keyboard scan code set ${byte}`);
  }

  #command(byte: number): void {
    const { state } = this;
    switch (byte) {
      case 0xed:
      case 0xf0:
      case 0xf3:
        state.command = byte;
        this.#reply(ACKNOWLEDGE);
        break;
      case 0xee:
        this.#reply(0xee);
        break;
      case 0xf2:
        this.#reply(ACKNOWLEDGE, 0xab, 0x83);
        break;
      case 0xf4:
        this.#defaults(true);
        break;
      case 0xf5:
        this.#defaults(false);
        break;
      case 0xf6:
        this.#defaults(state.enabled);
        break;
      case RESEND:
        this.#reply(state.lastSent);
        break;
      case 0xff:
        this.state = initialKeyboard();
        this.#options.leds?.(0);
        this.#reply(ACKNOWLEDGE, SELF_TEST_PASSED);
        break;
      default:
        this.#options.unknown.write(`keyboard command ${byte.toString(16).toUpperCase()}h`);
        this.#reply(RESEND);
    }
  }

  /** F4h, F5h and F6h also empty the buffer. */
  #defaults(enabled: boolean): void {
    this.state.output = [];
    this.state.enabled = enabled;
    this.#reply(ACKNOWLEDGE);
  }

  #reply(...bytes: number[]): void {
    if (this.state.output.length + bytes.length <= BUFFER_BYTES) this.state.output.push(...bytes);
  }
}

function toSet1(bytes: readonly number[]): number[] {
  let breakPending = false;
  const out: number[] = [];
  for (const byte of bytes) {
    const translated = translateByte(byte, breakPending);
    if (translated !== undefined) out.push(translated);
    breakPending = translated === undefined;
  }
  return out;
}
