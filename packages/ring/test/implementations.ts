/** Both implementations behind the same interfaces, over the same shared memory: tests run on every combination of the two. */
import { RING_STATE_BYTES } from '../layout/ring.ts';
import { type RingPlace, RingReader, RingWriter, StreamPair, WordReader, WordWriter } from '../src/index.ts';

interface Side {
  readonly closed: number;
  readonly epoch: number;
  attach(epoch?: number, capacity?: number): number;
  rejoin(): boolean;
  publish(): void;
  shouldNotify(): boolean;
  wakeUp(): void;
  close(reason?: number): void;
}

/** Offsets are bytes from the start of the buffer, as in the package itself. */
export interface WriterSide extends Side {
  readonly maximum: number;
  reserve(bytes: number): number;
  stage(bytes: number, kind?: number): void;
  commit(bytes: number, kind?: number): void;
  abort(): void;
  prepareSleep(bytes: number): boolean;
}

export interface ReaderSide extends Side {
  readonly length: number;
  readonly kind: number;
  peek(): number;
  advance(): void;
  releaseAll(): void;
  release(): void;
  prepareSleep(): boolean;
}

export interface WordWriterSide extends Side {
  free(): number;
  push(value: number): boolean;
  stage(value: number): boolean;
  pushBatch(values: Uint32Array): number;
  prepareSleep(): boolean;
}

export interface WordReaderSide extends Side {
  available(): number;
  take(): number;
  pop(): number;
  releaseAll(): void;
  popBatch(to: Uint32Array): number;
  prepareSleep(): boolean;
}

export interface PairSide {
  readonly closed: number;
  readonly writer: WriterSide;
  readonly reader: ReaderSide;
  shouldNotify(): boolean;
  prepareSleep(room?: number): boolean;
  wakeUp(): void;
  close(reason?: number): void;
  rejoin(): boolean;
}

export interface Implementation {
  readonly name: string;
  writer(place: PlaceInMemory): WriterSide;
  reader(place: PlaceInMemory): ReaderSide;
  wordWriter(place: PlaceInMemory): WordWriterSide;
  wordReader(place: PlaceInMemory): WordReaderSide;
  pair(out: number, into: number): PairSide;
}

type PlaceInMemory = Omit<RingPlace, 'buffer'>;

/** Rings go anywhere from here on; the guest's private memory is below. */
export const RINGS_AT = 0x20000;

type Guest = Record<string, (...values: (number | bigint)[]) => number>;

/** One shared memory with both implementations on it. */
export class TestMemory {
  readonly memory: WebAssembly.Memory;
  readonly buffer: ArrayBufferLike;
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  readonly guestExports: Guest;
  private nextState: number;
  private readonly statesAt: number;

  /** `statesAt` keeps the private memories of several threads on the same memory apart. */
  constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true }),
    statesAt = 0x8000,
  ) {
    this.memory = memory;
    this.buffer = memory.buffer;
    this.words = new Uint32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.guestExports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Guest;
    this.statesAt = statesAt;
    this.nextState = statesAt;
  }

  /** Forgets every side that was made: their private memory is used again. */
  reset(): void {
    this.nextState = this.statesAt;
  }

  readonly host: Implementation = {
    name: 'host',
    writer: (place) => new RingWriter({ buffer: this.buffer, ...place }),
    reader: (place) => new RingReader({ buffer: this.buffer, ...place }),
    wordWriter: (place) => WordWriter.u32({ buffer: this.buffer, ...place }),
    wordReader: (place) => WordReader.u32({ buffer: this.buffer, ...place }),
    pair: (out, into) => new StreamPair({ buffer: this.buffer, out, into }),
  };

  readonly guest: Implementation = {
    name: 'guest',
    writer: (place) => new GuestWriter(this.guestExports, this.state(), place),
    reader: (place) => new GuestReader(this.guestExports, this.state(), place),
    wordWriter: (place) => new GuestWordWriter(this.guestExports, this.state(), place, this.words),
    wordReader: (place) => new GuestWordReader(this.guestExports, this.state(), place, this.words),
    pair: (out, into) => new GuestPair(this.guestExports, this.state(), this.state(), out, into),
  };

  /** Zeroed private memory of one side. */
  state(): number {
    const state = this.nextState;
    this.nextState += RING_STATE_BYTES;
    if (this.nextState > 0x10000) throw new Error('No private memory is left: use a new TestMemory.');
    this.bytes.fill(0, state, state + RING_STATE_BYTES);
    return state;
  }
}

/** Writer and reader: every combination of the two implementations. */
export const combinations: readonly (readonly [writer: 'host' | 'guest', reader: 'host' | 'guest'])[] = [
  ['host', 'host'],
  ['guest', 'guest'],
  ['host', 'guest'],
  ['guest', 'host'],
];

const SCRATCH_AT = 0x10000;

abstract class GuestSide implements Side {
  protected readonly guest: Guest;
  protected readonly state: number;
  protected readonly ring: number;
  private readonly prefix: string;

  constructor(guest: Guest, state: number, { ring = 0, epoch, capacity }: PlaceInMemory, prefix: string) {
    this.guest = guest;
    this.state = state;
    this.ring = ring;
    this.prefix = prefix;
    this.attach(epoch, capacity);
  }

  protected call(name: string, ...values: number[]): number {
    const found = this.guest[name];
    if (found === undefined) throw new Error(`The guest module has no ${name}.`);
    return found(this.state, ...values) >>> 0;
  }

  get closed(): number {
    return this.call('closed');
  }
  get epoch(): number {
    return this.call('epoch');
  }
  attach(epoch = 0, capacity = 0): number {
    return this.call(`${this.prefix}Attach`, this.ring, epoch, capacity);
  }
  rejoin(): boolean {
    return this.call(`${this.prefix}Rejoin`) !== 0;
  }
  publish(): void {
    this.call('publish');
  }
  shouldNotify(): boolean {
    return this.call('shouldNotify') !== 0;
  }
  wakeUp(): void {
    this.call('wakeUp');
  }
  close(reason = 2): void {
    this.call('close', reason);
  }
}

class GuestWriter extends GuestSide implements WriterSide {
  constructor(guest: Guest, state: number, place: PlaceInMemory) {
    super(guest, state, place, 'writer');
  }
  get maximum(): number {
    return this.call('writerMaximum');
  }
  reserve(bytes: number): number {
    return this.call('writerReserve', bytes);
  }
  stage(bytes: number, kind = 0): void {
    this.call('writerStage', bytes, kind);
  }
  commit(bytes: number, kind = 0): void {
    this.call('writerCommit', bytes, kind);
  }
  abort(): void {
    this.call('writerAbort');
  }
  prepareSleep(bytes: number): boolean {
    return this.call('writerPrepareSleep', bytes) !== 0;
  }
}

class GuestReader extends GuestSide implements ReaderSide {
  constructor(guest: Guest, state: number, place: PlaceInMemory) {
    super(guest, state, place, 'reader');
  }
  get length(): number {
    return this.call('readerLength');
  }
  get kind(): number {
    return this.call('readerKind');
  }
  peek(): number {
    return this.call('readerPeek');
  }
  advance(): void {
    this.call('readerAdvance');
  }
  releaseAll(): void {
    this.call('readerReleaseAll');
  }
  release(): void {
    this.call('readerRelease');
  }
  prepareSleep(): boolean {
    return this.call('readerPrepareSleep') !== 0;
  }
}

class GuestWordWriter extends GuestSide implements WordWriterSide {
  private readonly words: Uint32Array;
  constructor(guest: Guest, state: number, place: PlaceInMemory, words: Uint32Array) {
    super(guest, state, place, 'wordWriter');
    this.words = words;
  }
  free(): number {
    return this.call('wordWriterFree');
  }
  push(value: number): boolean {
    return this.call('wordWriterPush', value) !== 0;
  }
  stage(value: number): boolean {
    return this.call('wordWriterStage', value) !== 0;
  }
  pushBatch(values: Uint32Array): number {
    this.words.set(values, SCRATCH_AT / 4);
    return this.call('wordWriterPushBatch', SCRATCH_AT, values.length);
  }
  prepareSleep(): boolean {
    return this.call('wordWriterPrepareSleep') !== 0;
  }
}

class GuestWordReader extends GuestSide implements WordReaderSide {
  private readonly words: Uint32Array;
  constructor(guest: Guest, state: number, place: PlaceInMemory, words: Uint32Array) {
    super(guest, state, place, 'wordReader');
    this.words = words;
  }
  available(): number {
    return this.call('wordReaderAvailable');
  }
  take(): number {
    return this.call('wordReaderTake');
  }
  pop(): number {
    return this.call('wordReaderPop');
  }
  releaseAll(): void {
    this.call('wordReaderReleaseAll');
  }
  popBatch(to: Uint32Array): number {
    const count = this.call('wordReaderPopBatch', SCRATCH_AT, to.length);
    to.set(this.words.subarray(SCRATCH_AT / 4, SCRATCH_AT / 4 + count));
    return count;
  }
  prepareSleep(): boolean {
    return this.call('wordReaderPrepareSleep') !== 0;
  }
}

/** A pair is its writer's state followed by its reader's. */
class GuestPair implements PairSide {
  readonly writer: WriterSide;
  readonly reader: ReaderSide;
  private readonly guest: Guest;
  private readonly state: number;

  constructor(guest: Guest, state: number, readerState: number, out: number, into: number) {
    this.guest = guest;
    this.state = state;
    this.writer = new GuestWriter(guest, state, { ring: out });
    this.reader = new GuestReader(guest, readerState, { ring: into });
    this.call('pairAttach', out, into, 0);
  }
  private call(name: string, ...values: number[]): number {
    return (this.guest[name] as (...values: number[]) => number)(this.state, ...values) >>> 0;
  }
  get closed(): number {
    return this.call('pairClosed');
  }
  shouldNotify(): boolean {
    return this.call('pairShouldNotify') !== 0;
  }
  prepareSleep(room = 0): boolean {
    return this.call('pairPrepareSleep', room) !== 0;
  }
  wakeUp(): void {
    this.call('pairWakeUp');
  }
  close(reason = 2): void {
    this.call('pairClose', reason);
  }
  rejoin(): boolean {
    return this.call('pairRejoin') !== 0;
  }
}
