/** Two rings of records between the same two threads, one in each direction. */
import { RING_CLOSED, RING_EPOCH_NONE } from '../../layout/ring.ts';
import { RingReader } from './ring-reader.ts';
import { RingWriter } from './ring-writer.ts';

/** Where the two rings are; one side's `out` is the other's `into`. */
export interface PairPlace {
  readonly buffer: ArrayBufferLike;
  /** The ring that this side writes, and the one that it reads: bytes from the start of the buffer. */
  readonly out: number;
  readonly into: number;
  readonly epoch?: number;
  /** Of each of the two, in bytes; as for RingPlace. */
  readonly capacity?: number;
}

/** One thread uses it. */
export class StreamPair {
  readonly writer: RingWriter;
  readonly reader: RingReader;

  constructor({ buffer, out, into, ...expected }: PairPlace) {
    this.writer = new RingWriter({ buffer, ring: out, ...expected });
    this.reader = new RingReader({ buffer, ring: into, ...expected });
  }

  /** Why one of the directions is closed for this side; 0 while both are open. */
  get closed(): number {
    return this.writer.closed !== 0 ? this.writer.closed : this.reader.closed;
  }

  /** Both directions in `epoch`, or in the one they are in. Returns 0 or why it is closed. */
  attach(epoch: number = RING_EPOCH_NONE, capacity = 0): number {
    const reason = this.writer.attach(epoch, capacity);
    return reason !== 0 ? reason : this.reader.attach(epoch, capacity);
  }

  /** After writing and reading: whether the peer sleeps on either ring and has to be notified. */
  shouldNotify(): boolean {
    const wantsRecords = this.writer.shouldNotify();
    const wantsRoom = this.reader.shouldNotify();
    return wantsRecords || wantsRoom;
  }

  /** Wakes the peer if it sleeps on either ring, on this host. */
  notify(): void {
    this.writer.notify();
    this.reader.notify();
  }

  /** Before sleeping until there is a record, or (with `room` not 0) until one of `room` bytes fits. After sleeping: `wakeUp`. */
  prepareSleep(room = 0): boolean {
    if (!this.reader.prepareSleep()) return false;
    if (room === 0 || this.writer.prepareSleep(room)) return true;
    this.reader.wakeUp();
    return false;
  }

  wakeUp(): void {
    this.reader.wakeUp();
    this.writer.wakeUp();
  }

  /** Ends both directions. */
  close(reason: number = RING_CLOSED): void {
    this.writer.close(reason);
    this.reader.close(reason);
  }

  /** After `closed` (RING_CLOSED_RESTARTED, RING_CLOSED_DIED): joins the peer in its new epoch. False while it is not there yet. */
  rejoin(): boolean {
    const epoch = this.writer.peerEpoch();
    if (epoch === RING_EPOCH_NONE || this.reader.peerEpoch() !== epoch || this.writer.capacityBytes === 0) return false;
    return this.attach(epoch, this.writer.capacityBytes) === 0;
  }
}
