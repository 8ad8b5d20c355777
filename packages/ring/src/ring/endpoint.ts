/**
 * What both sides of a ring have in common: the private state, taking over the peer's position, epochs, closing, sleeping.
 * The same steps in the same order as assembly/endpoint.ts. Positions are kept as signed 32-bit integers, which engines hold unboxed.
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
} from '../../layout/ring.ts';
import { RingError } from './ring-error.ts';
import { ringBytes, ringCapacityIsValid, ringWake } from './ring-memory.ts';

/** What a side is made over: where the ring is, and what is expected of it. */
export interface RingPlace {
  /** SharedArrayBuffer, or any other buffer while both sides are in one thread. */
  readonly buffer: ArrayBufferLike;
  /** Bytes from the start of the buffer, a multiple of 128. Default 0. */
  readonly ring?: number;
  /** Epoch to be in. Default: the one that the ring was made with, or that this side was in last. */
  readonly epoch?: number;
  /** Bytes of data that the ring has to have. Default: what it says, as far as it fits into the buffer. */
  readonly capacity?: number;
}

/** Counters of slow paths; nothing is counted where words or records pass. */
export interface RingStatistics {
  /** Units that this side published, through all epochs. */
  readonly units: number;
  /** How often it looked at the peer's position, and how often in vain. */
  readonly refreshes: number;
  readonly stalls: number;
  readonly sleeps: number;
  /** How often it woke the peer. */
  readonly notifications: number;
}

const EPOCH = RING_EPOCH_AT / 4;
const STATE = RING_STATE_AT / 4;
/** Looks before sleeping: a sleep and a wake-up cost tens of microseconds, which this many looks take about a tenth of. */
const SPINS = 400;

export abstract class Endpoint {
  readonly buffer: ArrayBufferLike;
  /** Where the ring starts in the buffer, in bytes. */
  readonly ring: number;
  /** Why the ring is closed for this side (RING_CLOSED_*, or a reason of the user's); 0 while it is open. */
  closed = 0;
  /** Of this side, unsigned. */
  epoch = 0;
  /** Bytes of data; 0 when this is no ring. */
  capacityBytes = 0;

  /** The ring as words. */
  protected readonly words: Int32Array;
  /** Units, and units - 1. */
  protected capacity = 0;
  protected mask = 0;
  /** Where this side is, how far the peer knows, and the peer's position as far as this side knows. */
  protected position = 0;
  protected published = 0;
  protected peer = 0;
  /** Indices of the four lines as this side sees them. */
  protected readonly ownPosition: number;
  protected readonly peerPosition: number;
  protected readonly ownStatus: number;
  protected readonly peerStatus: number;
  /** State of the peer at the last refresh. */
  protected peerState = 0;
  protected stalls = 0;
  protected sleeps = 0;
  private readonly writes: boolean;
  private readonly unitBytes: number;
  private readonly ringKind: number;
  /** How far the peer stands behind this side when this side can do nothing: 0 for the reader, the capacity for the writer. */
  private nothing = 0;
  private joined = false;
  /** After starting over the peer is notified, whether it seems to sleep or not. */
  private owesNotification = false;
  private refreshes = 0;
  private notifications = 0;
  private counted = 0;
  private total = 0;

  protected constructor(place: RingPlace, unitBytes: number, kind: number, writes: boolean) {
    const { buffer, ring = 0 } = place;
    if (!Number.isInteger(ring) || ring < 0 || ring % 128 !== 0 || ring + RING_DATA_AT > buffer.byteLength) {
      throw new RingError('RING_INVALID_PLACE', `No ring can be at ${ring} in a buffer of ${buffer.byteLength} bytes.`);
    }
    this.buffer = buffer;
    this.ring = ring;
    this.unitBytes = unitBytes;
    this.ringKind = kind;
    this.writes = writes;
    this.words = new Int32Array(buffer, ring, Math.floor((buffer.byteLength - ring) / 4));
    this.ownPosition = (writes ? RING_WRITER_POSITION_AT : RING_READER_POSITION_AT) / 4;
    this.peerPosition = (writes ? RING_READER_POSITION_AT : RING_WRITER_POSITION_AT) / 4;
    this.ownStatus = (writes ? RING_WRITER_STATUS_AT : RING_READER_STATUS_AT) / 4;
    this.peerStatus = (writes ? RING_READER_STATUS_AT : RING_WRITER_STATUS_AT) / 4;
  }

  /**
   * Becomes its side of the ring. In the epoch that this side has there already, it goes on where it was; in a new one, it starts over
   * at position 0: `notify` then, so that a sleeping peer learns of it. Returns 0, or the reason why the ring is closed.
   */
  attach(epoch: number = RING_EPOCH_NONE, capacity = 0): number {
    const { words } = this;
    this.capacity = 0;
    this.capacityBytes = 0;
    this.mask = 0;
    this.nothing = 0;
    this.joined = false;
    const bytes = Atomics.load(words, RING_CAPACITY_AT / 4) >>> 0;
    if (
      Atomics.load(words, RING_MAGIC_AT / 4) !== RING_MAGIC ||
      Atomics.load(words, RING_VERSION_AT / 4) !== RING_VERSION ||
      Atomics.load(words, RING_UNIT_BYTES_AT / 4) !== this.unitBytes ||
      Atomics.load(words, RING_KIND_AT / 4) !== this.ringKind ||
      !ringCapacityIsValid(bytes, this.unitBytes) ||
      ringBytes(bytes) > words.byteLength ||
      (capacity !== 0 && capacity !== bytes)
    ) {
      return this.stop(RING_CLOSED_BAD_LAYOUT);
    }
    this.capacity = bytes / this.unitBytes;
    this.capacityBytes = bytes;
    this.mask = this.capacity - 1;
    this.nothing = this.writes ? this.capacity : 0;
    this.closed = 0;
    const present = Atomics.load(words, this.ownStatus + EPOCH) >>> 0;
    this.epoch = epoch === RING_EPOCH_NONE ? present : epoch >>> 0;
    if (this.epoch === RING_EPOCH_NONE) return this.stop(RING_CLOSED_BAD_LAYOUT);
    if (this.epoch === present) return this.resume();
    this.startOver();
    return 0;
  }

  private resume(): number {
    this.settle(Atomics.load(this.words, this.ownPosition));
    const state = Atomics.load(this.words, this.ownStatus + STATE) >>> 0;
    if (state > RING_ASLEEP) return this.stop(state);
    this.wakeUp();
    return 0;
  }

  /** The epoch is none while the position changes, so that no old position is seen in the new epoch, nor a new one in the old. */
  private startOver(): void {
    Atomics.store(this.words, this.ownStatus + EPOCH, RING_EPOCH_NONE);
    Atomics.store(this.words, this.ownPosition, 0);
    Atomics.store(this.words, this.ownStatus + STATE, RING_AWAKE);
    Atomics.store(this.words, this.ownStatus + EPOCH, this.epoch | 0);
    this.owesNotification = true;
    this.settle(0);
  }

  /** Stands at `position`, with nothing known of the peer: nothing to read, and no room to write, before the first refresh. */
  private settle(position: number): void {
    this.total += (this.published - this.counted) >>> 0;
    this.position = position;
    this.published = position;
    this.counted = position;
    this.peer = (position - this.nothing) | 0;
  }

  /**
   * Takes over the peer's position, which lies between the one known and `limit`. False when the peer is not there (yet), or when the
   * ring is closed for this side now; whether the peer has closed is left in `peerState` for the caller to decide on.
   */
  protected refresh(limit: number): boolean {
    if (this.closed !== 0) return false;
    this.refreshes++;
    this.total += (this.published - this.counted) >>> 0;
    this.counted = this.published;
    if (!this.joined && !this.join()) return false;
    // The order matters: what was published before closing is seen with it, and a position counts only if the epoch is still the same.
    const state = Atomics.load(this.words, this.peerStatus + STATE) >>> 0;
    const position = Atomics.load(this.words, this.peerPosition);
    if (Atomics.load(this.words, this.peerStatus + EPOCH) >>> 0 !== this.epoch) {
      this.stop(RING_CLOSED_RESTARTED);
      return false;
    }
    if ((position - this.peer) >>> 0 > (limit - this.peer) >>> 0) {
      this.fail(RING_CLOSED_BAD_POSITION);
      return false;
    }
    this.peer = position;
    this.peerState = state;
    return true;
  }

  private join(): boolean {
    const epoch = Atomics.load(this.words, this.peerStatus + EPOCH) >>> 0;
    if (epoch === this.epoch) {
      this.joined = true;
      return true;
    }
    if (epoch !== RING_EPOCH_NONE && ((epoch - this.epoch) | 0) > 0) this.stop(RING_CLOSED_RESTARTED);
    return false;
  }

  /** The epoch of a peer that has started over, to be given to `attach`; 0 while there is none later than the own. */
  peerEpoch(): number {
    const epoch = Atomics.load(this.words, this.peerStatus + EPOCH) >>> 0;
    return epoch !== RING_EPOCH_NONE && ((epoch - this.epoch) | 0) > 0 ? epoch : RING_EPOCH_NONE;
  }

  /** After `closed` (RING_CLOSED_RESTARTED, RING_CLOSED_DIED): joins the peer in its new epoch. False while it is not there yet. */
  rejoin(): boolean {
    const epoch = this.peerEpoch();
    return epoch !== RING_EPOCH_NONE && this.capacity !== 0 && this.attach(epoch, this.capacityBytes) === 0;
  }

  /** Publishes everything up to the own position. */
  publish(): void {
    Atomics.store(this.words, this.ownPosition, this.position);
    this.published = this.position;
  }

  /**
   * After publishing: whether the peer sleeps and has to be notified by some other way than `notify`. True once per sleep, and once after
   * starting over: this side may have stopped before, between setting the peer awake and notifying it.
   * Atomics are sequentially consistent: the fence of the guest's implementation is in `publish` already.
   */
  shouldNotify(): boolean {
    if (!ringWake(this.words, this.peerStatus + STATE) && !this.owesNotification) return false;
    this.owesNotification = false;
    this.notifications++;
    return true;
  }

  /** After publishing, once per batch: wakes the peer if it sleeps. Costs one load when it does not. */
  notify(): void {
    if (this.shouldNotify()) Atomics.notify(this.words, this.peerStatus + STATE);
  }

  /** Declares this side asleep. False when the ring is closed. The caller looks once more before it sleeps. */
  protected fallAsleep(): boolean {
    if (this.closed !== 0) return false;
    const state = Atomics.compareExchange(this.words, this.ownStatus + STATE, RING_AWAKE, RING_ASLEEP) >>> 0;
    if (state <= RING_ASLEEP) return true;
    this.stop(state);
    return false;
  }

  /** After sleeping, or instead of it: this side is awake. */
  wakeUp(): void {
    Atomics.compareExchange(this.words, this.ownStatus + STATE, RING_ASLEEP, RING_AWAKE);
  }

  /**
   * Waits in stages until `ready`: looks some microseconds long, then sleeps. Blocks the thread, which a browser's main thread may not.
   * False after `milliseconds`, or when it will never be ready because the ring is closed.
   */
  protected waitUntil(ready: () => boolean, prepareSleep: () => boolean, milliseconds: number): boolean {
    if (this.spin(ready)) return true;
    const deadline = performance.now() + milliseconds;
    while (prepareSleep()) {
      const left = deadline - performance.now();
      if (left > 0) Atomics.wait(this.words, this.ownStatus + STATE, RING_ASLEEP, left);
      this.wakeUp();
      if (ready()) return true;
      if (left <= 0) return false;
    }
    return ready();
  }

  /** The same without blocking. */
  protected async waitUntilAsync(
    ready: () => boolean,
    prepareSleep: () => boolean,
    milliseconds: number,
  ): Promise<boolean> {
    if (this.spin(ready)) return true;
    const deadline = performance.now() + milliseconds;
    while (prepareSleep()) {
      const left = deadline - performance.now();
      if (left > 0) await Atomics.waitAsync(this.words, this.ownStatus + STATE, RING_ASLEEP, left).value;
      this.wakeUp();
      if (ready()) return true;
      if (left <= 0) return false;
    }
    return ready();
  }

  private spin(ready: () => boolean): boolean {
    for (let turn = 0; turn < SPINS && this.closed === 0; turn++) if (ready()) return true;
    return false;
  }

  /** Ends this side with a reason (RING_CLOSED, or from RING_CLOSED_USER on). The peer can read what was published. */
  close(reason: number = RING_CLOSED): void {
    if (this.closed !== 0) return;
    this.fail(reason);
    this.notify();
  }

  get statistics(): RingStatistics {
    const { refreshes, stalls, sleeps, notifications } = this;
    const units = this.total + ((this.published - this.counted) >>> 0);
    return { units, refreshes, stalls, sleeps, notifications };
  }

  /** Closes for the peer too. */
  protected fail(reason: number): number {
    Atomics.store(this.words, this.ownStatus + STATE, reason);
    return this.stop(reason);
  }

  /** Closes for this side: nothing is there and nothing fits from now on. */
  protected stop(reason: number): number {
    this.closed = reason;
    this.peer = (this.position - this.nothing) | 0;
    return reason;
  }
}
