/** The consumer's side of a ring of records. */
import {
  RECORD_HEADER_BYTES,
  RECORD_UNIT_BYTES,
  RECORD_WRAP,
  RING_ASLEEP,
  RING_CLOSED_BAD_LENGTH,
  RING_DATA_AT,
  RING_OF_RECORDS,
} from '../../layout/ring.ts';
import { Endpoint, type RingPlace } from './endpoint.ts';

const DATA = RING_DATA_AT / 4;
const WRAP = RECORD_WRAP | 0;

/**
 * One thread uses it. `peek` gives an offset into `buffer` to read from:
 *
 * ```ts
 * for (let at = reader.peek(); at !== 0; at = reader.peek()) {
 *   handle(at, reader.length, reader.kind);
 *   reader.release();                    // or: advance, advance, ..., releaseAll
 * }
 * ```
 *
 * A peer that is not trusted can still write a record while it is read: read each byte once, check, then use it.
 */
export class RingReader extends Endpoint {
  /** The whole buffer, for payload at the offsets that `peek` gives. */
  readonly bytes: Uint8Array;
  /** Bytes of the payload that `peek` found, and its kind (unsigned). */
  length = 0;
  kind = 0;
  /** Units of that record, header included; 0 when none is being looked at. */
  private units = 0;

  /** Check `closed` afterwards: what is no ring of records, or not of the expected size, is closed from the start. */
  constructor(place: RingPlace) {
    super(place, RECORD_UNIT_BYTES, RING_OF_RECORDS, false);
    this.bytes = new Uint8Array(place.buffer);
    this.attach(place.epoch, place.capacity);
  }

  override attach(epoch?: number, capacity?: number): number {
    this.units = 0;
    return super.attach(epoch, capacity);
  }

  /** Where the next record's payload is, a multiple of 8, with `length` and `kind`; 0 when there is none (or `closed`). */
  peek(): number {
    if (this.position === this.peer && !this.moreIsThere()) return 0;
    const { words } = this;
    let offset = this.position & this.mask;
    let at = DATA + (offset << 1);
    // Read once: what is checked is what is used.
    let length = words[at] as number;
    if (length === WRAP) {
      const room = this.capacity - offset;
      if (offset === 0 || room >= ((this.peer - this.position) | 0)) return this.reject();
      this.position = (this.position + room) | 0;
      offset = 0;
      at = DATA;
      length = words[at] as number;
    }
    const available = (this.peer - this.position) | 0;
    const contiguous = this.capacity - offset;
    const most = (available < contiguous ? available : contiguous) * RECORD_UNIT_BYTES - RECORD_HEADER_BYTES;
    if (length < 0 || length > most) return this.reject();
    this.length = length;
    this.kind = (words[at + 1] as number) >>> 0;
    this.units = (length + RECORD_HEADER_BYTES + RECORD_UNIT_BYTES - 1) >> 3;
    return this.ring + (at << 2) + RECORD_HEADER_BYTES;
  }

  /** The payload that `peek` found, in place: valid until it is released. */
  payload(): Uint8Array {
    const start = this.ring + RING_DATA_AT + ((this.position & this.mask) << 3) + RECORD_HEADER_BYTES;
    return this.bytes.subarray(start, start + (this.units === 0 ? 0 : this.length));
  }

  /** Steps over the record that `peek` found; its bytes stay where they are until `releaseAll`. */
  advance(): void {
    this.position = (this.position + this.units) | 0;
    this.units = 0;
  }

  /** Gives the room of every record stepped over back to the writer. */
  releaseAll(): void {
    if (this.position !== this.published) this.publish();
  }

  /** Steps over the record that `peek` found, and gives its room back. */
  release(): void {
    this.advance();
    this.releaseAll();
  }

  /** A copy of the next record, which is released; undefined when there is none. */
  read(): { readonly payload: Uint8Array; readonly kind: number } | undefined {
    if (this.peek() === 0) return undefined;
    const record = { payload: this.payload().slice(), kind: this.kind };
    this.release();
    return record;
  }

  /** Before sleeping until there is a record: false when there is one, or the ring is closed. After sleeping: `wakeUp`. */
  prepareSleep(): boolean {
    if (!this.fallAsleep()) return false;
    if (this.peek() !== 0 || this.closed !== 0) {
      this.wakeUp();
      return false;
    }
    this.sleeps++;
    return true;
  }

  /** Waits until there is a record: true; false after `milliseconds`, or when none will come. Blocks the thread. */
  wait(milliseconds: number = Number.POSITIVE_INFINITY): boolean {
    return this.waitUntil(
      () => this.peek() !== 0,
      () => this.prepareSleep(),
      milliseconds,
    );
  }

  /** The same without blocking. */
  async waitAsync(milliseconds: number = Number.POSITIVE_INFINITY): Promise<boolean> {
    return this.waitUntilAsync(
      () => this.peek() !== 0,
      () => this.prepareSleep(),
      milliseconds,
    );
  }

  private moreIsThere(): boolean {
    if (!this.refresh((this.published + this.capacity) | 0)) return false;
    if (this.position !== this.peer) return true;
    this.stalls++;
    if (this.peerState > RING_ASLEEP) this.stop(this.peerState);
    return false;
  }

  private reject(): number {
    this.units = 0;
    this.fail(RING_CLOSED_BAD_LENGTH);
    return 0;
  }
}
