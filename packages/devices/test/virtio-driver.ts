/** A virtio driver for the tests: the initialization of the specification (3.1.1), split queues in memory, on either interface. */
import type { MemoryWindow, PortWindow } from '../src/device.ts';
import type { VirtioPci } from '../src/virtio/virtio-pci.ts';
import type { TestMemory } from './harness.ts';

export const VERSION_1: bigint = 1n << 32n;
export const EVENT_INDEX: bigint = 1n << 29n;
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;

export interface Buffer {
  readonly address: number;
  readonly bytes: number;
  readonly write?: boolean;
}

export function memoryWindow(device: VirtioPci, index: number): MemoryWindow {
  device.pci.writeConfig(0x10 + 4 * index, 4, 0xe0000000 + index * 0x100000);
  device.pci.writeConfig(4, 2, 7);
  const region = device.pci.regions().find(({ base }) => base === 0xe0000000 + index * 0x100000);
  if (region?.space !== 'memory') throw new Error('no such window');
  return region.window;
}

export function portWindow(device: VirtioPci): PortWindow {
  device.pci.writeConfig(0x10, 4, 0xc001);
  device.pci.writeConfig(4, 2, 7);
  const region = device.pci.regions().find(({ base }) => base === 0xc000);
  if (region?.space !== 'port') throw new Error('no ports');
  return region.window;
}

/** One queue of 16 entries at `base`, a page for each part. */
export class DriverQueue {
  readonly size = 16;
  readonly base: number;
  readonly #memory: TestMemory;
  readonly #notify: () => void;
  #free = 0;
  #available = 0;
  #used = 0;

  constructor(memory: TestMemory, base: number, notify: () => void) {
    this.#memory = memory;
    this.base = base;
    this.#notify = notify;
  }

  get available(): number {
    return this.base + 0x1000;
  }

  get used(): number {
    return this.base + 0x2000;
  }

  descriptor(at: number, { address, bytes, write }: Buffer, flags: number, next: number): void {
    const { view } = this.#memory;
    view.setBigUint64(at, BigInt(address), true);
    view.setUint32(at + 8, bytes, true);
    view.setUint16(at + 12, flags | (write === true ? WRITE : 0), true);
    view.setUint16(at + 14, next, true);
  }

  /** Offers a chain, and tells the device. */
  offer(...buffers: Buffer[]): void {
    this.add(...buffers);
    this.#notify();
  }

  add(...buffers: Buffer[]): void {
    const head = this.#free;
    for (const [i, buffer] of buffers.entries()) {
      const index = (head + i) % this.size;
      const last = i === buffers.length - 1;
      this.descriptor(this.base + 16 * index, buffer, last ? 0 : NEXT, (index + 1) % this.size);
    }
    this.#free = (head + buffers.length) % this.size;
    this.publish(head);
  }

  offerIndirect(table: number, ...buffers: Buffer[]): void {
    for (const [i, buffer] of buffers.entries()) {
      this.descriptor(table + 16 * i, buffer, i === buffers.length - 1 ? 0 : NEXT, i + 1);
    }
    this.descriptor(this.base + 16 * this.#free, { address: table, bytes: 16 * buffers.length }, INDIRECT, 0);
    this.publish(this.#free);
    this.#free = (this.#free + 1) % this.size;
    this.#notify();
  }

  publish(head: number): void {
    const { view } = this.#memory;
    view.setUint16(this.available + 4 + 2 * (this.#available % this.size), head, true);
    this.#available = (this.#available + 1) & 0xffff;
    view.setUint16(this.available + 2, this.#available, true);
  }

  /** Lengths of what the device has given back since the last time. */
  takeUsed(): number[] {
    const { view } = this.#memory;
    const lengths: number[] = [];
    for (; this.#used !== view.getUint16(this.used + 2, true); this.#used = (this.#used + 1) & 0xffff) {
      lengths.push(view.getUint32(this.used + 4 + 8 * (this.#used % this.size) + 4, true));
    }
    return lengths;
  }
}

/** Brings the device up on its modern interface with these features. @returns its queues */
export function startModern(device: VirtioPci, memory: TestMemory, features: bigint): DriverQueue[] {
  const window = memoryWindow(device, 4);
  window.write(0x14, 1, 0);
  window.write(0x14, 1, 3);
  for (const select of [0, 1]) {
    window.write(0x08, 4, select);
    window.write(0x0c, 4, Number((features >> BigInt(32 * select)) & 0xffffffffn));
  }
  window.write(0x14, 1, 11);
  const queues = Array.from({ length: window.read(0x12, 2) }, (_, index) => {
    const queue = new DriverQueue(memory, 0x10000 * (index + 1), () => window.write(0x3000 + 4 * index, 2, index));
    window.write(0x16, 2, index);
    window.write(0x18, 2, queue.size);
    for (const [at, address] of [
      [0x20, queue.base],
      [0x28, queue.available],
      [0x30, queue.used],
    ] as const) {
      window.write(at, 4, address);
      window.write(at + 4, 4, 0);
    }
    window.write(0x1c, 2, 1);
    return queue;
  });
  window.write(0x14, 1, 15);
  return queues;
}
