/** A virtio entropy device. Virtual I/O Device 1.2, 5.4. */
import type { VirtioFunction, VirtioTransport } from './virtio-pci.ts';

const QUEUE_SIZE = 8;
const MAXIMUM_BYTES = 0x10000;

export class VirtioRng implements VirtioFunction {
  readonly type = 4;
  readonly classCode = 0x00ff00;
  readonly features: bigint = 0n;
  readonly queueSizes: readonly number[] = [QUEUE_SIZE];
  readonly #random: (target: Uint8Array) => void;
  #transport: VirtioTransport | undefined;

  /** @param random fills its argument; a deterministic machine gives one that can be repeated */
  constructor(random: (target: Uint8Array) => void) {
    this.#random = random;
  }

  configuration(): Uint8Array {
    return new Uint8Array();
  }

  attach(transport: VirtioTransport): void {
    this.#transport = transport;
  }

  reset(): void {}

  save(): unknown {
    return undefined;
  }

  restore(): void {}

  notified(): void {
    const queue = (this.#transport as VirtioTransport).queue(0);
    for (let chain = queue.take(); chain !== undefined; chain = queue.take()) {
      const bytes = new Uint8Array(Math.min(chain.writableBytes, MAXIMUM_BYTES));
      this.#random(bytes);
      queue.put(chain, chain.write(0, bytes));
    }
    queue.notify();
  }
}
