/** The producer's side of a ring of records. */
import {
  RECORD_HEADER_BYTES,
  RECORD_KIND_AT,
  RECORD_LENGTH_AT,
  RECORD_UNIT_BYTES,
  RECORD_WRAP,
  RING_ASLEEP,
  RING_OF_RECORDS,
} from '../layout/ring';
import { Endpoint } from './endpoint';

/**
 * Lies in RING_STATE_BYTES of private zeroed memory: `changetype<RingWriter>(address)`. One thread uses it.
 *
 * ```ts
 * const at = writer.reserve(bytes);      // 0: full or closed
 * if (at != 0) {
 *   store<u32>(at, ...);
 *   writer.commit(bytes, kind);          // or: stage, stage, ..., publish
 *   if (writer.shouldNotify()) ...;      // once per batch
 * }
 * ```
 */
@unmanaged
export class RingWriter extends Endpoint {
  /** Where the record that is being written begins (behind a marker, when that is not `position`), and units reserved for it. */
  start: u32;
  reserved: u32;
  /** The longest record, in bytes; 0 when this is no ring. */
  maximum: u32;

  /**
   * Becomes the writer of the ring at `ring`. `epoch` 0 stands for the one that the ring was made with (or this side was in last);
   * `capacity` 0 for what the ring says about itself: give it where the peer is not trusted. Returns 0 or RING_CLOSED_BAD_LAYOUT, or why
   * this side was closed in this epoch. After starting over in a new epoch, ask `shouldNotify`: the peer may sleep.
   */
  attach(ring: usize, epoch: u32 = 0, capacity: u32 = 0): u32 {
    this.reserved = 0;
    const reason = this.open(ring, RECORD_UNIT_BYTES, RING_OF_RECORDS, capacity, epoch, true);
    this.maximum = this.capacity == 0 ? 0 : (this.capacity >> 1) * RECORD_UNIT_BYTES - RECORD_HEADER_BYTES;
    return reason;
  }

  /** After `closed` (RING_CLOSED_RESTARTED, RING_CLOSED_DIED): joins the reader in its new epoch. False while it is not there yet. */
  rejoin(): bool {
    const epoch = this.peerEpoch();
    return epoch != 0 && this.capacity != 0 && this.attach(this.ring, epoch, this.capacityBytes) == 0;
  }

  /** The address for a record of up to `bytes` bytes, a multiple of 8; 0 when there is no room, it is over the maximum, or `closed`. */
  reserve(bytes: u32): usize {
    if (bytes > this.maximum) return 0;
    const units = unitsOf(bytes);
    const position = this.position;
    const offset = position & this.mask;
    const contiguous = this.capacity - offset;
    const skip = units > contiguous ? contiguous : 0;
    if (skip + units > this.free() && !this.makeRoom(skip + units)) return 0;
    const start = position + skip;
    this.start = start;
    this.reserved = units;
    return this.data + <usize>(start & this.mask) * RECORD_UNIT_BYTES + RECORD_HEADER_BYTES;
  }

  /** Ends the reserved record at `bytes`, not more than were reserved, and leaves publishing for later. Traps without a reservation. */
  stage(bytes: u32, kind: u32 = 0): void {
    this.position = this.append(bytes, kind);
  }

  /** Ends the reserved record and publishes it, with everything staged before. */
  commit(bytes: u32, kind: u32 = 0): void {
    const position = this.append(bytes, kind);
    this.position = position;
    this.published = position;
    atomic.store<u32>(this.ownPosition, position);
  }

  /** Gives the reservation up; nothing of it was ever visible. */
  abort(): void {
    this.reserved = 0;
  }

  /** Before sleeping until a record of `bytes` fits: false when it fits now, or never will. After sleeping: `wakeUp`. */
  prepareSleep(bytes: u32): bool {
    if (bytes > this.maximum || !this.fallAsleep()) return false;
    const fits = this.reserve(bytes) != 0;
    this.abort();
    if (fits || this.closed != 0) {
      this.wakeUp();
      return false;
    }
    this.sleeps++;
    return true;
  }

  /** Writes the marker, if there has to be one, and the header. Returns the position behind the record. */
  @inline
  private append(bytes: u32, kind: u32): u32 {
    const units = unitsOf(bytes);
    if (units > this.reserved || bytes > this.maximum) unreachable();
    this.reserved = 0;
    const data = this.data;
    const mask = this.mask;
    const start = this.start;
    const position = this.position;
    if (start != position) {
      store<u32>(data + <usize>(position & mask) * RECORD_UNIT_BYTES, RECORD_WRAP, RECORD_LENGTH_AT);
    }
    const at = data + <usize>(start & mask) * RECORD_UNIT_BYTES;
    store<u32>(at, bytes, RECORD_LENGTH_AT);
    store<u32>(at, kind, RECORD_KIND_AT);
    return start + units;
  }

  @inline
  private free(): u32 {
    return this.capacity - (this.position - this.peer);
  }

  private makeRoom(units: u32): bool {
    if (!this.refresh(this.published)) return false;
    if (this.peerState > <u32>RING_ASLEEP) {
      this.stop(this.peerState);
      return false;
    }
    if (units <= this.free()) return true;
    this.stalls++;
    return false;
  }
}

/** Header included; `bytes` is at most the maximum. */
function unitsOf(bytes: u32): u32 {
  return (bytes + RECORD_HEADER_BYTES + RECORD_UNIT_BYTES - 1) / RECORD_UNIT_BYTES;
}
