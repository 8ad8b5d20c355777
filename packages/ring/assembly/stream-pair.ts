/** Two rings of records between the same two threads, one in each direction. */
import { RING_CLOSED, RING_STATE_BYTES } from '../layout/ring';
import { RingReader } from './ring-reader';
import { RingWriter } from './ring-writer';

/** Lies in 2 * RING_STATE_BYTES of private zeroed memory. One thread uses it. */
@unmanaged
export class StreamPair {
  @inline
  get writer(): RingWriter {
    return changetype<RingWriter>(changetype<usize>(this));
  }

  @inline
  get reader(): RingReader {
    return changetype<RingReader>(changetype<usize>(this) + RING_STATE_BYTES);
  }

  /** `out` is the ring that this side writes, `into` the one it reads; both in the same epoch. Returns 0 or why it is closed. */
  attach(out: usize, into: usize, epoch: u32 = 0, capacity: u32 = 0): u32 {
    const reason = this.writer.attach(out, epoch, capacity);
    return reason != 0 ? reason : this.reader.attach(into, epoch, capacity);
  }

  /** Why one of the directions is closed for this side; 0 while both are open. */
  get closed(): u32 {
    const reason = this.writer.closed;
    return reason != 0 ? reason : this.reader.closed;
  }

  /** After writing and reading: whether the peer sleeps on either ring and has to be notified. */
  shouldNotify(): bool {
    const wantsRecords = this.writer.shouldNotify();
    const wantsRoom = this.reader.shouldNotify();
    return wantsRecords || wantsRoom;
  }

  /** Before sleeping until there is a record, or (with `room` not 0) until one of `room` bytes fits. After sleeping: `wakeUp`. */
  prepareSleep(room: u32 = 0): bool {
    if (!this.reader.prepareSleep()) return false;
    if (room == 0 || this.writer.prepareSleep(room)) return true;
    this.reader.wakeUp();
    return false;
  }

  wakeUp(): void {
    this.reader.wakeUp();
    this.writer.wakeUp();
  }

  /** Ends both directions; then `shouldNotify`. */
  close(reason: u32 = RING_CLOSED): void {
    this.writer.close(reason);
    this.reader.close(reason);
  }

  /** After `closed` (RING_CLOSED_RESTARTED, RING_CLOSED_DIED): joins the peer in its new epoch. False while it is not there yet. */
  rejoin(): bool {
    const epoch = this.writer.peerEpoch();
    if (epoch == 0 || this.reader.peerEpoch() != epoch || this.writer.capacity == 0) return false;
    return this.attach(this.writer.ring, this.reader.ring, epoch, this.writer.capacityBytes) == 0;
  }
}
