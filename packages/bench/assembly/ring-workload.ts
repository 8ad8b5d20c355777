/**
 * What is measured, on Drift's rings: the two halves of each workload, one for each of two cores. `native/ring-workload.c` does the
 * same on a ring in C; the names and the meaning of the functions are the same there.
 *
 * ```
 * area + 0x00000  ring of words, forward        area + 0x30000  private state: forward writer,  + 0x100 forward reader,
 * area + 0x10000  ring of words, back                           + 0x200 backward writer,  + 0x300 backward reader,
 * area + 0x20000  ring of records                               + 0x400 record writer,  + 0x500 record reader
 * ```
 *
 * Each half spins until it has done `count`. A consumer returns the sum of what it got, so that nothing can be left out.
 */
import { pause } from '@drift-os/abi/assembly/generated/cpu';
import {
  RingReader,
  RingWriter,
  ringInitialize,
  WordReader,
  WordWriter,
  wordRingInitialize,
} from '@drift-os/ring/assembly';

const FORWARD: usize = 0;
const BACK: usize = 0x10000;
const RECORDS: usize = 0x20000;
const STATES: usize = 0x30000;
const STATE_BYTES: usize = 0x100;
const WORDS_CAPACITY: u32 = 0x4000;
const RECORDS_CAPACITY: u32 = 0x8000;
const BATCH: u32 = 64;
const RECORD_BYTES: u32 = 32;

/** Makes the rings in `area`, 256 KiB of zeroed memory at a multiple of 128. Both halves may start when it returns. */
export function prepare(area: usize): u32 {
  memory.fill(area + STATES, 0, 6 * STATE_BYTES);
  if (!wordRingInitialize(area + FORWARD, WORDS_CAPACITY, 1, 4)) return 0;
  if (!wordRingInitialize(area + BACK, WORDS_CAPACITY, 1, 4)) return 0;
  if (!ringInitialize(area + RECORDS, RECORDS_CAPACITY, 1)) return 0;
  return u32(
    forwardWriter(area).attach(area + FORWARD) == 0 &&
      forwardReader(area).attach(area + FORWARD) == 0 &&
      backWriter(area).attach(area + BACK) == 0 &&
      backReader(area).attach(area + BACK) == 0 &&
      recordWriter(area).attach(area + RECORDS) == 0 &&
      recordReader(area).attach(area + RECORDS) == 0,
  );
}

/** One word forward, and the same back, `count` times. */
export function ping(area: usize, count: u32): u32 {
  const writer = forwardWriter(area);
  const reader = backReader(area);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    while (!writer.push(i)) pause();
    while (reader.available() == 0) pause();
    sum += reader.pop();
  }
  return sum;
}

export function echo(area: usize, count: u32): u32 {
  const reader = forwardReader(area);
  const writer = backWriter(area);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    while (reader.available() == 0) pause();
    const value = reader.pop();
    sum += value;
    while (!writer.push(value)) pause();
  }
  return sum;
}

/** Words one at a time: each is published at once, and its room given back at once. */
export function produceWords(area: usize, count: u32): u32 {
  const writer = forwardWriter(area);
  for (let i: u32 = 0; i < count; i++) {
    while (!writer.push(i)) pause();
  }
  return count;
}

export function consumeWords(area: usize, count: u32): u32 {
  const reader = forwardReader(area);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    while (reader.available() == 0) pause();
    sum += reader.pop();
  }
  return sum;
}

/** Words, published in batches of 64 and given back by as many as are there. */
export function produceBatches(area: usize, count: u32): u32 {
  const writer = forwardWriter(area);
  for (let i: u32 = 0; i < count; ) {
    const end = min(count, i + BATCH);
    while (i < end) {
      if (writer.stage(i)) i++;
      else {
        writer.publish();
        pause();
      }
    }
    writer.publish();
  }
  return count;
}

export function consumeBatches(area: usize, count: u32): u32 {
  const reader = forwardReader(area);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; ) {
    const available = min(reader.available(), count - i);
    if (available == 0) {
      pause();
      continue;
    }
    for (let n: u32 = 0; n < available; n++) sum += reader.take();
    reader.releaseAll();
    i += available;
  }
  return sum;
}

/** Records of 32 bytes, written and read in place, each published and released at once. */
export function produceRecords(area: usize, count: u32): u32 {
  const writer = recordWriter(area);
  for (let i: u32 = 0; i < count; i++) {
    let at = writer.reserve(RECORD_BYTES);
    while (at == 0) {
      pause();
      at = writer.reserve(RECORD_BYTES);
    }
    store<u64>(at, i);
    store<u64>(at, i, 8);
    store<u64>(at, i, 16);
    store<u64>(at, i, 24);
    writer.commit(RECORD_BYTES, 1);
  }
  return count;
}

export function consumeRecords(area: usize, count: u32): u32 {
  const reader = recordReader(area);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    let at = reader.peek();
    while (at == 0) {
      pause();
      at = reader.peek();
    }
    if (reader.length != RECORD_BYTES) return 0;
    sum += <u32>(load<u64>(at) + load<u64>(at, 8) + load<u64>(at, 16) + load<u64>(at, 24)) >> 2;
    reader.release();
  }
  return sum;
}

function state(area: usize, index: usize): usize {
  return area + STATES + index * STATE_BYTES;
}

function forwardWriter(area: usize): WordWriter<u32> {
  return changetype<WordWriter<u32>>(state(area, 0));
}

function forwardReader(area: usize): WordReader<u32> {
  return changetype<WordReader<u32>>(state(area, 1));
}

function backWriter(area: usize): WordWriter<u32> {
  return changetype<WordWriter<u32>>(state(area, 2));
}

function backReader(area: usize): WordReader<u32> {
  return changetype<WordReader<u32>>(state(area, 3));
}

function recordWriter(area: usize): RingWriter {
  return changetype<RingWriter>(state(area, 4));
}

function recordReader(area: usize): RingReader {
  return changetype<RingReader>(state(area, 5));
}
