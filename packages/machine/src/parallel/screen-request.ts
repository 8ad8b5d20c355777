/** The screen, which core 0's thread has, for the host's: asked for, and waited for. The answer comes at the end of a block of the guest's code. */
import type { Picture, Vga } from '@drift-os/devices';
import type { Exchange } from '@drift-os/x86-core';
import type { TextCells } from '../engine.ts';
import { type Area, REQUEST, REQUEST_BYTES, REQUEST_HEIGHT, REQUEST_KIND, REQUEST_WIDTH } from './area.ts';

const IDLE = 0;
const ASKED = 1;
const DONE = 2;
const TEXT = 0;
const PICTURE = 1;

/** On core 0's thread. */
export class ScreenServer {
  readonly #area: Area;
  readonly #host: Exchange['host'];
  readonly #vga: Vga;

  constructor(area: Area, host: Exchange['host'], vga: Vga) {
    this.#area = area;
    this.#host = host;
    this.#vga = vga;
  }

  serve(): void {
    const { words } = this.#area;
    if (Atomics.load(words, REQUEST) !== ASKED) return;
    if (Atomics.load(words, REQUEST_KIND) === TEXT) {
      const text = this.#vga.text();
      this.#answer(text?.columns, text?.rows, text?.cells);
    } else {
      this.#area.screenChanged = false;
      const picture = this.#vga.picture();
      this.#answer(picture?.width, picture?.height, picture?.pixels);
    }
    Atomics.store(words, REQUEST, DONE);
    this.#host.signal();
  }

  #answer(width = 0, height = 0, content: Uint16Array | Uint8ClampedArray = new Uint16Array(0)): void {
    const { words, screen } = this.#area;
    const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    if (bytes.length > screen.byteLength) screen.grow(bytes.length);
    new Uint8Array(screen).set(bytes);
    Atomics.store(words, REQUEST_WIDTH, width);
    Atomics.store(words, REQUEST_HEIGHT, height);
    Atomics.store(words, REQUEST_BYTES, bytes.length);
  }
}

/** On the host's thread. */
export class ScreenClient {
  readonly #area: Area;
  readonly #exchange: Exchange;

  constructor(area: Area, exchange: Exchange) {
    this.#area = area;
    this.#exchange = exchange;
  }

  text(): TextCells | undefined {
    const { width, height, bytes } = this.#ask(TEXT);
    if (width === 0) return undefined;
    return { columns: width, rows: height, cells: new Uint16Array(bytes.buffer) };
  }

  picture(): Picture | undefined {
    const { width, height, bytes } = this.#ask(PICTURE);
    if (width === 0) return undefined;
    return { width, height, pixels: new Uint8ClampedArray(bytes.buffer) };
  }

  #ask(kind: number): { readonly width: number; readonly height: number; readonly bytes: Uint8Array<ArrayBuffer> } {
    const { words, screen } = this.#area;
    Atomics.store(words, REQUEST_KIND, kind);
    Atomics.store(words, REQUEST, ASKED);
    this.#exchange.cores[0]?.callForDevices();
    this.#exchange.host.wait(() => Atomics.load(words, REQUEST) === DONE);
    Atomics.store(words, REQUEST, IDLE);
    const bytes = new Uint8Array(Atomics.load(words, REQUEST_BYTES));
    bytes.set(new Uint8Array(screen, 0, bytes.length));
    return { width: Atomics.load(words, REQUEST_WIDTH), height: Atomics.load(words, REQUEST_HEIGHT), bytes };
  }
}
