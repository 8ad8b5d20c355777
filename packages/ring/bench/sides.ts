/** One side of each workload, for each implementation: a function that moves `count` units and returns the sum of what it read. */
import { RingBuffer } from 'ringbuf.js';
import { RingReader, RingWriter, WordReader, WordWriter } from '../src/index.ts';
import {
  type Implementation,
  RECORD_BYTES,
  RECORD_WORDS,
  RING,
  SCRATCH,
  type Side,
  STATE,
  type Workload,
  workloads,
} from './workload.ts';

export interface SideSetup {
  readonly implementation: Implementation;
  readonly workload: Workload;
  readonly side: Side;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Storage of the foreign ring, made by it. */
  readonly foreign: SharedArrayBuffer;
}

type Run = (count: number) => number;

export function sideOf(setup: SideSetup): Run {
  const batch = workloads[setup.workload].batch;
  const records = setup.workload.startsWith('record');
  switch (setup.implementation) {
    case 'drift':
      if (records) return batch === 1 ? driftRecord(setup) : driftRecords(setup, batch);
      return batch === 1 ? driftWord(setup) : driftWords(setup, batch);
    case 'drift-wasm':
      return driftWasm(setup, batch, records);
    case 'ringbuf.js':
      return records ? foreignRecords(setup) : batch === 1 ? foreignWord(setup) : foreignWords(setup, batch);
  }
}

function driftWord({ side, memory }: SideSetup): Run {
  const place = { buffer: memory.buffer, ring: RING };
  if (side === 'writer') {
    const writer = WordWriter.u32(place);
    return (count) => {
      for (let index = 0; index < count; index++) while (!writer.push(index));
      return 0;
    };
  }
  const reader = WordReader.u32(place);
  return (count) => {
    let sum = 0;
    for (let index = 0; index < count; index++) {
      while (reader.available() === 0);
      sum = (sum + reader.pop()) | 0;
    }
    return sum >>> 0;
  };
}

function driftWords({ side, memory }: SideSetup, batch: number): Run {
  const place = { buffer: memory.buffer, ring: RING };
  const scratch = new Uint32Array(batch);
  if (side === 'writer') {
    const writer = WordWriter.u32(place);
    return (count) => {
      for (let index = 0; index < count; index += batch) {
        for (let word = 0; word < batch; word++) scratch[word] = index + word;
        for (let done = 0; done < batch; ) done += writer.pushBatch(scratch, done, batch - done);
      }
      return 0;
    };
  }
  const reader = WordReader.u32(place);
  return (count) => {
    let sum = 0;
    for (let index = 0; index < count; ) {
      const words = reader.popBatch(scratch);
      for (let word = 0; word < words; word++) sum = (sum + (scratch[word] as number)) | 0;
      index += words;
    }
    return sum >>> 0;
  };
}

function driftRecord({ side, memory }: SideSetup): Run {
  const place = { buffer: memory.buffer, ring: RING };
  const payload = new Uint32Array(memory.buffer);
  if (side === 'writer') {
    const writer = new RingWriter(place);
    return (count) => {
      for (let index = 0; index < count; index++) {
        let at = writer.reserve(RECORD_BYTES);
        while (at === 0) at = writer.reserve(RECORD_BYTES);
        for (let word = 0; word < RECORD_BYTES; word += 4) payload[(at + word) >> 2] = index + word;
        writer.commit(RECORD_BYTES, 1);
      }
      return 0;
    };
  }
  const reader = new RingReader(place);
  return (count) => {
    let sum = 0;
    for (let index = 0; index < count; index++) {
      let at = reader.peek();
      while (at === 0) at = reader.peek();
      for (let word = 0; word < reader.length; word += 4) sum = (sum + (payload[(at + word) >> 2] as number)) | 0;
      reader.release();
    }
    return sum >>> 0;
  };
}

function driftRecords({ side, memory }: SideSetup, batch: number): Run {
  const place = { buffer: memory.buffer, ring: RING };
  const payload = new Uint32Array(memory.buffer);
  if (side === 'writer') {
    const writer = new RingWriter(place);
    return (count) => {
      for (let index = 0; index < count; index += batch) {
        for (let record = 0; record < batch; record++) {
          let at = writer.reserve(RECORD_BYTES);
          for (; at === 0; at = writer.reserve(RECORD_BYTES)) writer.publish();
          for (let word = 0; word < RECORD_BYTES; word += 4) payload[(at + word) >> 2] = index + record + word;
          writer.stage(RECORD_BYTES, 1);
        }
        writer.publish();
      }
      return 0;
    };
  }
  const reader = new RingReader(place);
  return (count) => {
    let sum = 0;
    for (let index = 0; index < count; index += batch) {
      for (let record = 0; record < batch; record++) {
        let at = reader.peek();
        for (; at === 0; at = reader.peek()) reader.releaseAll();
        for (let word = 0; word < reader.length; word += 4) sum = (sum + (payload[(at + word) >> 2] as number)) | 0;
        reader.advance();
      }
      reader.releaseAll();
    }
    return sum >>> 0;
  };
}

interface Loops {
  readonly attach: (workload: number, writes: boolean, state: number, ring: number) => number;
  readonly writeWord: (state: number, count: number) => number;
  readonly readWord: (state: number, count: number) => number;
  readonly writeWords: (state: number, count: number, scratch: number, batch: number) => number;
  readonly readWords: (state: number, count: number, scratch: number, batch: number) => number;
  readonly writeRecords: (state: number, count: number, bytes: number, batch: number) => number;
  readonly readRecords: (state: number, count: number, bytes: number, batch: number) => number;
}

function driftWasm({ side, memory, module }: SideSetup, batch: number, records: boolean): Run {
  const loops = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Loops;
  const state = STATE[side];
  const scratch = SCRATCH[side];
  const writes = side === 'writer';
  if (loops.attach(records ? 2 : 0, writes, state, RING) !== 0) throw new Error('The guest cannot attach to the ring.');
  return (count) => {
    if (records) {
      return (writes ? loops.writeRecords : loops.readRecords)(state, count, RECORD_BYTES, batch) >>> 0;
    }
    if (batch === 1) return (writes ? loops.writeWord : loops.readWord)(state, count) >>> 0;
    return (writes ? loops.writeWords : loops.readWords)(state, count, scratch, batch) >>> 0;
  };
}

function foreignWord({ side, foreign }: SideSetup): Run {
  const ring = new RingBuffer(foreign, Uint32Array);
  const one = new Uint32Array(1);
  if (side === 'writer') {
    return (count) => {
      for (let index = 0; index < count; index++) {
        one[0] = index;
        while (ring.push(one) === 0);
      }
      return 0;
    };
  }
  return (count) => {
    let sum = 0;
    for (let index = 0; index < count; index++) {
      while (ring.pop(one) === 0);
      sum = (sum + (one[0] as number)) | 0;
    }
    return sum >>> 0;
  };
}

function foreignWords({ side, foreign }: SideSetup, batch: number): Run {
  const ring = new RingBuffer(foreign, Uint32Array);
  const scratch = new Uint32Array(batch);
  if (side === 'writer') {
    return (count) => {
      for (let index = 0; index < count; index += batch) {
        for (let word = 0; word < batch; word++) scratch[word] = index + word;
        for (let done = 0; done < batch; ) done += ring.push(scratch, batch - done, done);
      }
      return 0;
    };
  }
  return (count) => {
    let sum = 0;
    for (let index = 0; index < count; ) {
      const words = ring.pop(scratch);
      for (let word = 0; word < words; word++) sum = (sum + (scratch[word] as number)) | 0;
      index += words;
    }
    return sum >>> 0;
  };
}

/** It has no records: a message of as many words is pushed and popped whole, which is what a record costs there at the least. */
function foreignRecords({ side, foreign }: SideSetup): Run {
  const ring = new RingBuffer(foreign, Uint32Array);
  const message = new Uint32Array(RECORD_WORDS);
  if (side === 'writer') {
    return (count) => {
      for (let index = 0; index < count; index++) {
        message[0] = RECORD_BYTES;
        message[1] = 1;
        for (let word = 0; word < RECORD_BYTES; word += 4) message[2 + (word >> 2)] = index + word;
        while (ring.availableWrite() < RECORD_WORDS);
        ring.push(message);
      }
      return 0;
    };
  }
  return (count) => {
    let sum = 0;
    for (let index = 0; index < count; index++) {
      while (ring.availableRead() < RECORD_WORDS);
      ring.pop(message);
      for (let word = 2; word < RECORD_WORDS; word++) sum = (sum + (message[word] as number)) | 0;
    }
    return sum >>> 0;
  };
}
