/** Disks that are the host's thread's: core 0's thread asks for sectors over the channel, and the host's answers when it has them. */
import type { Disk } from '@drift-os/devices';
import { type Channel, CHANNEL_MAXIMUM, Kind } from './channel.ts';

/** What core 0's thread must know of such a disk. */
export interface RemoteDiskInfo {
  readonly number: number;
  readonly sectors: number;
  readonly readOnly: boolean;
}

const Operation = { read: 0, write: 1, flush: 2 } as const;
const SECTOR_BYTES = 512;
const HEADER_BYTES = 18;
const PIECE = 64 * 1024;

interface Asked {
  resolve(data: Uint8Array): void;
  reject(error: Error): void;
}

/** On core 0's thread. */
export class RemoteDisks {
  readonly #channel: Channel;
  readonly #asked = new Map<number, Asked>();
  #next = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  disk({ number, sectors, readOnly }: RemoteDiskInfo): Disk {
    const pieces = async (
      sector: number,
      bytes: Uint8Array,
      work: (sector: number, piece: Uint8Array) => Promise<void>,
    ): Promise<void> => {
      for (let done = 0; done < bytes.length; done += PIECE) {
        await work(sector + done / SECTOR_BYTES, bytes.subarray(done, done + PIECE));
      }
    };
    return {
      sectors,
      readOnly,
      read: (sector, target) =>
        pieces(sector, target, async (at, piece) => {
          piece.set(await this.#ask(number, Operation.read, at, piece.length));
        }),
      write: (sector, source) =>
        pieces(sector, source.slice(), async (at, piece) => {
          await this.#ask(number, Operation.write, at, piece.length, piece);
        }),
      flush: async () => {
        await this.#ask(number, Operation.flush, 0, 0);
      },
    };
  }

  #ask(disk: number, operation: number, sector: number, bytes: number, data?: Uint8Array): Promise<Uint8Array> {
    const id = this.#next++ >>> 0;
    const record = new Uint8Array(HEADER_BYTES + (data?.length ?? 0));
    const view = new DataView(record.buffer);
    view.setUint32(0, id, true);
    view.setUint8(4, disk);
    view.setUint8(5, operation);
    view.setFloat64(6, sector, true);
    view.setUint32(14, bytes, true);
    if (data !== undefined) record.set(data, HEADER_BYTES);
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#channel.send(Kind.disk, record);
    });
  }

  /** A record of kind `diskDone`. */
  done(payload: Uint8Array): void {
    const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    const rest = payload.subarray(5);
    if (payload[4] === 1) asked?.resolve(rest);
    else asked?.reject(new Error(new TextDecoder().decode(rest)));
  }
}

/** On the host's thread: carries out a record of kind `disk`, and answers. */
export async function serveDisk(disks: readonly Disk[], channel: Channel, payload: Uint8Array): Promise<void> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const disk = disks[view.getUint8(4)] as Disk;
  const sector = view.getFloat64(6, true);
  const bytes = Math.min(view.getUint32(14, true), CHANNEL_MAXIMUM);
  let data = new Uint8Array(0);
  let isDone = true;
  try {
    switch (view.getUint8(5)) {
      case Operation.read:
        data = new Uint8Array(bytes);
        await disk.read(sector, data);
        break;
      case Operation.write:
        await disk.write(sector, payload.slice(HEADER_BYTES));
        break;
      default:
        await disk.flush();
    }
  } catch (error) {
    isDone = false;
    data = new TextEncoder().encode(error instanceof Error ? error.message : String(error));
  }
  const answer = new Uint8Array(5 + data.length);
  answer.set(payload.subarray(0, 4));
  answer[4] = isDone ? 1 : 0;
  answer.set(data, 5);
  channel.send(Kind.diskDone, answer);
}
