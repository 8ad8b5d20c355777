/** A virtio network device: one pair of queues, merged receive buffers, checksums of sent frames completed. Virtual I/O Device 1.2, 5.1. */
import type { VirtioFunction, VirtioTransport } from './virtio-pci.ts';
import { FEATURE_VERSION_1 } from './protocol.ts';
import type { Chain } from './virtqueue.ts';

const FEATURE_CHECKSUM = 1n << 0n;
const FEATURE_MAC = 1n << 5n;
const FEATURE_MERGED_BUFFERS = 1n << 15n;
const FEATURE_STATUS = 1n << 16n;
const QUEUE_SIZE = 256;
const RECEIVE = 0;
const TRANSMIT = 1;
const LINK_UP = 1;
const HEADER_NEEDS_CHECKSUM = 1;
const BUFFERS_AT = 10;
/** With the number of buffers; a legacy driver without merged buffers has a header without. */
const HEADER_BYTES = 12;
const SHORT_HEADER_BYTES = 10;
const MAXIMUM_FRAME = 65_550;

export interface VirtioNetEvents {
  /** An Ethernet frame from the guest, without frame check sequence. */
  frame(bytes: Uint8Array): void;
}

export interface VirtioNetOptions {
  /** Six bytes. */
  readonly mac: Uint8Array;
  readonly events: VirtioNetEvents;
}

export class VirtioNet implements VirtioFunction {
  readonly type = 1;
  readonly classCode = 0x020000;
  readonly features: bigint = FEATURE_CHECKSUM | FEATURE_MAC | FEATURE_MERGED_BUFFERS | FEATURE_STATUS;
  readonly queueSizes: readonly number[] = [QUEUE_SIZE, QUEUE_SIZE];
  readonly #mac: Uint8Array;
  readonly #events: VirtioNetEvents;
  #transport: VirtioTransport | undefined;
  #linkUp = true;

  constructor({ mac, events }: VirtioNetOptions) {
    this.#mac = mac.slice(0, 6);
    this.#events = events;
  }

  configuration(): Uint8Array {
    return Uint8Array.of(...this.#mac, this.#linkUp ? LINK_UP : 0, 0);
  }

  attach(transport: VirtioTransport): void {
    this.#transport = transport;
  }

  reset(): void {}

  save(): unknown {
    return this.#linkUp;
  }

  restore(state: unknown): void {
    this.#linkUp = state !== false;
  }

  /** Plugs the cable in, or pulls it out. */
  setLink(up: boolean): void {
    this.#linkUp = up;
    this.#transport?.configurationChanged();
  }

  get #headerBytes(): number {
    const features = this.#transport?.features ?? 0n;
    return (features & (FEATURE_VERSION_1 | FEATURE_MERGED_BUFFERS)) !== 0n ? HEADER_BYTES : SHORT_HEADER_BYTES;
  }

  notified(index: number): void {
    if (index !== TRANSMIT) return;
    const queue = (this.#transport as VirtioTransport).queue(TRANSMIT);
    for (let chain = queue.take(); chain !== undefined; chain = queue.take()) {
      this.#send(chain);
      queue.put(chain, 0);
    }
    queue.notify();
  }

  #send(chain: Chain): void {
    const bytes = chain.read(0, Math.min(chain.readableBytes, HEADER_BYTES + MAXIMUM_FRAME));
    const frame = bytes.subarray(this.#headerBytes);
    if (frame.length === 0 || !this.#linkUp) return;
    const header = new DataView(bytes.buffer);
    if ((header.getUint8(0) & HEADER_NEEDS_CHECKSUM) !== 0) {
      completeChecksum(frame, header.getUint16(6, true), header.getUint16(8, true));
    }
    this.#events.frame(frame);
  }

  /**
   * An Ethernet frame to the guest, without frame check sequence.
   * @returns false when the guest has no room for it: the frame is lost
   */
  receive(frame: Uint8Array): boolean {
    const transport = this.#transport;
    let delivered = false;
    if (transport?.ready === true && this.#linkUp) {
      transport.guard(() => {
        delivered = this.#deliver(transport, frame);
      });
    }
    return delivered;
  }

  /** Over as many buffers as it takes, if they may be merged. The first header counts them. */
  #deliver(transport: VirtioTransport, frame: Uint8Array): boolean {
    const queue = transport.queue(RECEIVE);
    const merges = (transport.features & FEATURE_MERGED_BUFFERS) !== 0n;
    const bytes = new Uint8Array(this.#headerBytes + frame.length);
    bytes.set(frame, this.#headerBytes);
    const chains: Chain[] = [];
    let room = 0;
    while (room < bytes.length && (chains.length === 0 || merges)) {
      const chain = queue.take();
      if (chain === undefined) break;
      chains.push(chain);
      room += chain.writableBytes;
    }
    if (room < bytes.length) {
      for (let i = 0; i < chains.length; i++) queue.untake();
      return false;
    }
    if (this.#headerBytes === HEADER_BYTES) new DataView(bytes.buffer).setUint16(BUFFERS_AT, chains.length, true);
    let sent = 0;
    for (const chain of chains) {
      const part = chain.write(0, bytes.subarray(sent));
      sent += part;
      queue.put(chain, part);
    }
    queue.notify();
    return true;
  }
}

/** The Internet checksum over everything from `start` on, into the field `offset` bytes behind that (RFC 1071). */
function completeChecksum(frame: Uint8Array, start: number, offset: number): void {
  const at = start + offset;
  if (at + 2 > frame.length) return;
  let sum = 0;
  for (let i = start; i < frame.length; i += 2) sum += ((frame[i] as number) << 8) | (frame[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  const checksum = ~sum & 0xffff;
  // Of UDP, 0 would mean "no checksum".
  frame[at] = (checksum || 0xffff) >> 8;
  frame[at + 1] = (checksum || 0xffff) & 0xff;
}
