/** Bytes between the host's thread and core 0's: two of our rings, with a queue where one is full. */
import { ringBytes, ringInitialize, StreamPair } from '@drift-os/ring';

/** What records hold, by their kind. Disk records begin with the request's number (4 bytes). */
export const Kind = {
  /** Bytes of a serial line, either way. */
  serial1: 0,
  serial2: 1,
  /** Of the host: 1 byte whether the key is pressed, then its code. */
  key: 2,
  /** Of the host: what is still to be typed is forgotten. */
  restart: 3,
  /** Of core 0: disk (1 byte), operation (1), sector (8), count of bytes (4), then what is written. */
  disk: 4,
  /** Of the host: 1 byte whether it was done, then what was read, or the reason. */
  diskDone: 5,
  /** Of the host: motion right, up and of the wheel, and buttons, or -1 where they stay (8 bytes each). */
  mouse: 6,
} as const;

const CAPACITY = 512 * 1024;
/** The longest payload. */
export const CHANNEL_MAXIMUM: number = 128 * 1024;

export function makeChannel(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(2 * ringBytes(CAPACITY));
  ringInitialize(buffer, 0, CAPACITY);
  ringInitialize(buffer, ringBytes(CAPACITY), CAPACITY);
  return buffer;
}

export class Channel {
  readonly #pair: StreamPair;
  readonly #wakePeer: () => void;
  #queue: { readonly kind: number; readonly payload: Uint8Array }[] = [];

  /** `wakePeer` is called when it sleeps and has something to look at. */
  constructor(buffer: SharedArrayBuffer, side: 'host' | 'core', wakePeer: () => void) {
    const [out, into] = side === 'host' ? [0, ringBytes(CAPACITY)] : [ringBytes(CAPACITY), 0];
    this.#pair = new StreamPair({ buffer, out, into });
    this.#wakePeer = wakePeer;
  }

  /** Whether something waits for room: `flush` is to be called again. */
  get isBacklogged(): boolean {
    return this.#queue.length > 0;
  }

  /** Payloads over CHANNEL_MAXIMUM are not possible. */
  send(kind: number, payload: Uint8Array): void {
    this.#queue.push({ kind, payload });
    this.flush();
  }

  flush(): void {
    let sent = 0;
    for (const { kind, payload } of this.#queue) {
      if (!this.#pair.writer.write(payload, kind)) break;
      sent++;
    }
    this.#queue = this.#queue.slice(sent);
    if (sent > 0 && this.#pair.shouldNotify()) this.#wakePeer();
  }

  /** Handles what has come. */
  receive(handle: (kind: number, payload: Uint8Array) => void): void {
    const { reader } = this.#pair;
    reader.wakeUp();
    do {
      while (reader.peek() !== 0) {
        const { kind } = reader;
        const payload = reader.payload().slice();
        reader.release();
        handle(kind, payload);
      }
    } while (!reader.prepareSleep() && reader.closed === 0);
  }
}
