/** What may be done to a ring without being one of its sides: make it, look at it, declare a side dead. */
import {
  RECORD_UNIT_BYTES,
  RING_ALIGNMENT,
  RING_ASLEEP,
  RING_AWAKE,
  RING_CAPACITY_AT,
  RING_CLOSED_DIED,
  RING_DATA_AT,
  RING_EPOCH_AT,
  RING_EPOCH_NONE,
  RING_KIND_AT,
  RING_MAGIC,
  RING_MAGIC_AT,
  RING_OF_RECORDS,
  RING_OF_WORDS,
  RING_READER_POSITION_AT,
  RING_READER_STATUS_AT,
  RING_STATE_AT,
  RING_UNIT_BYTES_AT,
  RING_UNITS_MAXIMUM,
  RING_UNITS_MINIMUM,
  RING_VERSION,
  RING_VERSION_AT,
  RING_WRITER_POSITION_AT,
  RING_WRITER_STATUS_AT,
} from '../../layout/ring.ts';
import { RingError } from './ring-error.ts';

/** Bytes of shared memory for a ring with `capacity` bytes of data. */
export function ringBytes(capacity: number): number {
  return RING_DATA_AT + capacity;
}

/** Whether `capacity` bytes are a power of two of units, within bounds. */
export function ringCapacityIsValid(capacity: number, unitBytes: number): boolean {
  const units = capacity / unitBytes;
  return (
    Number.isInteger(units) && units >= RING_UNITS_MINIMUM && units <= RING_UNITS_MAXIMUM && (units & (units - 1)) === 0
  );
}

/**
 * Makes an empty ring of records in memory that nobody else uses yet.
 *
 * @param ring where it starts, in bytes: a multiple of 128
 * @param capacity bytes of data, a power of two from 16 on
 * @param epoch 1 to 2^32 - 1; both sides begin in it
 * @throws RingError when one of them is not, or the buffer ends before the ring does.
 */
export function ringInitialize(buffer: ArrayBufferLike, ring: number, capacity: number, epoch = 1): void {
  initialize(buffer, ring, capacity, epoch, RECORD_UNIT_BYTES, RING_OF_RECORDS);
}

/** The same for a ring of words of 4 or 8 bytes; `capacity` stays in bytes, and holds at least two words. */
export function wordRingInitialize(
  buffer: ArrayBufferLike,
  ring: number,
  capacity: number,
  epoch = 1,
  wordBytes: 4 | 8 = 4,
): void {
  initialize(buffer, ring, capacity, epoch, wordBytes, RING_OF_WORDS);
}

function initialize(
  buffer: ArrayBufferLike,
  ring: number,
  capacity: number,
  epoch: number,
  unitBytes: number,
  kind: number,
): void {
  if (!ringCapacityIsValid(capacity, unitBytes)) {
    throw new RingError(
      'RING_INVALID_CAPACITY',
      `A ring cannot have ${capacity} bytes: use a power of two, at least ${RING_UNITS_MINIMUM * unitBytes}.`,
    );
  }
  if (
    !Number.isInteger(ring) ||
    ring % RING_ALIGNMENT !== 0 ||
    ring < 0 ||
    ring + ringBytes(capacity) > buffer.byteLength
  ) {
    throw new RingError(
      'RING_INVALID_PLACE',
      `No ring of ${ringBytes(capacity)} bytes fits at ${ring} in ${buffer.byteLength} bytes: it starts at a multiple of ${RING_ALIGNMENT}.`,
    );
  }
  if (!Number.isInteger(epoch) || epoch <= RING_EPOCH_NONE || epoch > 0xffffffff) {
    throw new RingError('RING_INVALID_EPOCH', `A ring cannot be in epoch ${epoch}: use 1 to 4294967295.`);
  }
  new Uint8Array(buffer, ring, RING_DATA_AT).fill(0);
  const words = new Uint32Array(buffer, ring, RING_DATA_AT / 4);
  words[RING_VERSION_AT / 4] = RING_VERSION;
  words[RING_CAPACITY_AT / 4] = capacity;
  words[RING_UNIT_BYTES_AT / 4] = unitBytes;
  words[RING_KIND_AT / 4] = kind;
  words[(RING_WRITER_STATUS_AT + RING_EPOCH_AT) / 4] = epoch;
  words[(RING_READER_STATUS_AT + RING_EPOCH_AT) / 4] = epoch;
  Atomics.store(words, RING_MAGIC_AT / 4, RING_MAGIC);
}

/**
 * Declares the writer dead, by whoever knows that it runs no more, and notifies the reader, whether it seems to sleep or not: the writer
 * may have stopped between setting it awake and notifying it. (A reader that is not on this host is the caller's to notify.) What the
 * writer had published stays readable.
 */
export function ringWriterDied(buffer: ArrayBufferLike, ring: number): void {
  sideDied(buffer, ring, RING_WRITER_STATUS_AT, RING_READER_STATUS_AT);
}

/** Declares the reader dead; as above. */
export function ringReaderDied(buffer: ArrayBufferLike, ring: number): void {
  sideDied(buffer, ring, RING_READER_STATUS_AT, RING_WRITER_STATUS_AT);
}

function sideDied(buffer: ArrayBufferLike, ring: number, dead: number, survivor: number): void {
  const words = new Int32Array(buffer, ring, RING_DATA_AT / 4);
  Atomics.store(words, (dead + RING_STATE_AT) / 4, RING_CLOSED_DIED);
  const state = (survivor + RING_STATE_AT) / 4;
  ringWake(words, state);
  Atomics.notify(words, state);
}

/** Sets a sleeping side awake; true, exactly once per sleep, for the one who has to notify it. */
export function ringWake(words: Int32Array, state: number): boolean {
  return (
    Atomics.load(words, state) === RING_ASLEEP &&
    Atomics.compareExchange(words, state, RING_ASLEEP, RING_AWAKE) === RING_ASLEEP
  );
}

/** Bytes that are in the ring now, for whoever looks on from outside; not checked against the capacity. */
export function ringUsed(buffer: ArrayBufferLike, ring: number): number {
  const words = new Uint32Array(buffer, ring, RING_DATA_AT / 4);
  const read = Atomics.load(words, RING_READER_POSITION_AT / 4);
  const written = Atomics.load(words, RING_WRITER_POSITION_AT / 4);
  return ((written - read) >>> 0) * (words[RING_UNIT_BYTES_AT / 4] as number);
}
