/**
 * What both sides of a ring have in common: the private state, taking over the peer's position, epochs, closing, sleeping.
 * Only the thread that owns the side may touch the state; nothing in it is ever taken from shared memory unchecked.
 */
import {
  RING_ASLEEP,
  RING_AWAKE,
  RING_CAPACITY_AT,
  RING_CLOSED,
  RING_CLOSED_BAD_LAYOUT,
  RING_CLOSED_BAD_POSITION,
  RING_CLOSED_RESTARTED,
  RING_DATA_AT,
  RING_EPOCH_AT,
  RING_EPOCH_NONE,
  RING_KIND_AT,
  RING_MAGIC,
  RING_MAGIC_AT,
  RING_READER_POSITION_AT,
  RING_READER_STATUS_AT,
  RING_STATE_AT,
  RING_UNIT_BYTES_AT,
  RING_VERSION,
  RING_VERSION_AT,
  RING_WRITER_POSITION_AT,
  RING_WRITER_STATUS_AT,
} from '../layout/ring';
import { ringCapacityIsValid, ringWake } from './ring-memory';

@unmanaged
export class Endpoint {
  /** Address of the ring, of its data, and of the four lines as this side sees them. */
  ring: usize;
  data: usize;
  ownPosition: usize;
  peerPosition: usize;
  ownStatus: usize;
  peerStatus: usize;
  /** Units, and units - 1. */
  capacity: u32;
  mask: u32;
  capacityBytes: u32;
  /** Where this side is, and how far the peer knows. */
  position: u32;
  published: u32;
  /** The peer's position as far as this side knows. */
  peer: u32;
  /** Why the ring is closed for this side; 0 while it is open. */
  closed: u32;
  epoch: u32;
  /** 1 once the peer has been seen in this epoch. */
  joined: u32;
  /** Counters of slow paths. */
  refreshes: u32;
  stalls: u32;
  sleeps: u32;
  notifications: u32;
  /** 1 after starting over: the peer is notified then, whether it seems to sleep or not. */
  owesNotification: u32;
  /** The target of the full fence: nobody else ever sees it. */
  fenceWord: u32;
  counted: u32;
  total: u64;
  /** State of the peer at the last refresh. */
  peerState: u32;
  /** How far the peer stands behind this side when this side can do nothing: 0 for the reader, the capacity for the writer. */
  nothing: u32;

  /**
   * Becomes one side of the ring. In the epoch that this side has there already, it goes on where it was; in a new one, it starts over
   * at position 0: ask `shouldNotify` then, so that a sleeping peer learns of it. Returns 0, or the reason why the ring is closed.
   */
  protected open(ring: usize, unitBytes: u32, kind: u32, capacity: u32, epoch: u32, writes: bool): u32 {
    this.ring = ring;
    this.data = ring + RING_DATA_AT;
    this.ownPosition = ring + (writes ? RING_WRITER_POSITION_AT : RING_READER_POSITION_AT);
    this.peerPosition = ring + (writes ? RING_READER_POSITION_AT : RING_WRITER_POSITION_AT);
    this.ownStatus = ring + (writes ? RING_WRITER_STATUS_AT : RING_READER_STATUS_AT);
    this.peerStatus = ring + (writes ? RING_READER_STATUS_AT : RING_WRITER_STATUS_AT);
    this.capacity = 0;
    this.capacityBytes = 0;
    this.mask = 0;
    this.nothing = 0;
    this.joined = 0;
    const bytes = atomic.load<u32>(ring, RING_CAPACITY_AT);
    if (
      atomic.load<u32>(ring, RING_MAGIC_AT) != RING_MAGIC ||
      atomic.load<u32>(ring, RING_VERSION_AT) != RING_VERSION ||
      atomic.load<u32>(ring, RING_UNIT_BYTES_AT) != unitBytes ||
      atomic.load<u32>(ring, RING_KIND_AT) != kind ||
      !ringCapacityIsValid(bytes, unitBytes) ||
      (capacity != 0 && capacity != bytes)
    ) {
      return this.stop(RING_CLOSED_BAD_LAYOUT);
    }
    this.capacity = bytes / unitBytes;
    this.capacityBytes = bytes;
    this.mask = this.capacity - 1;
    this.nothing = writes ? this.capacity : 0;
    this.closed = 0;
    const present = atomic.load<u32>(this.ownStatus, RING_EPOCH_AT);
    this.epoch = epoch == RING_EPOCH_NONE ? present : epoch;
    if (this.epoch == RING_EPOCH_NONE) return this.stop(RING_CLOSED_BAD_LAYOUT);
    if (this.epoch == present) return this.resume();
    this.startOver();
    return 0;
  }

  private resume(): u32 {
    this.settle(atomic.load<u32>(this.ownPosition));
    const state = atomic.load<u32>(this.ownStatus, RING_STATE_AT);
    if (state > <u32>RING_ASLEEP) return this.stop(state);
    atomic.cmpxchg<u32>(this.ownStatus, RING_ASLEEP, RING_AWAKE, RING_STATE_AT);
    return 0;
  }

  /** The epoch is none while the position changes, so that no old position is seen in the new epoch, nor a new one in the old. */
  private startOver(): void {
    atomic.store<u32>(this.ownStatus, RING_EPOCH_NONE, RING_EPOCH_AT);
    atomic.store<u32>(this.ownPosition, 0);
    atomic.store<u32>(this.ownStatus, RING_AWAKE, RING_STATE_AT);
    atomic.store<u32>(this.ownStatus, this.epoch, RING_EPOCH_AT);
    this.owesNotification = 1;
    this.settle(0);
  }

  /** Stands at `position`, with nothing known of the peer: nothing to read, and no room to write, before the first refresh. */
  private settle(position: u32): void {
    this.total += this.published - this.counted;
    this.position = position;
    this.published = position;
    this.counted = position;
    this.peer = position - this.nothing;
  }

  /**
   * Takes over the peer's position, which lies between the one known and `limit`. False when the peer is not there (yet), or when the
   * ring is closed for this side now; whether the peer has closed is left in `peerState` for the caller to decide on.
   */
  protected refresh(limit: u32): bool {
    if (this.closed != 0) return false;
    this.refreshes++;
    this.total += this.published - this.counted;
    this.counted = this.published;
    if (this.joined == 0 && !this.join()) return false;
    // The order matters: what was published before closing is seen with it, and a position counts only if the epoch is still the same.
    const state = atomic.load<u32>(this.peerStatus, RING_STATE_AT);
    const position = atomic.load<u32>(this.peerPosition);
    if (atomic.load<u32>(this.peerStatus, RING_EPOCH_AT) != this.epoch) {
      this.stop(RING_CLOSED_RESTARTED);
      return false;
    }
    if (position - this.peer > limit - this.peer) {
      this.fail(RING_CLOSED_BAD_POSITION);
      return false;
    }
    this.peer = position;
    this.peerState = state;
    return true;
  }

  private join(): bool {
    const epoch = atomic.load<u32>(this.peerStatus, RING_EPOCH_AT);
    if (epoch == this.epoch) {
      this.joined = 1;
      return true;
    }
    if (epoch != RING_EPOCH_NONE && i32(epoch - this.epoch) > 0) this.stop(RING_CLOSED_RESTARTED);
    return false;
  }

  /**
   * The epoch of a peer that has started over, to be given to `attach`; 0 while there is none later than the own.
   */
  peerEpoch(): u32 {
    const epoch = atomic.load<u32>(this.peerStatus, RING_EPOCH_AT);
    return epoch != RING_EPOCH_NONE && i32(epoch - this.epoch) > 0 ? epoch : RING_EPOCH_NONE;
  }

  /** Publishes everything up to the own position. Costs one plain store on x86. */
  @inline
  publish(): void {
    atomic.store<u32>(this.ownPosition, this.position);
    this.published = this.position;
  }

  /**
   * After publishing: whether the peer sleeps and has to be notified (its doorbell, an interrupt). True once per sleep, and once after
   * starting over: this side may have stopped before, between setting the peer awake and notifying it.
   *
   * This is one half of Dekker's handshake, and prepareSleep the other: each side writes, fences, and reads what the other wrote, so that
   * at least one of them sees the other. An atomic read-modify-write on private memory is the fence: x86 orders it like MFENCE (SDM 3A
   * 9.2.3.9), it is faster, and asc does not remove it.
   */
  shouldNotify(): bool {
    atomic.or<u32>(changetype<usize>(this), 0, offsetof<Endpoint>('fenceWord'));
    if (!ringWake(this.peerStatus) && this.owesNotification == 0) return false;
    this.owesNotification = 0;
    this.notifications++;
    return true;
  }

  /** The other half: declares this side asleep. False when the ring is closed. The caller looks once more before it sleeps. */
  protected fallAsleep(): bool {
    if (this.closed != 0) return false;
    const state: u32 = atomic.cmpxchg<u32>(this.ownStatus, RING_AWAKE, RING_ASLEEP, RING_STATE_AT);
    if (state <= <u32>RING_ASLEEP) return true;
    this.stop(state);
    return false;
  }

  /** After sleeping, or instead of it: this side is awake. */
  wakeUp(): void {
    atomic.cmpxchg<u32>(this.ownStatus, RING_ASLEEP, RING_AWAKE, RING_STATE_AT);
  }

  /** Ends this side with a reason (RING_CLOSED, or from RING_CLOSED_USER on); then `shouldNotify`. The peer can read what was published. */
  close(reason: u32 = RING_CLOSED): void {
    if (this.closed == 0) this.fail(reason);
  }

  /** Units of which the own position has ever moved in published steps, through all epochs. */
  transferred(): u64 {
    return this.total + (this.published - this.counted);
  }

  /** Closes for the peer too. */
  protected fail(reason: u32): u32 {
    atomic.store<u32>(this.ownStatus, reason, RING_STATE_AT);
    return this.stop(reason);
  }

  /** Closes for this side: nothing is there and nothing fits from now on. */
  protected stop(reason: u32): u32 {
    this.closed = reason;
    this.peer = this.position - this.nothing;
    return reason;
  }
}
