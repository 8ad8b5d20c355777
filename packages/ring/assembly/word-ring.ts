/** Both sides of a ring of words: u32 or u64 (`WordWriter<u32>`), one unit each, without headers. */
import { RING_ASLEEP, RING_OF_WORDS } from '../layout/ring';
import { Endpoint } from './endpoint';

/** Lies in RING_STATE_BYTES of private zeroed memory. One thread uses it. */
@unmanaged
export class WordWriter<T> extends Endpoint {
  /** Parameters and result as for RingWriter. */
  attach(ring: usize, epoch: u32 = 0, capacity: u32 = 0): u32 {
    return this.open(ring, sizeof<T>(), RING_OF_WORDS, capacity, epoch, true);
  }

  /** After `closed` (RING_CLOSED_RESTARTED, RING_CLOSED_DIED): joins the reader in its new epoch. False while it is not there yet. */
  rejoin(): bool {
    const epoch = this.peerEpoch();
    return epoch != 0 && this.capacity != 0 && this.attach(this.ring, epoch, this.capacityBytes) == 0;
  }

  /** Words that fit; looks at the reader's position only when none is known to fit. */
  @inline
  free(): u32 {
    const free = this.capacity - (this.position - this.peer);
    return free != 0 ? free : this.makeRoom();
  }

  /** Writes one word and publishes it, with everything staged before. False when the ring is full or closed. */
  @inline
  push(value: T): bool {
    const position = this.position;
    if (position - this.peer == this.capacity && this.makeRoom() == 0) return false;
    store<T>(this.data + <usize>(position & this.mask) * sizeof<T>(), value);
    this.position = position + 1;
    this.published = position + 1;
    atomic.store<u32>(this.ownPosition, position + 1);
    return true;
  }

  /** Writes one word and leaves publishing for later. */
  @inline
  stage(value: T): bool {
    const position = this.position;
    if (position - this.peer == this.capacity && this.makeRoom() == 0) return false;
    store<T>(this.data + <usize>(position & this.mask) * sizeof<T>(), value);
    this.position = position + 1;
    return true;
  }

  /** Writes up to `count` words from memory at `from` and publishes once. Returns how many fitted. */
  pushBatch(from: usize, count: u32): u32 {
    let free = this.capacity - (this.position - this.peer);
    if (free < count) free = this.makeRoom();
    const all = count < free ? count : free;
    if (all == 0) return 0;
    const offset = this.position & this.mask;
    const first = all < this.capacity - offset ? all : this.capacity - offset;
    memory.copy(this.data + <usize>offset * sizeof<T>(), from, <usize>first * sizeof<T>());
    memory.copy(this.data, from + <usize>first * sizeof<T>(), <usize>(all - first) * sizeof<T>());
    this.position += all;
    this.publish();
    return all;
  }

  /** Before sleeping until a word fits: false when one fits now, or the ring is closed. After sleeping: `wakeUp`. */
  prepareSleep(): bool {
    if (!this.fallAsleep()) return false;
    if (this.free() != 0 || this.closed != 0) {
      this.wakeUp();
      return false;
    }
    this.sleeps++;
    return true;
  }

  private makeRoom(): u32 {
    if (!this.refresh(this.published)) return 0;
    if (this.peerState > <u32>RING_ASLEEP) {
      this.stop(this.peerState);
      return 0;
    }
    const free = this.capacity - (this.position - this.peer);
    if (free == 0) this.stalls++;
    return free;
  }
}

/** Lies in RING_STATE_BYTES of private zeroed memory. One thread uses it. */
@unmanaged
export class WordReader<T> extends Endpoint {
  /** Parameters and result as for RingWriter. */
  attach(ring: usize, epoch: u32 = 0, capacity: u32 = 0): u32 {
    return this.open(ring, sizeof<T>(), RING_OF_WORDS, capacity, epoch, false);
  }

  /** After `closed` (RING_CLOSED_RESTARTED, RING_CLOSED_DIED): joins the writer in its new epoch. False while it is not there yet. */
  rejoin(): bool {
    const epoch = this.peerEpoch();
    return epoch != 0 && this.capacity != 0 && this.attach(this.ring, epoch, this.capacityBytes) == 0;
  }

  /** Words that can be read; looks at the writer's position only when none is known. 0 also when `closed`. */
  @inline
  available(): u32 {
    const available = this.peer - this.position;
    return available != 0 ? available : this.moreIsThere();
  }

  /** The next word, stepping over it; its room goes back with `releaseAll`. Only after `available` said that there is one. */
  @inline
  take(): T {
    const value = load<T>(this.data + <usize>(this.position & this.mask) * sizeof<T>());
    this.position++;
    return value;
  }

  /** The next word, its room given back. Only after `available` said that there is one. */
  @inline
  pop(): T {
    const position = this.position;
    const value = load<T>(this.data + <usize>(position & this.mask) * sizeof<T>());
    this.position = position + 1;
    this.published = position + 1;
    atomic.store<u32>(this.ownPosition, position + 1);
    return value;
  }

  /** Gives the room of every word taken back to the writer. */
  @inline
  releaseAll(): void {
    if (this.position != this.published) this.publish();
  }

  /** Copies up to `count` words to memory at `to` and gives their room back once. Returns how many it took; fewer than there are, at times. */
  popBatch(to: usize, count: u32): u32 {
    const available = this.available();
    const all = count < available ? count : available;
    if (all == 0) return 0;
    const offset = this.position & this.mask;
    const first = all < this.capacity - offset ? all : this.capacity - offset;
    memory.copy(to, this.data + <usize>offset * sizeof<T>(), <usize>first * sizeof<T>());
    memory.copy(to + <usize>first * sizeof<T>(), this.data, <usize>(all - first) * sizeof<T>());
    this.position += all;
    this.publish();
    return all;
  }

  /** Before sleeping until there is a word: false when there is one, or the ring is closed. After sleeping: `wakeUp`. */
  prepareSleep(): bool {
    if (!this.fallAsleep()) return false;
    if (this.available() != 0 || this.closed != 0) {
      this.wakeUp();
      return false;
    }
    this.sleeps++;
    return true;
  }

  private moreIsThere(): u32 {
    if (!this.refresh(this.published + this.capacity)) return 0;
    const available = this.peer - this.position;
    if (available == 0) {
      this.stalls++;
      if (this.peerState > <u32>RING_ASLEEP) this.stop(this.peerState);
    }
    return available;
  }
}
