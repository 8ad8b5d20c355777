/** A virtio console with one port. Virtual I/O Device 1.2, 5.3. */
import type { VirtioFunction, VirtioTransport } from './virtio-pci.ts';

const FEATURE_SIZE = 1n << 0n;
const QUEUE_SIZE = 64;
const RECEIVE = 0;
const TRANSMIT = 1;
const MAXIMUM_BYTES = 1024 * 1024;

export interface VirtioConsoleEvents {
  consoleBytes(bytes: Uint8Array): void;
}

export interface VirtioConsoleState {
  waiting: number[];
  size: [columns: number, rows: number];
}

export class VirtioConsole implements VirtioFunction {
  readonly type = 3;
  readonly classCode = 0x078000;
  readonly features: bigint = FEATURE_SIZE;
  readonly queueSizes: readonly number[] = [QUEUE_SIZE, QUEUE_SIZE];
  readonly #events: VirtioConsoleEvents;
  #transport: VirtioTransport | undefined;
  #state: VirtioConsoleState = { waiting: [], size: [80, 25] };

  constructor(events: VirtioConsoleEvents) {
    this.#events = events;
  }

  configuration(): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint16(0, this.#state.size[0], true);
    new DataView(bytes.buffer).setUint16(2, this.#state.size[1], true);
    return bytes;
  }

  attach(transport: VirtioTransport): void {
    this.#transport = transport;
  }

  reset(): void {}

  save(): unknown {
    return structuredClone(this.#state);
  }

  restore(state: unknown): void {
    this.#state = structuredClone(state as VirtioConsoleState);
  }

  resize(columns: number, rows: number): void {
    this.#state.size = [columns, rows];
    this.#transport?.configurationChanged();
  }

  /** Bytes to the guest, any number: they wait until it has buffers. */
  receive(bytes: Iterable<number>): void {
    this.#state.waiting.push(...bytes);
    const transport = this.#transport;
    if (transport?.ready === true) transport.guard(() => this.notified(RECEIVE));
  }

  notified(index: number): void {
    const queue = (this.#transport as VirtioTransport).queue(index);
    const { waiting } = this.#state;
    while (index === TRANSMIT || waiting.length > 0) {
      const chain = queue.take();
      if (chain === undefined) break;
      if (index === TRANSMIT) this.#events.consoleBytes(chain.read(0, Math.min(chain.readableBytes, MAXIMUM_BYTES)));
      const written = index === RECEIVE ? chain.write(0, Uint8Array.from(waiting.slice(0, chain.writableBytes))) : 0;
      waiting.splice(0, written);
      queue.put(chain, written);
    }
    queue.notify();
  }
}
