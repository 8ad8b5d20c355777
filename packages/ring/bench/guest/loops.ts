/** The loops of the benchmark in guest code: what one side of each workload does, `count` times. */
import { RingReader, RingWriter, WordReader, WordWriter } from '../../assembly/index';

export function attach(workload: u32, writes: bool, state: usize, ring: usize): u32 {
  if (workload < 2) {
    return writes ? changetype<WordWriter<u32>>(state).attach(ring) : changetype<WordReader<u32>>(state).attach(ring);
  }
  return writes ? changetype<RingWriter>(state).attach(ring) : changetype<RingReader>(state).attach(ring);
}

export function writeWord(state: usize, count: u32): u32 {
  const writer = changetype<WordWriter<u32>>(state);
  for (let index: u32 = 0; index < count; index++) {
    while (!writer.push(index)) {}
  }
  return 0;
}

export function readWord(state: usize, count: u32): u32 {
  const reader = changetype<WordReader<u32>>(state);
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    while (reader.available() == 0) {}
    sum += reader.pop();
  }
  return sum;
}

/** `scratch` is private memory for one batch. */
export function writeWords(state: usize, count: u32, scratch: usize, batch: u32): u32 {
  const writer = changetype<WordWriter<u32>>(state);
  for (let index: u32 = 0; index < count; index += batch) {
    for (let word: u32 = 0; word < batch; word++) store<u32>(scratch + word * 4, index + word);
    let done: u32 = 0;
    while (done < batch) done += writer.pushBatch(scratch + done * 4, batch - done);
  }
  return 0;
}

export function readWords(state: usize, count: u32, scratch: usize, batch: u32): u32 {
  const reader = changetype<WordReader<u32>>(state);
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; ) {
    const words = reader.popBatch(scratch, batch);
    for (let word: u32 = 0; word < words; word++) sum += load<u32>(scratch + word * 4);
    index += words;
  }
  return sum;
}

/** Records of `bytes` bytes, each word of them written and read; published in groups of `batch`. */
export function writeRecords(state: usize, count: u32, bytes: u32, batch: u32): u32 {
  const writer = changetype<RingWriter>(state);
  for (let index: u32 = 0; index < count; ) {
    let at = writer.reserve(bytes);
    while (at == 0) {
      if (batch > 1) writer.publish();
      at = writer.reserve(bytes);
    }
    for (let word: u32 = 0; word < bytes; word += 4) store<u32>(at + word, index + word);
    index++;
    if (batch == 1) writer.commit(bytes, 1);
    else {
      writer.stage(bytes, 1);
      if (index % batch == 0) writer.publish();
    }
  }
  writer.publish();
  return 0;
}

export function readRecords(state: usize, count: u32, bytes: u32, batch: u32): u32 {
  const reader = changetype<RingReader>(state);
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; ) {
    const at = reader.peek();
    if (at == 0) {
      if (batch > 1) reader.releaseAll();
      continue;
    }
    const length = reader.length;
    for (let word: u32 = 0; word < length; word += 4) sum += load<u32>(at + word);
    index++;
    if (batch == 1) reader.release();
    else {
      reader.advance();
      if (index % batch == 0) reader.releaseAll();
    }
  }
  reader.releaseAll();
  return sum;
}
