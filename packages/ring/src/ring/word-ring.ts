/** Both sides of a ring of words: u32 as numbers, or u64 as bigints, one unit each, without headers. */
import { RING_ASLEEP, RING_DATA_AT, RING_OF_WORDS } from '../../layout/ring.ts';
import { Endpoint, type RingPlace } from './endpoint.ts';

/** An array of words: `Uint32Array` for numbers, `BigUint64Array` for bigints. */
export interface WordArray<Word extends number | bigint> {
  readonly length: number;
  [index: number]: Word;
}

/** The data of the ring; it ends with the buffer, and positions are masked to the capacity. */
function wordsAt<Word extends number | bigint>({ buffer, ring = 0 }: RingPlace, wordBytes: number): WordArray<Word> {
  const start = ring + RING_DATA_AT;
  const count = Math.max(0, Math.floor((buffer.byteLength - start) / wordBytes));
  const array = wordBytes === 4 ? new Uint32Array(buffer, start, count) : new BigUint64Array(buffer, start, count);
  return array as unknown as WordArray<Word>;
}

/** Eight at a time: for batches of some dozens that takes about two thirds of `set` with a `subarray`, and half of a plain loop. */
function copyWords<Word extends number | bigint>(
  to: WordArray<Word>,
  toStart: number,
  from: WordArray<Word>,
  fromStart: number,
  count: number,
): void {
  let index = 0;
  for (; index + 8 <= count; index += 8) {
    const t = (toStart + index) | 0;
    const f = (fromStart + index) | 0;
    to[t] = from[f] as Word;
    to[(t + 1) | 0] = from[(f + 1) | 0] as Word;
    to[(t + 2) | 0] = from[(f + 2) | 0] as Word;
    to[(t + 3) | 0] = from[(f + 3) | 0] as Word;
    to[(t + 4) | 0] = from[(f + 4) | 0] as Word;
    to[(t + 5) | 0] = from[(f + 5) | 0] as Word;
    to[(t + 6) | 0] = from[(f + 6) | 0] as Word;
    to[(t + 7) | 0] = from[(f + 7) | 0] as Word;
  }
  for (; index < count; index++) to[toStart + index] = from[fromStart + index] as Word;
}

/** One thread uses it. Make it with `WordWriter.u32` or `WordWriter.u64`, and check `closed` afterwards. */
export class WordWriter<Word extends number | bigint> extends Endpoint {
  private readonly data: WordArray<Word>;

  private constructor(place: RingPlace, wordBytes: number) {
    super(place, wordBytes, RING_OF_WORDS, true);
    this.data = wordsAt(place, wordBytes);
    this.attach(place.epoch, place.capacity);
  }

  /** The writer of a ring of 32-bit words, given as numbers. */
  static u32(place: RingPlace): WordWriter<number> {
    return new WordWriter(place, 4);
  }

  /** The writer of a ring of 64-bit words, given as bigints. */
  static u64(place: RingPlace): WordWriter<bigint> {
    return new WordWriter(place, 8);
  }

  /** Words that fit; looks at the reader's position only when none is known to fit. */
  free(): number {
    const free = this.capacity - ((this.position - this.peer) | 0);
    return free !== 0 ? free : this.makeRoom();
  }

  /** Writes one word and publishes it, with everything staged before. False when the ring is full or closed. */
  push(value: Word): boolean {
    const position = this.position;
    if (((position - this.peer) | 0) === this.capacity && this.makeRoom() === 0) return false;
    this.data[position & this.mask] = value;
    const next = (position + 1) | 0;
    this.position = next;
    this.published = next;
    Atomics.store(this.words, this.ownPosition, next);
    return true;
  }

  /** Writes one word and leaves publishing for later. */
  stage(value: Word): boolean {
    const position = this.position;
    if (((position - this.peer) | 0) === this.capacity && this.makeRoom() === 0) return false;
    this.data[position & this.mask] = value;
    this.position = (position + 1) | 0;
    return true;
  }

  /** Writes up to `count` words, `from[start]` the first, and publishes once. Returns how many fitted. */
  pushBatch(from: WordArray<Word>, start = 0, count: number = from.length - start): number {
    let free = this.capacity - ((this.position - this.peer) | 0);
    if (free < count) free = this.makeRoom();
    const all = count < free ? count : free;
    if (all <= 0) return 0;
    const { data, mask } = this;
    const offset = this.position & mask;
    const contiguous = this.capacity - offset;
    const first = all < contiguous ? all : contiguous;
    copyWords(data, offset, from, start, first);
    if (all > first) copyWords(data, 0, from, start + first, all - first);
    this.position = (this.position + all) | 0;
    this.publish();
    return all;
  }

  /** Before sleeping until a word fits: false when one fits now, or the ring is closed. After sleeping: `wakeUp`. */
  prepareSleep(): boolean {
    if (!this.fallAsleep()) return false;
    if (this.free() !== 0 || this.closed !== 0) {
      this.wakeUp();
      return false;
    }
    this.sleeps++;
    return true;
  }

  /** Waits until a word fits: true; false after `milliseconds`, or when none ever will. Blocks the thread. */
  wait(milliseconds: number = Number.POSITIVE_INFINITY): boolean {
    return this.waitUntil(
      () => this.free() !== 0,
      () => this.prepareSleep(),
      milliseconds,
    );
  }

  /** The same without blocking. */
  async waitAsync(milliseconds: number = Number.POSITIVE_INFINITY): Promise<boolean> {
    return this.waitUntilAsync(
      () => this.free() !== 0,
      () => this.prepareSleep(),
      milliseconds,
    );
  }

  private makeRoom(): number {
    if (!this.refresh(this.published)) return 0;
    if (this.peerState > RING_ASLEEP) {
      this.stop(this.peerState);
      return 0;
    }
    const free = this.capacity - ((this.position - this.peer) | 0);
    if (free === 0) this.stalls++;
    return free;
  }
}

/** One thread uses it. Make it with `WordReader.u32` or `WordReader.u64`, and check `closed` afterwards. */
export class WordReader<Word extends number | bigint> extends Endpoint {
  private readonly data: WordArray<Word>;

  private constructor(place: RingPlace, wordBytes: number) {
    super(place, wordBytes, RING_OF_WORDS, false);
    this.data = wordsAt(place, wordBytes);
    this.attach(place.epoch, place.capacity);
  }

  /** The reader of a ring of 32-bit words, given as numbers. */
  static u32(place: RingPlace): WordReader<number> {
    return new WordReader(place, 4);
  }

  /** The reader of a ring of 64-bit words, given as bigints. */
  static u64(place: RingPlace): WordReader<bigint> {
    return new WordReader(place, 8);
  }

  /** Words that can be read; looks at the writer's position only when none is known. 0 also when `closed`. */
  available(): number {
    const available = (this.peer - this.position) | 0;
    return available !== 0 ? available : this.moreIsThere();
  }

  /** The next word, stepping over it; its room goes back with `releaseAll`. Only after `available` said that there is one. */
  take(): Word {
    const value = this.data[this.position & this.mask] as Word;
    this.position = (this.position + 1) | 0;
    return value;
  }

  /** The next word, its room given back. Only after `available` said that there is one. */
  pop(): Word {
    const position = this.position;
    const value = this.data[position & this.mask] as Word;
    const next = (position + 1) | 0;
    this.position = next;
    this.published = next;
    Atomics.store(this.words, this.ownPosition, next);
    return value;
  }

  /** Gives the room of every word taken back to the writer. */
  releaseAll(): void {
    if (this.position !== this.published) this.publish();
  }

  /** Copies up to `count` words to `to[start]` and on, and gives their room back once. Returns how many it took. */
  popBatch(to: WordArray<Word>, start = 0, count: number = to.length - start): number {
    const available = this.available();
    const all = count < available ? count : available;
    if (all <= 0) return 0;
    const { data, mask } = this;
    const offset = this.position & mask;
    const contiguous = this.capacity - offset;
    const first = all < contiguous ? all : contiguous;
    copyWords(to, start, data, offset, first);
    if (all > first) copyWords(to, start + first, data, 0, all - first);
    this.position = (this.position + all) | 0;
    this.publish();
    return all;
  }

  /** Before sleeping until there is a word: false when there is one, or the ring is closed. After sleeping: `wakeUp`. */
  prepareSleep(): boolean {
    if (!this.fallAsleep()) return false;
    if (this.available() !== 0 || this.closed !== 0) {
      this.wakeUp();
      return false;
    }
    this.sleeps++;
    return true;
  }

  /** Waits until there is a word: true; false after `milliseconds`, or when none will come. Blocks the thread. */
  wait(milliseconds: number = Number.POSITIVE_INFINITY): boolean {
    return this.waitUntil(
      () => this.available() !== 0,
      () => this.prepareSleep(),
      milliseconds,
    );
  }

  /** The same without blocking. */
  async waitAsync(milliseconds: number = Number.POSITIVE_INFINITY): Promise<boolean> {
    return this.waitUntilAsync(
      () => this.available() !== 0,
      () => this.prepareSleep(),
      milliseconds,
    );
  }

  private moreIsThere(): number {
    if (!this.refresh((this.published + this.capacity) | 0)) return 0;
    const available = (this.peer - this.position) | 0;
    if (available === 0) {
      this.stalls++;
      if (this.peerState > RING_ASLEEP) this.stop(this.peerState);
    }
    return available;
  }
}
