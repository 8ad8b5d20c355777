/** The producer's side of a ring of records. */
import {
  RECORD_HEADER_BYTES,
  RECORD_UNIT_BYTES,
  RECORD_WRAP,
  RING_ASLEEP,
  RING_DATA_AT,
  RING_OF_RECORDS,
} from '../../layout/ring.ts';
import { Endpoint, type RingPlace } from './endpoint.ts';
import { RingError } from './ring-error.ts';

const DATA = RING_DATA_AT / 4;

/**
 * One thread uses it. `reserve` gives an offset into `buffer` to write to; `commit` makes the record visible:
 *
 * ```ts
 * const at = writer.reserve(16);         // 0: full or closed
 * if (at !== 0) {
 *   view.at(at).count = 4;
 *   writer.commit(16, kind);             // or: stage, stage, ..., publish
 *   writer.notify();                     // once per batch
 * }
 * ```
 */
export class RingWriter extends Endpoint {
  /** The whole buffer, for payload at the offsets that `reserve` gives. */
  readonly bytes: Uint8Array;
  /** The longest record, in bytes. */
  maximum = 0;
  /** Where the record that is being written begins (behind a marker, when that is not `position`), and units reserved for it. */
  private start = 0;
  private reserved = 0;

  /** Check `closed` afterwards: what is no ring of records, or not of the expected size, is closed from the start. */
  constructor(place: RingPlace) {
    super(place, RECORD_UNIT_BYTES, RING_OF_RECORDS, true);
    this.bytes = new Uint8Array(place.buffer);
    this.attach(place.epoch, place.capacity);
  }

  override attach(epoch?: number, capacity?: number): number {
    this.reserved = 0;
    const reason = super.attach(epoch, capacity);
    this.maximum = this.capacity === 0 ? 0 : (this.capacity >> 1) * RECORD_UNIT_BYTES - RECORD_HEADER_BYTES;
    return reason;
  }

  /** Where a record of up to `bytes` bytes goes, a multiple of 8; 0 when there is no room, it is over the maximum, or `closed`. */
  reserve(bytes: number): number {
    if (bytes > this.maximum) return 0;
    const units = (bytes + RECORD_HEADER_BYTES + RECORD_UNIT_BYTES - 1) >> 3;
    const position = this.position;
    const offset = position & this.mask;
    const contiguous = this.capacity - offset;
    const skip = units > contiguous ? contiguous : 0;
    if (skip + units > this.capacity - ((position - this.peer) | 0) && !this.makeRoom(skip + units)) return 0;
    const start = (position + skip) | 0;
    this.start = start;
    this.reserved = units;
    return this.ring + (RING_DATA_AT + RECORD_HEADER_BYTES) + ((start & this.mask) << 3);
  }

  /**
   * Ends the reserved record at `bytes`, not more than were reserved, and leaves publishing for later.
   * @throws RingError without a reservation of so many bytes.
   */
  stage(bytes: number, kind = 0): void {
    this.position = this.append(bytes, kind);
  }

  /** Ends the reserved record and publishes it, with everything staged before. */
  commit(bytes: number, kind = 0): void {
    const position = this.append(bytes, kind);
    this.position = position;
    this.published = position;
    Atomics.store(this.words, this.ownPosition, position);
  }

  /** Gives the reservation up; nothing of it was ever visible. */
  abort(): void {
    this.reserved = 0;
  }

  /** Reserve, copy, commit. False when there is no room. */
  write(payload: Uint8Array, kind = 0): boolean {
    const at = this.reserve(payload.length);
    if (at === 0) return false;
    this.bytes.set(payload, at);
    this.commit(payload.length, kind);
    return true;
  }

  /** Before sleeping until a record of `bytes` fits: false when it fits now, or never will. After sleeping: `wakeUp`. */
  prepareSleep(bytes: number): boolean {
    if (bytes > this.maximum || !this.fallAsleep()) return false;
    if (this.fits(bytes) || this.closed !== 0) {
      this.wakeUp();
      return false;
    }
    this.sleeps++;
    return true;
  }

  /** Waits until a record of `bytes` fits: true; false after `milliseconds`, or when it never will. Blocks the thread. */
  wait(bytes: number, milliseconds: number = Number.POSITIVE_INFINITY): boolean {
    return this.waitUntil(
      () => this.fits(bytes),
      () => this.prepareSleep(bytes),
      milliseconds,
    );
  }

  /** The same without blocking. */
  async waitAsync(bytes: number, milliseconds: number = Number.POSITIVE_INFINITY): Promise<boolean> {
    return this.waitUntilAsync(
      () => this.fits(bytes),
      () => this.prepareSleep(bytes),
      milliseconds,
    );
  }

  private fits(bytes: number): boolean {
    const fits = this.reserve(bytes) !== 0;
    this.abort();
    return fits;
  }

  /** Writes the marker, if there has to be one, and the header. Returns the position behind the record. */
  private append(bytes: number, kind: number): number {
    const units = (bytes + RECORD_HEADER_BYTES + RECORD_UNIT_BYTES - 1) >> 3;
    if (units > this.reserved || bytes > this.maximum) notReserved(bytes);
    this.reserved = 0;
    const { words, mask, start, position } = this;
    if (start !== position) words[DATA + ((position & mask) << 1)] = RECORD_WRAP | 0;
    const at = DATA + ((start & mask) << 1);
    words[at] = bytes;
    words[at + 1] = kind;
    return (start + units) | 0;
  }

  private makeRoom(units: number): boolean {
    if (!this.refresh(this.published)) return false;
    if (this.peerState > RING_ASLEEP) {
      this.stop(this.peerState);
      return false;
    }
    if (units <= this.capacity - ((this.position - this.peer) | 0)) return true;
    this.stalls++;
    return false;
  }
}

/** Apart, so that the path that everybody takes stays short enough to be inlined. */
function notReserved(bytes: number): never {
  throw new RingError(
    'RING_NOT_RESERVED',
    `${bytes} bytes are not reserved: call reserve() before each stage() or commit().`,
  );
}
