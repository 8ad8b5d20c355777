/** The consumer's side of a ring of records. */
import {
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_LENGTH_AT,
  RECORD_UNIT_BYTES,
  RECORD_WRAP,
  RING_ASLEEP,
  RING_CLOSED_BAD_LENGTH,
  RING_OF_RECORDS,
} from '../layout/ring';
import { Endpoint } from './endpoint';

/**
 * Lies in RING_STATE_BYTES of private zeroed memory: `changetype<RingReader>(address)`. One thread uses it.
 *
 * ```ts
 * for (let at = reader.peek(); at != 0; at = reader.peek()) {
 *   handle(at, reader.length, reader.kind);
 *   reader.release();                    // or: advance, advance, ..., releaseAll
 * }
 * ```
 *
 * A peer that is not trusted can still write a record while it is read: read each byte once, check, then use it.
 */
@unmanaged
export class RingReader extends Endpoint {
  /** Bytes of the payload that `peek` found, and its kind. */
  length: u32;
  kind: u32;
  /** Units of that record, header included; 0 when none is being looked at. */
  units: u32;

  /** Becomes the reader of the ring at `ring`; parameters and result as for RingWriter. */
  attach(ring: usize, epoch: u32 = 0, capacity: u32 = 0): u32 {
    this.units = 0;
    return this.open(ring, RECORD_UNIT_BYTES, RING_OF_RECORDS, capacity, epoch, false);
  }

  /** After `closed` (RING_CLOSED_RESTARTED, RING_CLOSED_DIED): joins the writer in its new epoch. False while it is not there yet. */
  rejoin(): bool {
    const epoch = this.peerEpoch();
    return epoch != 0 && this.capacity != 0 && this.attach(this.ring, epoch, this.capacityBytes) == 0;
  }

  /** The address of the next record's payload, a multiple of 8, with `length` and `kind`; 0 when there is none (or `closed`). */
  peek(): usize {
    if (this.position == this.peer && !this.moreIsThere()) return 0;
    let offset = this.position & this.mask;
    let at = this.data + <usize>offset * RECORD_UNIT_BYTES;
    // Read once: what is checked is what is used.
    let length = atomic.load<u32>(at, RECORD_LENGTH_AT);
    if (length == RECORD_WRAP) {
      const room = this.capacity - offset;
      if (offset == 0 || room >= this.peer - this.position) return this.reject();
      this.position += room;
      offset = 0;
      at = this.data;
      length = atomic.load<u32>(at, RECORD_LENGTH_AT);
    }
    const available = this.peer - this.position;
    const contiguous = this.capacity - offset;
    // No sum here can overflow: `most` is below 2^31.
    const most = (available < contiguous ? available : contiguous) * RECORD_UNIT_BYTES - RECORD_HEADER_BYTES;
    if (length > most) return this.reject();
    this.length = length;
    this.kind = load<u32>(at, RECORD_KIND_AT);
    this.units = (length + RECORD_HEADER_BYTES + RECORD_UNIT_BYTES - 1) / RECORD_UNIT_BYTES;
    return at + RECORD_HEADER_BYTES;
  }

  /** Steps over the record that `peek` found; its bytes stay where they are until `releaseAll`. */
  @inline
  advance(): void {
    this.position += this.units;
    this.units = 0;
  }

  /** Gives the room of every record stepped over back to the writer. */
  @inline
  releaseAll(): void {
    if (this.position != this.published) this.publish();
  }

  /** Steps over the record that `peek` found, and gives its room back. */
  @inline
  release(): void {
    this.advance();
    this.releaseAll();
  }

  /** Before sleeping until there is a record: false when there is one, or the ring is closed. After sleeping: `wakeUp`. */
  prepareSleep(): bool {
    if (!this.fallAsleep()) return false;
    if (this.peek() != 0 || this.closed != 0) {
      this.wakeUp();
      return false;
    }
    this.sleeps++;
    return true;
  }

  private moreIsThere(): bool {
    if (!this.refresh(this.published + this.capacity)) return false;
    if (this.position != this.peer) return true;
    this.stalls++;
    if (this.peerState > <u32>RING_ASLEEP) this.stop(this.peerState);
    return false;
  }

  private reject(): usize {
    this.units = 0;
    this.fail(RING_CLOSED_BAD_LENGTH);
    return 0;
  }
}
