/** Copy on write: what is written stays in memory, and what lies below never changes. */
import { type Disk, SECTOR_BYTES } from './disk.ts';

/** Sectors that differ from the disk below, by number. */
export type OverlayState = Map<number, Uint8Array>;

export class OverlayDisk implements Disk {
  readonly sectors: number;
  readonly readOnly: boolean = false;
  readonly #below: Disk;
  #written: OverlayState = new Map();

  constructor(below: Disk) {
    this.#below = below;
    this.sectors = below.sectors;
  }

  read(sector: number, target: Uint8Array): void | Promise<void> {
    const count = target.length / SECTOR_BYTES;
    let missing = false;
    for (let i = 0; i < count && !missing; i++) missing = !this.#written.has(sector + i);
    // What has been written by the time of this call counts, not what is written while the disk below is waited for.
    const written = Array.from({ length: count }, (_, i) => this.#written.get(sector + i));
    const lay = (): void => {
      for (const [i, bytes] of written.entries()) if (bytes !== undefined) target.set(bytes, i * SECTOR_BYTES);
    };
    const read = missing ? this.#below.read(sector, target) : undefined;
    if (read !== undefined) return read.then(lay);
    return lay();
  }

  write(sector: number, source: Uint8Array): void {
    const count = source.length / SECTOR_BYTES;
    if (sector < 0 || sector + count > this.sectors) throw new RangeError(`sector ${sector} is outside the disk`);
    for (let i = 0; i < count; i++) {
      this.#written.set(sector + i, source.slice(i * SECTOR_BYTES, (i + 1) * SECTOR_BYTES));
    }
  }

  flush(): void {}

  save(): OverlayState {
    return new Map(this.#written);
  }

  restore(state: OverlayState): void {
    this.#written = new Map(state);
  }
}
