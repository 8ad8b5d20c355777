/** The device's side of a split virtqueue. Virtual I/O Device 1.2 (OASIS), 2.7. */
import type { GuestMemory } from '../device.ts';

const DESCRIPTOR_BYTES = 16;
const DESCRIPTOR_NEXT = 1;
const DESCRIPTOR_WRITE = 2;
const DESCRIPTOR_INDIRECT = 4;
const AVAILABLE_NO_INTERRUPT = 1;
/** More than this in one chain is nobody's honest request. */
const MAXIMUM_INDIRECT = 0x8000;
const MAXIMUM_CHAIN_BYTES = 2 ** 32;

export interface VirtqueueState {
  size: number;
  enabled: boolean;
  descriptors: number;
  available: number;
  used: number;
  /** Free-running positions, 16 bits. */
  nextAvailable: number;
  nextUsed: number;
  /** nextUsed when the driver was last asked whether it wants an interrupt. */
  signalled: number;
  vector: number;
}

interface Segment {
  readonly address: number;
  readonly bytes: number;
}

/** One request: buffers to read, then buffers to write. */
export class Chain {
  readonly head: number;
  readonly #memory: GuestMemory;
  readonly #readable: readonly Segment[];
  readonly #writable: readonly Segment[];

  constructor(memory: GuestMemory, head: number, readable: readonly Segment[], writable: readonly Segment[]) {
    this.#memory = memory;
    this.head = head;
    this.#readable = readable;
    this.#writable = writable;
  }

  get readableBytes(): number {
    return total(this.#readable);
  }

  get writableBytes(): number {
    return total(this.#writable);
  }

  /** Bytes of the readable part from `offset` on, at most `length`. */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.readableBytes - offset)));
    walk(this.#readable, offset, bytes.length, (address, from, to) =>
      this.#memory.read(address, bytes.subarray(from, to)),
    );
    return bytes;
  }

  /** Writes into the writable part from `offset` on. @returns how much had room */
  write(offset: number, source: Uint8Array): number {
    const length = Math.max(0, Math.min(source.length, this.writableBytes - offset));
    walk(this.#writable, offset, length, (address, from, to) => this.#memory.write(address, source.subarray(from, to)));
    return length;
  }
}

const total = (segments: readonly Segment[]): number => segments.reduce((sum, { bytes }) => sum + bytes, 0);

function walk(
  segments: readonly Segment[],
  offset: number,
  length: number,
  move: (address: number, from: number, to: number) => void,
): void {
  let skip = offset;
  let done = 0;
  for (const { address, bytes } of segments) {
    if (done === length) return;
    if (skip >= bytes) {
      skip -= bytes;
      continue;
    }
    const part = Math.min(bytes - skip, length - done);
    move(address + skip, done, done + part);
    done += part;
    skip = 0;
  }
}

/** What the driver has put into the queue makes no sense: the device stops until it is reset (2.1.2, DEVICE_NEEDS_RESET). */
export class BrokenQueue extends Error {
  override readonly name = 'BrokenQueue';
}

export interface VirtqueueOptions {
  readonly memory: GuestMemory;
  readonly maximum: number;
  /** VIRTIO_F_EVENT_IDX has been negotiated. */
  readonly eventIndex: () => boolean;
  readonly interrupt: (vector: number) => void;
}

export class Virtqueue {
  state: VirtqueueState;
  readonly maximum: number;
  readonly #options: VirtqueueOptions;

  constructor(options: VirtqueueOptions) {
    this.#options = options;
    this.maximum = options.maximum;
    this.state = this.#initial();
  }

  #initial(): VirtqueueState {
    return {
      size: this.maximum,
      enabled: false,
      descriptors: 0,
      available: 0,
      used: 0,
      nextAvailable: 0,
      nextUsed: 0,
      signalled: 0,
      vector: 0xffff,
    };
  }

  reset(): void {
    this.state = this.#initial();
  }

  /** The next request, or undefined. @throws BrokenQueue */
  take(): Chain | undefined {
    const { state } = this;
    const { memory } = this.#options;
    if (!state.enabled) return undefined;
    let index = memory.load(state.available + 2, 2);
    if (index === state.nextAvailable) {
      this.#askForNotification();
      // What came between the look and the question must not be missed.
      index = memory.load(state.available + 2, 2);
      if (index === state.nextAvailable) return undefined;
    }
    if (((index - state.nextAvailable) & 0xffff) > state.size)
      throw new BrokenQueue('more requests than the queue has room for');
    const head = memory.load(state.available + 4 + 2 * (state.nextAvailable % state.size), 2);
    const chain = this.#chain(head);
    state.nextAvailable = (state.nextAvailable + 1) & 0xffff;
    return chain;
  }

  /** Puts back the request that was taken last. */
  untake(): void {
    this.state.nextAvailable = (this.state.nextAvailable - 1) & 0xffff;
  }

  #askForNotification(): void {
    const { state } = this;
    if (this.#options.eventIndex()) this.#options.memory.store(state.used + 4 + 8 * state.size, 2, state.nextAvailable);
  }

  #chain(head: number): Chain {
    const { memory } = this.#options;
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    let table = this.state.descriptors;
    let count = this.state.size;
    let index = head;
    for (let steps = 0, indirect = false, bytes = 0; ; steps++) {
      if (index >= count || steps >= count) throw new BrokenQueue(`descriptor ${index} of ${count}`);
      const at = table + index * DESCRIPTOR_BYTES;
      const address = memory.load(at, 4) + memory.load(at + 4, 4) * 2 ** 32;
      const length = memory.load(at + 8, 4);
      const flags = memory.load(at + 12, 2);
      bytes += length;
      if (bytes > MAXIMUM_CHAIN_BYTES || address >= 2 ** 52) throw new BrokenQueue('a buffer that cannot be');
      if ((flags & DESCRIPTOR_INDIRECT) !== 0) {
        if (
          indirect ||
          length === 0 ||
          length % DESCRIPTOR_BYTES !== 0 ||
          length / DESCRIPTOR_BYTES > MAXIMUM_INDIRECT
        ) {
          throw new BrokenQueue('an indirect table that cannot be');
        }
        [table, count, index, steps, indirect] = [address, length / DESCRIPTOR_BYTES, 0, -1, true];
        continue;
      }
      if ((flags & DESCRIPTOR_WRITE) !== 0) writable.push({ address, bytes: length });
      else if (writable.length > 0) throw new BrokenQueue('a buffer to read behind one to write');
      else readable.push({ address, bytes: length });
      if ((flags & DESCRIPTOR_NEXT) === 0) return new Chain(memory, head, readable, writable);
      index = memory.load(at + 14, 2);
    }
  }

  /** Gives a request back, with how many bytes were written. `notify` tells the driver, once for several. */
  put(chain: Chain, written: number): void {
    const { state } = this;
    const { memory } = this.#options;
    const at = state.used + 4 + 8 * (state.nextUsed % state.size);
    memory.store(at, 4, chain.head);
    memory.store(at + 4, 4, written);
    state.nextUsed = (state.nextUsed + 1) & 0xffff;
    memory.store(state.used + 2, 2, state.nextUsed);
  }

  /** Interrupts, if the driver wants it for what has been given back since the last time (2.7.10). */
  notify(): void {
    const { state } = this;
    if (!state.enabled || state.nextUsed === state.signalled) return;
    const { memory } = this.#options;
    let wanted: boolean;
    if (this.#options.eventIndex()) {
      const event = memory.load(state.available + 4 + 2 * state.size, 2);
      const since = (state.nextUsed - state.signalled) & 0xffff;
      wanted = ((state.nextUsed - event - 1) & 0xffff) < since;
    } else wanted = (memory.load(state.available, 2) & AVAILABLE_NO_INTERRUPT) === 0;
    state.signalled = state.nextUsed;
    if (wanted) this.#options.interrupt(state.vector);
  }
}
