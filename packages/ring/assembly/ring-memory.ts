/** What may be done to a ring without being one of its sides: make it, look at it, declare a side dead. */
import {
  RECORD_UNIT_BYTES,
  RING_ASLEEP,
  RING_AWAKE,
  RING_CAPACITY_AT,
  RING_CLOSED_DIED,
  RING_DATA_AT,
  RING_EPOCH_AT,
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
} from '../layout/ring';

/** Bytes of shared memory for a ring with `capacity` bytes of data. */
export function ringBytes(capacity: u32): u32 {
  return RING_DATA_AT + capacity;
}

/** Whether `capacity` bytes are a power of two of units, within bounds. */
export function ringCapacityIsValid(capacity: u32, unitBytes: u32): bool {
  const units = capacity / unitBytes;
  return (
    units * unitBytes == capacity &&
    (units & (units - 1)) == 0 &&
    units >= <u32>RING_UNITS_MINIMUM &&
    units <= <u32>RING_UNITS_MAXIMUM
  );
}

/**
 * Makes an empty ring of records in memory that nobody else uses yet. `ring` is a multiple of RING_ALIGNMENT, `capacity` a power of
 * two in bytes, `epoch` is not 0. False, and nothing written, when one of them is not.
 */
export function ringInitialize(ring: usize, capacity: u32, epoch: u32): bool {
  return initialize(ring, capacity, epoch, RECORD_UNIT_BYTES, RING_OF_RECORDS);
}

/** The same for a ring of words of 4 or 8 bytes. */
export function wordRingInitialize(ring: usize, capacity: u32, epoch: u32, wordBytes: u32): bool {
  if (wordBytes != 4 && wordBytes != 8) return false;
  return initialize(ring, capacity, epoch, wordBytes, RING_OF_WORDS);
}

function initialize(ring: usize, capacity: u32, epoch: u32, unitBytes: u32, kind: u32): bool {
  if (epoch == 0 || (ring & 127) != 0 || !ringCapacityIsValid(capacity, unitBytes)) return false;
  memory.fill(ring, 0, RING_DATA_AT);
  store<u32>(ring, RING_VERSION, RING_VERSION_AT);
  store<u32>(ring, capacity, RING_CAPACITY_AT);
  store<u32>(ring, unitBytes, RING_UNIT_BYTES_AT);
  store<u32>(ring, kind, RING_KIND_AT);
  store<u32>(ring, epoch, RING_WRITER_STATUS_AT + RING_EPOCH_AT);
  store<u32>(ring, epoch, RING_READER_STATUS_AT + RING_EPOCH_AT);
  atomic.store<u32>(ring, RING_MAGIC, RING_MAGIC_AT);
  return true;
}

/**
 * Declares the writer dead, by whoever knows that it runs no more. Then notify the reader, whether it seems to sleep or not: the writer
 * may have stopped between setting it awake and notifying it. What the writer had published stays readable.
 */
export function ringWriterDied(ring: usize): void {
  atomic.xchg<u32>(ring, RING_CLOSED_DIED, RING_WRITER_STATUS_AT + RING_STATE_AT);
  ringWake(ring + RING_READER_STATUS_AT);
}

/** Declares the reader dead. Then notify the writer, whether it seems to sleep or not. */
export function ringReaderDied(ring: usize): void {
  atomic.xchg<u32>(ring, RING_CLOSED_DIED, RING_READER_STATUS_AT + RING_STATE_AT);
  ringWake(ring + RING_WRITER_STATUS_AT);
}

/** Sets a sleeping side awake; true, exactly once per sleep, for the one who has to notify it. */
export function ringWake(status: usize): bool {
  if (atomic.load<u32>(status, RING_STATE_AT) != RING_ASLEEP) return false;
  return atomic.cmpxchg<u32>(status, RING_ASLEEP, RING_AWAKE, RING_STATE_AT) == RING_ASLEEP;
}

/** Bytes that are in the ring now, for whoever looks on from outside; not checked against the capacity. */
export function ringUsed(ring: usize): u32 {
  const read = atomic.load<u32>(ring, RING_READER_POSITION_AT);
  const written = atomic.load<u32>(ring, RING_WRITER_POSITION_AT);
  return (written - read) * atomic.load<u32>(ring, RING_UNIT_BYTES_AT);
}
