/** A read-only disk on a web server, fetched in blocks by HTTP range requests (RFC 9110, 14) as they are needed. */
import { type Disk, SECTOR_BYTES } from './disk.ts';
import { checkDiskSize, DiskError } from './disk-error.ts';

const DEFAULT_BLOCK_BYTES = 256 * 1024;
const DEFAULT_BLOCKS = 256;

export interface UrlDiskOptions {
  /** What is fetched at once: a multiple of 512 bytes. Default 256 KiB. */
  readonly blockBytes?: number;
  /** How many blocks are kept. Default 256. */
  readonly blocks?: number;
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
}

export class UrlDisk implements Disk {
  readonly sectors: number;
  readonly readOnly: boolean = true;
  readonly #url: string;
  readonly #blockBytes: number;
  readonly #maximum: number;
  readonly #fetch: typeof fetch;
  /** By number, the one used last at the end. A block that is being fetched is there too. */
  readonly #blocks = new Map<number, Promise<Uint8Array> | Uint8Array>();

  private constructor(url: string, sectors: number, options: UrlDiskOptions) {
    this.#url = url;
    this.sectors = sectors;
    this.#blockBytes = options.blockBytes ?? DEFAULT_BLOCK_BYTES;
    this.#maximum = options.blocks ?? DEFAULT_BLOCKS;
    this.#fetch = options.fetch ?? fetch;
  }

  /**
   * Asks the server for the first byte, which tells the size.
   * @throws DiskError when it does not answer, gives no ranges, or the size is not one of a disk
   */
  static async open(url: string, options: UrlDiskOptions = {}): Promise<UrlDisk> {
    const response = await request(options.fetch ?? fetch, url, 0, 0);
    await response.body?.cancel();
    const match = /^bytes 0-0\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
    if (response.status !== 206 || match === null) {
      throw new DiskError(
        'DISK_NO_RANGES',
        `the server of ${url} gives no parts of files (range requests); download the image instead`,
      );
    }
    return new UrlDisk(url, checkDiskSize(url, Number(match[1])), options);
  }

  read(sector: number, target: Uint8Array): void | Promise<void> {
    const start = sector * SECTOR_BYTES;
    const end = start + target.length;
    if (sector < 0 || end > this.sectors * SECTOR_BYTES) throw new RangeError(`sector ${sector} is outside the disk`);
    const waits: Promise<void>[] = [];
    for (let block = Math.floor(start / this.#blockBytes); block * this.#blockBytes < end; block++) {
      const first = block * this.#blockBytes;
      const copy = (bytes: Uint8Array): void =>
        target.set(bytes.subarray(Math.max(0, start - first), end - first), Math.max(0, first - start));
      const found = this.#block(block);
      if (found instanceof Uint8Array) copy(found);
      else waits.push(found.then(copy));
    }
    if (waits.length === 0) return undefined;
    return Promise.all(waits).then(() => undefined);
  }

  write(): never {
    throw new Error('the disk is read-only');
  }

  flush(): void {}

  #block(number: number): Promise<Uint8Array> | Uint8Array {
    const found = this.#blocks.get(number) ?? this.#load(number);
    this.#blocks.delete(number);
    this.#blocks.set(number, found);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > this.#maximum && oldest !== undefined) this.#blocks.delete(oldest);
    return found;
  }

  /** What fails is not kept: the next access tries again. */
  async #load(number: number): Promise<Uint8Array> {
    try {
      const first = number * this.#blockBytes;
      const last = Math.min(first + this.#blockBytes, this.sectors * SECTOR_BYTES) - 1;
      const response = await request(this.#fetch, this.#url, first, last);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 206 || bytes.length !== last - first + 1) {
        throw new DiskError('DISK_UNREADABLE', `${this.#url} has changed, or was cut short`);
      }
      if (this.#blocks.has(number)) this.#blocks.set(number, bytes);
      return bytes;
    } catch (error) {
      this.#blocks.delete(number);
      throw error;
    }
  }
}

async function request(get: typeof fetch, url: string, first: number, last: number): Promise<Response> {
  let response: Response;
  try {
    response = await get(url, { headers: { range: `bytes=${first}-${last}` } });
  } catch (cause) {
    throw new DiskError('DISK_UNREADABLE', `${url} cannot be reached; check the address and the connection`, { cause });
  }
  if (response.ok) return response;
  throw new DiskError('DISK_UNREADABLE', `${url} answers ${response.status} ${response.statusText}; check the address`);
}
