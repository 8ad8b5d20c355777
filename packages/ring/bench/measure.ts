/** Runs one workload for every implementation, round by round in turn, so that whatever else the machine does hits all alike. */
import { Worker } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { ringInitialize, wordRingInitialize } from '../src/index.ts';
import type { SideSetup } from './sides.ts';
import {
  CAPACITY,
  expectedSum,
  GO_AT,
  type Implementation,
  implementations,
  READY_AT,
  RING,
  type Workload,
} from './workload.ts';

export interface MeasureOptions {
  readonly rounds: number;
  /** Units per round. */
  readonly count: number;
  /** Compiled bench/guest/loops.ts. */
  readonly module: WebAssembly.Module;
}

/** Units per second of each round, by implementation. */
export type Rates = Readonly<Record<Implementation, readonly number[]>>;

interface Report {
  readonly round: number;
  readonly start: number;
  readonly end: number;
  readonly sum: number;
  readonly timeOrigin: number;
}

export async function measure(workload: Workload, options: MeasureOptions): Promise<Rates> {
  const runners = implementations.map((implementation) => new Runner(implementation, workload, options));
  const rates: Record<Implementation, number[]> = { drift: [], 'drift-wasm': [], 'ringbuf.js': [] };
  try {
    for (let round = 0; round <= options.rounds; round++) {
      for (let turn = 0; turn < runners.length; turn++) {
        const runner = runners[(turn + round) % runners.length] as Runner;
        const seconds = await runner.round(round);
        if (round > 0) rates[runner.implementation].push(options.count / seconds);
      }
    }
  } finally {
    await Promise.all(runners.map((runner) => runner.end()));
  }
  return rates;
}

class Runner {
  readonly implementation: Implementation;
  private readonly control: Int32Array;
  private readonly workers: Worker[] = [];
  private readonly reports: Report[] = [];
  private readonly warmUp: number;
  private readonly count: number;
  private readonly workload: Workload;
  private failure: Error | undefined;
  private wake: () => void = () => {};

  constructor(implementation: Implementation, workload: Workload, { rounds, count, module }: MeasureOptions) {
    this.implementation = implementation;
    this.workload = workload;
    this.count = count;
    this.warmUp = count;
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
    this.control = new Int32Array(memory.buffer);
    if (workload.startsWith('record')) ringInitialize(memory.buffer, RING, CAPACITY);
    else wordRingInitialize(memory.buffer, RING, CAPACITY);
    const foreign = RingBuffer.getStorageForCapacity(CAPACITY / 4, Uint32Array);
    for (const side of ['writer', 'reader'] as const) {
      const setup: SideSetup = { implementation, workload, side, memory, module, foreign };
      const worker = new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: { setup, rounds, count, warmUp: this.warmUp },
      });
      worker.on('message', (report: Report) => {
        this.reports.push(report);
        this.wake();
      });
      worker.on('error', (error: Error) => {
        this.failure = error;
        this.wake();
      });
      this.workers.push(worker);
    }
  }

  /** Seconds from the moment that the first side starts until the last one ends. */
  async round(round: number): Promise<number> {
    const ready = READY_AT / 4;
    for (;;) {
      const seen = Atomics.load(this.control, ready);
      if (seen >= 2 * (round + 1)) break;
      await Atomics.waitAsync(this.control, ready, seen, 1000).value;
      if (this.failure !== undefined) throw this.failure;
    }
    this.reports.length = 0;
    Atomics.store(this.control, GO_AT / 4, round + 1);
    Atomics.notify(this.control, GO_AT / 4);
    while (this.reports.length < 2) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (this.reports.length >= 2 || this.failure !== undefined) resolve();
      });
      if (this.failure !== undefined) throw this.failure;
    }
    const starts = this.reports.map((report) => report.timeOrigin + report.start);
    const ends = this.reports.map((report) => report.timeOrigin + report.end);
    const sum = this.reports.reduce((total, report) => total + report.sum, 0);
    const expected = expectedSum(this.workload, round === 0 ? this.warmUp : this.count);
    if (sum !== expected) {
      throw new Error(`${this.implementation}, ${this.workload}: the sum is ${sum} and not ${expected}.`);
    }
    return (Math.max(...ends) - Math.min(...starts)) / 1000;
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
