/** A disk in memory. */
import { type Disk, SECTOR_BYTES } from './disk.ts';

export class BufferDisk implements Disk {
  readonly sectors: number;
  readonly readOnly: boolean;
  readonly #bytes: Uint8Array;

  /** The last sector is filled up with zeros when `bytes` ends inside it. Writes go to `bytes` itself where it does not. */
  constructor(bytes: Uint8Array, options: { readonly readOnly?: boolean } = {}) {
    this.sectors = Math.ceil(bytes.length / SECTOR_BYTES);
    this.readOnly = options.readOnly ?? false;
    this.#bytes = bytes;
    if (bytes.length % SECTOR_BYTES !== 0) {
      this.#bytes = new Uint8Array(this.sectors * SECTOR_BYTES);
      this.#bytes.set(bytes);
    }
  }

  read(sector: number, target: Uint8Array): void {
    this.#check(sector, target);
    target.set(this.#bytes.subarray(sector * SECTOR_BYTES, sector * SECTOR_BYTES + target.length));
  }

  write(sector: number, source: Uint8Array): void {
    this.#check(sector, source);
    if (this.readOnly) throw new Error('the disk is read-only');
    this.#bytes.set(source, sector * SECTOR_BYTES);
  }

  flush(): void {}

  #check(sector: number, bytes: Uint8Array): void {
    if (sector < 0 || sector * SECTOR_BYTES + bytes.length > this.#bytes.length) {
      throw new RangeError(`sector ${sector} is outside the disk`);
    }
  }
}
