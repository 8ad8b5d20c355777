/** A virtio block device. Virtual I/O Device 1.2, 5.2. */
import { type Disk, SECTOR_BYTES, whenDone } from '../disk/disk.ts';
import type { VirtioFunction, VirtioTransport } from './virtio-pci.ts';
import type { Chain } from './virtqueue.ts';

const FEATURE_SEGMENT_MAXIMUM = 1n << 2n;
const FEATURE_READ_ONLY = 1n << 5n;
const FEATURE_BLOCK_SIZE = 1n << 6n;
const FEATURE_FLUSH = 1n << 9n;
const QUEUE_SIZE = 256;
const HEADER_BYTES = 16;
const TYPE_IN = 0;
const TYPE_OUT = 1;
const TYPE_FLUSH = 4;
const TYPE_GET_ID = 8;
const ID_BYTES = 20;
const OK = 0;
const IO_ERROR = 1;
const UNSUPPORTED = 2;
/** More than this in one request is refused. */
const MAXIMUM_BYTES = 64 * 1024 * 1024;

export interface VirtioBlockOptions {
  readonly disk: Disk;
  /** Up to 20 characters. */
  readonly serial?: string;
}

export class VirtioBlock implements VirtioFunction {
  readonly type = 2;
  readonly classCode = 0x010000;
  readonly features: bigint;
  readonly queueSizes: readonly number[] = [QUEUE_SIZE];
  readonly #disk: Disk;
  readonly #serial: string;
  #transport: VirtioTransport | undefined;
  #operations = 0;
  #epoch = 0;

  constructor({ disk, serial = 'DRIFT' }: VirtioBlockOptions) {
    this.#disk = disk;
    this.#serial = serial;
    const features = FEATURE_SEGMENT_MAXIMUM | FEATURE_BLOCK_SIZE | FEATURE_FLUSH;
    this.features = features | (disk.readOnly ? FEATURE_READ_ONLY : 0n);
  }

  /** No operation of the host is under way; only then can the state be saved. */
  get idle(): boolean {
    return this.#operations === 0;
  }

  /** Capacity in sectors, then greatest segment (not offered), number of segments, geometry (not offered), block size (5.2.4). */
  configuration(): Uint8Array {
    const bytes = new Uint8Array(24);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(this.#disk.sectors), true);
    view.setUint32(12, QUEUE_SIZE - 2, true);
    view.setUint32(20, SECTOR_BYTES, true);
    return bytes;
  }

  attach(transport: VirtioTransport): void {
    this.#transport = transport;
  }

  reset(): void {
    this.#epoch++;
  }

  save(): unknown {
    return undefined;
  }

  restore(): void {}

  notified(): void {
    const transport = this.#transport as VirtioTransport;
    const queue = transport.queue(0);
    for (let chain = queue.take(); chain !== undefined; chain = queue.take()) this.#request(chain);
    queue.notify();
  }

  #request(chain: Chain): void {
    const header = new DataView(chain.read(0, HEADER_BYTES).buffer);
    if (header.byteLength < HEADER_BYTES || chain.writableBytes < 1) {
      this.#finish(chain, 0, IO_ERROR);
      return;
    }
    const sector = header.getUint32(8, true) + header.getUint32(12, true) * 2 ** 32;
    switch (header.getUint32(0, true)) {
      case TYPE_IN:
        return this.#read(chain, sector);
      case TYPE_OUT:
        return this.#write(chain, sector);
      case TYPE_FLUSH:
        return this.#run(chain, 0, () => this.#disk.flush());
      case TYPE_GET_ID: {
        const id = new Uint8Array(ID_BYTES);
        id.set(new TextEncoder().encode(this.#serial).subarray(0, ID_BYTES));
        return this.#finish(chain, chain.write(0, id.subarray(0, chain.writableBytes - 1)), OK);
      }
      default:
        return this.#finish(chain, 0, UNSUPPORTED);
    }
  }

  #isPossible(sector: number, bytes: number): boolean {
    return bytes % SECTOR_BYTES === 0 && bytes <= MAXIMUM_BYTES && sector + bytes / SECTOR_BYTES <= this.#disk.sectors;
  }

  #read(chain: Chain, sector: number): void {
    const bytes = chain.writableBytes - 1;
    if (!this.#isPossible(sector, bytes)) return this.#finish(chain, 0, IO_ERROR);
    const data = new Uint8Array(bytes);
    return this.#run(
      chain,
      bytes,
      () => this.#disk.read(sector, data),
      () => chain.write(0, data),
    );
  }

  #write(chain: Chain, sector: number): void {
    const bytes = chain.readableBytes - HEADER_BYTES;
    if (!this.#isPossible(sector, bytes) || this.#disk.readOnly) return this.#finish(chain, 0, IO_ERROR);
    const data = chain.read(HEADER_BYTES, bytes);
    return this.#run(chain, 0, () => this.#disk.write(sector, data));
  }

  /** What a reset overtakes is forgotten. */
  #run(chain: Chain, written: number, operation: () => void | Promise<void>, succeeded?: () => unknown): void {
    const epoch = this.#epoch;
    let isNow = true;
    this.#operations++;
    whenDone(operation, (error) => {
      this.#operations--;
      if (epoch !== this.#epoch) return;
      if (error === undefined) succeeded?.();
      this.#finish(chain, error === undefined ? written : 0, error === undefined ? OK : IO_ERROR);
      if (!isNow) this.#transport?.queue(0).notify();
    });
    isNow = false;
  }

  /** The status is the last byte that can be written. */
  #finish(chain: Chain, written: number, status: number): void {
    if (chain.writableBytes > 0) chain.write(chain.writableBytes - 1, Uint8Array.of(status));
    this.#transport?.queue(0).put(chain, written + (chain.writableBytes > 0 ? 1 : 0));
  }
}
