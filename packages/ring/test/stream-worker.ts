/** One side of a stream under load, in a worker of its own: host or guest implementation, sleeping when there is nothing to do. */
import { parentPort, workerData } from 'node:worker_threads';
import { RING_CLOSED, RING_CLOSED_RESTARTED } from '../layout/ring.ts';
import { type ReaderSide, RINGS_AT, TestMemory, type WriterSide } from './implementations.ts';

export interface StreamTask {
  readonly implementation: 'host' | 'guest';
  readonly side: 'writer' | 'reader';
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly capacity: number;
  /** Epoch to begin in; 0 for the one that the ring was made with. */
  readonly epoch: number;
  /** Records to send or to receive in the epoch in which the stream ends. */
  readonly count: number;
  readonly seed: number;
}

export interface StreamReport {
  readonly epoch: number;
  readonly records: number;
  readonly bytes: number;
  readonly checksum: number;
  readonly sleeps: number;
  readonly closed: number;
}

const task = workerData as StreamTask;
const memory = new TestMemory(task.module, task.memory, task.side === 'writer' ? 0x8000 : 0xa000);
const { bytes } = memory;
const stateAt = (RINGS_AT + (task.side === 'writer' ? 0x180 : 0x200)) / 4;
const peerStateAt = (RINGS_AT + (task.side === 'writer' ? 0x200 : 0x180)) / 4;
const place = { ring: RINGS_AT, epoch: task.epoch, capacity: task.capacity };
/** Records done in this epoch; the main thread reads it to kill at an interesting moment. */
const progress = new Int32Array(memory.buffer, 0x6000 + (task.side === 'writer' ? 0 : 128), 1);
let sleeps = 0;

parentPort?.postMessage(task.side === 'writer' ? write() : read());

/** The same on both implementations: sleep on the state word, which the peer sets to awake before it notifies. */
function sleep(prepare: () => boolean, wakeUp: () => void): void {
  if (!prepare()) return;
  sleeps++;
  Atomics.wait(new Int32Array(memory.buffer), stateAt, 1, 10_000);
  wakeUp();
}

function notify(side: WriterSide | ReaderSide): void {
  if (side.shouldNotify()) Atomics.notify(new Int32Array(memory.buffer), peerStateAt);
}

/** Lengths come from a generator that both sides know, seeded anew in each epoch. */
function generator(epoch: number): () => number {
  let state = (task.seed ^ Math.imul(epoch, 0x9e3779b1)) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}

function write(): StreamReport {
  const writer = memory[task.implementation].writer(place);
  notify(writer);
  for (;;) {
    const next = generator(writer.epoch);
    let total = 0;
    let checksum = 0;
    let sent = 0;
    const isOpen = (): boolean => writer.closed === 0;
    while (sent < task.count && isOpen()) {
      const length = next() % (writer.maximum + 1);
      let at = writer.reserve(length);
      for (; at === 0 && isOpen(); at = writer.reserve(length)) {
        writer.publish();
        notify(writer);
        sleep(
          () => writer.prepareSleep(length),
          () => writer.wakeUp(),
        );
      }
      if (at === 0) break;
      for (let index = 0; index < length; index++) {
        const value = next() & 255;
        bytes[at + index] = value;
        checksum = (Math.imul(checksum, 31) + value) | 0;
      }
      if (sent % 3 === 2) writer.commit(length, sent);
      else writer.stage(length, sent);
      sent++;
      total += length;
      Atomics.store(progress, 0, sent);
      if (sent % 3 === 0) notify(writer);
    }
    if (writer.closed === RING_CLOSED_RESTARTED && sent < task.count) {
      while (!writer.rejoin());
      notify(writer);
      continue;
    }
    if (writer.closed === 0) {
      writer.publish();
      writer.close(RING_CLOSED);
      notify(writer);
    }
    return { epoch: writer.epoch, records: sent, bytes: total, checksum, sleeps, closed: writer.closed };
  }
}

function read(): StreamReport {
  const reader = memory[task.implementation].reader(place);
  notify(reader);
  for (;;) {
    const next = generator(reader.epoch);
    let total = 0;
    let checksum = 0;
    let received = 0;
    while (reader.closed === 0) {
      const at = reader.peek();
      if (at === 0) {
        notify(reader);
        sleep(
          () => reader.prepareSleep(),
          () => reader.wakeUp(),
        );
        continue;
      }
      const length = next() % (task.capacity / 2 - 8 + 1);
      if (reader.length !== length || reader.kind !== received) {
        throw new Error(
          `Epoch ${reader.epoch}, record ${received}: length ${reader.length} and kind ${reader.kind}, not ${length}.`,
        );
      }
      for (let index = 0; index < length; index++) {
        const value = bytes[at + index] as number;
        if (value !== (next() & 255))
          throw new Error(`Epoch ${reader.epoch}, record ${received}: byte ${index} is ${value}.`);
        checksum = (Math.imul(checksum, 31) + value) | 0;
      }
      reader.release();
      notify(reader);
      received++;
      total += length;
      Atomics.store(progress, 0, received);
    }
    if (reader.closed === RING_CLOSED_RESTARTED) {
      while (!reader.rejoin());
      notify(reader);
      continue;
    }
    return { epoch: reader.epoch, records: received, bytes: total, checksum, sleeps, closed: reader.closed };
  }
}
