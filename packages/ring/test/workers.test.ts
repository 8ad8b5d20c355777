/** Two real workers on one ring: contents, sleeping, and a peer that is killed and started again in a new epoch. */
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { RING_CLOSED } from '../layout/ring.ts';
import { ringInitialize } from '../src/index.ts';
import { guestModule } from './guest-module.ts';
import { combinations, RINGS_AT } from './implementations.ts';
import type { StreamReport, StreamTask } from './stream-worker.ts';

const CAPACITY = 1024;
const COUNT = 3000;

function start(task: StreamTask): { worker: Worker; report: Promise<StreamReport> } {
  const worker = new Worker(new URL('./stream-worker.ts', import.meta.url), { workerData: task, execArgv: [] });
  const report = new Promise<StreamReport>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, report };
}

function setUp(writes: 'host' | 'guest', reads: 'host' | 'guest', seed: number) {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
  ringInitialize(memory.buffer, RINGS_AT, CAPACITY);
  const common = { module: guestModule, memory, capacity: CAPACITY, count: COUNT, seed };
  return {
    memory,
    writer: (epoch = 0) => start({ ...common, implementation: writes, side: 'writer', epoch }),
    reader: (epoch = 0) => start({ ...common, implementation: reads, side: 'reader', epoch }),
  };
}

// A busy machine may take its time to start and to stop workers.
describe.each(combinations)('%s writes, %s reads, in two workers', { timeout: 120_000 }, (writes, reads) => {
  it('everything arrives, in order and whole', async () => {
    const { writer, reader } = setUp(writes, reads, 1);
    const [sent, received] = await Promise.all([writer().report, reader().report]);
    expect(received).toEqual({ ...sent, sleeps: received.sleeps });
    expect([sent.records, sent.closed]).toEqual([COUNT, RING_CLOSED]);
  });

  it.each(['writer', 'reader'] as const)('the %s is killed under way and started again', async (victim) => {
    let restarts = 0;
    for (let round = 0; round < 2; round++) {
      const stream = setUp(writes, reads, round);
      const progress = { writer: 0x6000, reader: 0x6080 };
      const done = (side: 'writer' | 'reader'): number =>
        Atomics.load(new Int32Array(stream.memory.buffer, progress[side], 1), 0);
      const sides = { writer: stream.writer(), reader: stream.reader() };
      sides[victim].report.catch(() => {});
      while (done(victim) < 100 * (round + 1)) await new Promise((resolve) => setTimeout(resolve, 1));
      await sides[victim].worker.terminate();
      // On a machine that is slow to stop it, it may be through: whoever has finished knows nothing of a peer that is started later.
      if (done('writer') === COUNT) continue;
      sides[victim] = stream[victim](2);
      const [sent, received] = await Promise.all([sides.writer.report, sides.reader.report]);
      expect(received).toEqual({ ...sent, sleeps: received.sleeps });
      expect([sent.records, sent.closed, sent.epoch]).toEqual([COUNT, RING_CLOSED, 2]);
      restarts++;
    }
    expect(restarts).toBeGreaterThan(0);
  });
});
