import { describe, expect, it } from 'vitest';
import { RING_DATA_AT } from '../layout/ring.ts';
import { ringInitialize, ringReaderDied, ringWriterDied, wordRingInitialize } from '../src/index.ts';
import { guestModule } from './guest-module.ts';
import { combinations, RINGS_AT, TestMemory } from './implementations.ts';
import { type Vector, vectors } from './vectors.ts';

const DATA = RINGS_AT + RING_DATA_AT;

describe.each(combinations)('vectors, %s writes, %s reads', (writes, reads) => {
  const memory = new TestMemory(guestModule);
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    run(vector, memory, writes, reads);
  });
});

/** Operations by name: each gives its result as the vectors write it. */
type Operations = Record<string, (...values: string[]) => unknown>;

function run(vector: Vector, memory: TestMemory, writes: 'host' | 'guest', reads: 'host' | 'guest'): void {
  const { buffer, words } = memory;
  memory.bytes.fill(0, RINGS_AT, RINGS_AT + RING_DATA_AT + vector.capacity);
  if (vector.words) wordRingInitialize(buffer, RINGS_AT, vector.capacity);
  else ringInitialize(buffer, RINGS_AT, vector.capacity);
  words[(RINGS_AT + 0x80) / 4] = words[(RINGS_AT + 0x100) / 4] = vector.start ?? 0;
  const index = (offset: string | undefined): number => (RINGS_AT + Number.parseInt(String(offset), 16)) / 4;
  const onlooker: Operations = {
    see: (offset) => (words[index(offset)] as number).toString(16),
    poke: (offset, value) => void (words[index(offset)] = Number.parseInt(value, 16)),
    writerDied: () => ringWriterDied(buffer, RINGS_AT),
    readerDied: () => ringReaderDied(buffer, RINGS_AT),
  };
  const sides = vector.words ? wordSides(memory, writes, reads) : recordSides(memory, writes, reads);
  for (const line of vector.steps.trim().split('\n')) {
    const [call = '', expected] = line.trim().split(' -> ');
    const [operation = '', ...values] = call.split(' ');
    const [side, name] = operation.includes('.') ? operation.split('.') : ['', operation];
    const operations = side === 'w' ? sides.writer : side === 'r' ? sides.reader : onlooker;
    const found = operations[name ?? ''];
    if (found === undefined) throw new Error(`No operation ${operation}.`);
    const result = found(...values);
    if (expected !== undefined) expect(`${call} -> ${String(result)}`).toBe(line.trim());
  }
}

interface Common {
  readonly closed: number;
  readonly epoch: number;
  attach(epoch?: number): number;
  rejoin(): boolean;
  wakeUp(): void;
  shouldNotify(): boolean;
  close(reason: number): void;
}

function common(side: Common, memory: TestMemory, stateAt: number): Operations {
  return {
    closed: () => side.closed,
    epoch: () => side.epoch,
    attach: (epoch) => side.attach(Number(epoch)),
    rejoin: () => side.rejoin(),
    wake: () => side.wakeUp(),
    notify: () => side.shouldNotify(),
    close: (reason) => side.close(Number(reason)),
    // The host's close() notifies by itself: this is what the peer sees before it.
    closeQuietly: (reason) => void (memory.words[(RINGS_AT + stateAt) / 4] = Number(reason)),
  };
}

function recordSides(memory: TestMemory, writes: 'host' | 'guest', reads: 'host' | 'guest') {
  const writer = memory[writes].writer({ ring: RINGS_AT });
  const reader = memory[reads].reader({ ring: RINGS_AT });
  const relative = (at: number) => (at === 0 ? 'none' : at - DATA);
  return {
    writer: {
      ...common(writer, memory, 0x180),
      maximum: () => writer.maximum,
      reserve: (bytes) => relative(writer.reserve(Number(bytes))),
      stage: (bytes, kind) => writer.stage(Number(bytes), Number(kind)),
      commit: (bytes, kind) => writer.commit(Number(bytes), Number(kind)),
      abort: () => writer.abort(),
      publish: () => writer.publish(),
      sleep: (bytes) => writer.prepareSleep(Number(bytes)),
    } satisfies Operations as Operations,
    reader: {
      ...common(reader, memory, 0x200),
      peek: () => {
        const at = reader.peek();
        return at === 0 ? 'none' : `${relative(at)} ${reader.length} ${reader.kind}`;
      },
      advance: () => reader.advance(),
      releaseAll: () => reader.releaseAll(),
      release: () => reader.release(),
      sleep: () => reader.prepareSleep(),
    } satisfies Operations as Operations,
  };
}

function wordSides(memory: TestMemory, writes: 'host' | 'guest', reads: 'host' | 'guest') {
  const writer = memory[writes].wordWriter({ ring: RINGS_AT });
  const reader = memory[reads].wordReader({ ring: RINGS_AT });
  return {
    writer: {
      ...common(writer, memory, 0x180),
      free: () => writer.free(),
      push: (value) => writer.push(Number(value)),
      stage: (value) => writer.stage(Number(value)),
      pushBatch: (values) => writer.pushBatch(Uint32Array.from(values.split(','), Number)),
      sleep: () => writer.prepareSleep(),
    } satisfies Operations as Operations,
    reader: {
      ...common(reader, memory, 0x200),
      available: () => reader.available(),
      take: () => reader.take() >>> 0,
      pop: () => reader.pop() >>> 0,
      releaseAll: () => reader.releaseAll(),
      popBatch: (count) => {
        const words = new Uint32Array(Number(count));
        return words.subarray(0, reader.popBatch(words)).join(',') || 'none';
      },
      sleep: () => reader.prepareSleep(),
    } satisfies Operations as Operations,
  };
}
