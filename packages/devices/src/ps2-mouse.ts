/** A PS/2 mouse with a wheel: IBM's standard commands, and the IntelliMouse packets after its knock of sample rates 200, 100, 80. */
import type { Ps2Device } from './ps2-device.ts';
import { type UnknownRegisters } from './unknown-registers.ts';

const ACKNOWLEDGE = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
const BUFFER_BYTES = 64;
const KNOCK = [200, 100, 80] as const;
const ID_WHEEL = 3;

export interface Ps2MouseState {
  output: number[];
  reporting: boolean;
  remote: boolean;
  wrap: boolean;
  scaling: boolean;
  resolution: number;
  sampleRate: number;
  /** The last sample rates, for the knock. */
  rates: number[];
  id: number;
  command: number;
  buttons: number;
  dx: number;
  dy: number;
  dz: number;
}

export const initialMouse = (): Ps2MouseState => ({
  output: [],
  reporting: false,
  remote: false,
  wrap: false,
  scaling: false,
  resolution: 2,
  sampleRate: 100,
  rates: [],
  id: 0,
  command: 0,
  buttons: 0,
  dx: 0,
  dy: 0,
  dz: 0,
});

export interface Ps2MouseOptions {
  readonly unknown: UnknownRegisters;
  readonly ready: () => void;
}

export interface MouseMotion {
  /** Counts to the right. */
  readonly dx?: number;
  /** Counts upwards. */
  readonly dy?: number;
  /** Wheel clicks towards the user. */
  readonly dz?: number;
  /** Held now: left 1, right 2, middle 4. */
  readonly buttons?: number;
}

export class Ps2Mouse implements Ps2Device {
  state: Ps2MouseState = initialMouse();
  readonly #options: Ps2MouseOptions;

  constructor(options: Ps2MouseOptions) {
    this.#options = options;
  }

  /** Motion since the last call, and the buttons that are held. It adds up while the buffer is full. */
  move({ dx = 0, dy = 0, dz = 0, buttons = this.state.buttons }: MouseMotion): void {
    const { state } = this;
    state.dx += dx;
    state.dy += dy;
    state.dz += dz;
    state.buttons = buttons & 7;
    if (!state.reporting || state.remote) return;
    do this.#packet();
    while (this.#room && (state.dx !== 0 || state.dy !== 0 || (state.dz !== 0 && state.id === ID_WHEEL)));
    this.#options.ready();
  }

  take(): number | undefined {
    return this.state.output.shift();
  }

  get hasOutput(): boolean {
    return this.state.output.length > 0;
  }

  get #room(): boolean {
    return this.state.output.length + 4 <= BUFFER_BYTES;
  }

  #packet(): void {
    const { state } = this;
    if (!this.#room) return;
    const dx = clamp(state.dx, 255);
    const dy = clamp(state.dy, 255);
    const dz = clamp(state.dz, 7);
    state.dx -= dx;
    state.dy -= dy;
    state.dz -= dz;
    const signs = (dx < 0 ? 0x10 : 0) | (dy < 0 ? 0x20 : 0);
    state.output.push(0x08 | state.buttons | signs, dx & 0xff, dy & 0xff);
    if (state.id === ID_WHEEL) state.output.push(dz & 0xff);
  }

  command(byte: number): void {
    const { state } = this;
    if (state.wrap && byte !== 0xec && byte !== 0xff) this.#reply(byte);
    else if (state.command !== 0) this.#parameter(byte);
    else this.#command(byte);
    this.#options.ready();
  }

  #parameter(byte: number): void {
    const { state } = this;
    if (state.command === 0xe8) state.resolution = byte & 3;
    else {
      state.sampleRate = byte;
      state.rates = [...state.rates, byte].slice(-KNOCK.length);
      if (KNOCK.every((rate, i) => state.rates[i] === rate)) state.id = ID_WHEEL;
    }
    state.command = 0;
    this.#reply(ACKNOWLEDGE);
  }

  #command(byte: number): void {
    const { state } = this;
    this.#reply(isCommand(byte) ? ACKNOWLEDGE : RESEND);
    switch (byte) {
      case 0xe6:
      case 0xe7:
        state.scaling = byte === 0xe7;
        break;
      case 0xe8:
      case 0xf3:
        state.command = byte;
        break;
      case 0xe9:
        this.#reply(this.#status(), state.resolution, state.sampleRate);
        break;
      case 0xea:
      case 0xf0:
        state.remote = byte === 0xf0;
        break;
      case 0xeb:
        this.#packet();
        break;
      case 0xec:
      case 0xee:
        state.wrap = byte === 0xee;
        break;
      case 0xf2:
        this.#reply(state.id);
        break;
      case 0xf4:
      case 0xf5:
        state.reporting = byte === 0xf4;
        break;
      case 0xf6:
        this.#defaults();
        break;
      case 0xff:
        this.#defaults();
        state.id = 0;
        state.rates = [];
        this.#reply(SELF_TEST_PASSED, 0);
        break;
      default:
        this.#options.unknown.write(`mouse command ${byte.toString(16).toUpperCase()}h`);
    }
  }

  #defaults(): void {
    const { sampleRate, resolution, scaling, reporting, remote, wrap } = initialMouse();
    Object.assign(this.state, { sampleRate, resolution, scaling, reporting, remote, wrap });
  }

  #status(): number {
    const { state } = this;
    const [left, right, middle] = [state.buttons & 1, state.buttons & 2, state.buttons & 4];
    const held = (left && 4) | (middle && 2) | (right && 1);
    return held | (state.scaling ? 0x10 : 0) | (state.reporting ? 0x20 : 0) | (state.remote ? 0x40 : 0);
  }

  #reply(...bytes: number[]): void {
    if (this.state.output.length + bytes.length <= BUFFER_BYTES) this.state.output.push(...bytes);
  }
}

const commands: ReadonlySet<number> = new Set([
  0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xee, 0xf0, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xff,
]);

const isCommand = (byte: number): boolean => commands.has(byte);

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, Math.trunc(value)));
}
