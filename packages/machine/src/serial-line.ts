/** The host's end of a serial line: what the guest sends as text, what the host types as bytes. */
import { SerialText, type SerialMatch, type WaitOptions } from '@drift-os/console';
import { MachineError } from './machine-error.ts';

/** Takes what the host types to the guest's UART. */
export interface SerialInput {
  send(bytes: Uint8Array): void;
  /** Forgets what has not arrived. */
  restart(): void;
}

const NEWLINE = 0x0a;

export class SerialLine implements AsyncIterable<string> {
  readonly #text = new SerialText((code, message) => new MachineError(code, message));
  readonly #decoder = new TextDecoder();
  readonly #input: SerialInput;
  #pending: number[] = [];
  #lineWaits = false;

  constructor(input: SerialInput) {
    this.#input = input;
  }

  /** All output so far. */
  get output(): string {
    this.flush();
    return this.#text.text;
  }

  /**
   * Resolves when `pattern` appears behind the last match.
   * @throws MachineError TIMEOUT or MACHINE_ENDED, with the last lines of output
   */
  waitFor(pattern: string | RegExp, options?: WaitOptions): Promise<SerialMatch> {
    this.flush();
    return this.#text.waitFor(pattern, options);
  }

  /** Types. End a line with '\r', as a terminal does. */
  send(text: string | Uint8Array): void {
    this.#input.send(typeof text === 'string' ? new TextEncoder().encode(text) : text);
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return this.#text[Symbol.asyncIterator]();
  }

  /** A byte from the guest. It becomes text with the next `flush`. */
  receive(byte: number): void {
    this.#pending.push(byte);
    if (byte === NEWLINE) this.#lineWaits = true;
  }

  /** Whether a whole line waits for `flush`: worth a turn of the host. */
  get lineWaits(): boolean {
    return this.#lineWaits;
  }

  /** Called by the machine whenever it lets the host have a turn. @returns whether there was something new */
  flush(): boolean {
    if (this.#pending.length === 0) return false;
    const text = this.#decoder.decode(Uint8Array.from(this.#pending), { stream: true });
    this.#pending = [];
    this.#lineWaits = false;
    if (text !== '') this.#text.append(text);
    return true;
  }

  /** Forgets what is still to be typed: the guest is another one. */
  restart(): void {
    this.#input.restart();
  }

  /** Nothing more comes. */
  end(reason: string): void {
    this.flush();
    this.#text.end(reason);
  }
}
