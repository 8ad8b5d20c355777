/** A disk in a file. Operations are done at once, so a machine with it is deterministic. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { type Disk, SECTOR_BYTES } from '../disk/disk.ts';
import { checkDiskSize, DiskError } from '../disk/disk-error.ts';

export class FileDisk implements Disk, Disposable {
  readonly sectors: number;
  readonly readOnly: boolean;
  readonly #file: number;

  /**
   * Opens a raw image. Close it by `[Symbol.dispose]` when the machine has ended.
   * @throws DiskError when it cannot be opened, or its size is not one of a disk
   */
  constructor(path: string, options: { readonly readOnly?: boolean } = {}) {
    this.readOnly = options.readOnly ?? false;
    try {
      this.#file = openSync(path, this.readOnly ? 'r' : 'r+');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DiskError(
        'DISK_UNREADABLE',
        `${path} cannot be opened (${reason}); check the path and its permissions`,
        { cause },
      );
    }
    try {
      this.sectors = checkDiskSize(path, fstatSync(this.#file).size);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  read(sector: number, target: Uint8Array): void {
    this.#check(sector, target);
    for (let done = 0; done < target.length; ) {
      const count = readSync(this.#file, target, done, target.length - done, sector * SECTOR_BYTES + done);
      if (count === 0) throw new Error('the file has become shorter');
      done += count;
    }
  }

  write(sector: number, source: Uint8Array): void {
    this.#check(sector, source);
    if (this.readOnly) throw new Error('the disk is read-only');
    for (let done = 0; done < source.length; ) {
      done += writeSync(this.#file, source, done, source.length - done, sector * SECTOR_BYTES + done);
    }
  }

  flush(): void {
    if (!this.readOnly) fsyncSync(this.#file);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #check(sector: number, bytes: Uint8Array): void {
    if (sector < 0 || sector + bytes.length / SECTOR_BYTES > this.sectors) {
      throw new RangeError(`sector ${sector} is outside the disk`);
    }
  }
}
