/** Runs guest code on several cores, each on a thread of its own, over one shared memory. */
import { Worker } from 'node:worker_threads';
import { PhysicalMemory } from '../../src/index.ts';
import { assemble, type Line } from '../cpu/assemble.ts';
import type { CoreResult, CoreSetup } from './core-worker.ts';

const RAM = 16 << 20;
const TABLES = 0x10_0000;
const STACKS = 0x20_0000;
export const IDT = 0x8000;

export class Cores {
  readonly memory: PhysicalMemory;
  readonly view: DataView;

  /** @param options.bytes of RAM */
  constructor(
    cores: number,
    { bytes = RAM, ordered = false }: { readonly bytes?: number; readonly ordered?: boolean } = {},
  ) {
    this.memory = new PhysicalMemory({ bytes, cores, codeBytes: 1 << 20, shared: true, ordered });
    const ram = this.memory.mapRam(0, bytes);
    this.view = new DataView(ram.buffer, ram.byteOffset, ram.length);
  }

  load(address: number, lines: readonly Line[]): ReadonlyMap<string, number> {
    const { bytes, labels } = assemble(address, 64, lines);
    this.memory.write(address, bytes);
    return labels;
  }

  /** A 64-bit interrupt gate. */
  gate(vector: number, handler: number): void {
    const low = BigInt(handler & 0xffff) | (8n << 16n) | (0x8e00n << 32n) | (BigInt(handler >>> 16) << 48n);
    this.view.setBigUint64(IDT + 16 * vector, low, true);
  }

  /** Starts core n at `entries[n]`, all at once; resolves when every one of them has halted with interrupts off. */
  async run(entries: readonly number[]): Promise<CoreResult[]> {
    const { place } = this.memory;
    if (place === undefined) throw new Error('The memory is not shared');
    const workers = entries.map((rip, core) => {
      const workerData: CoreSetup = {
        place,
        core,
        rip,
        rsp: STACKS + 0x1_0000 * (core + 1),
        tables: TABLES + 0x4000 * core,
        idt: IDT,
      };
      return new Worker(new URL('./core-worker.ts', import.meta.url), {
        workerData,
        execArgv: ['--conditions=@drift-os/source'],
      });
    });
    try {
      await Promise.all(workers.map((worker) => messageOf(worker)));
      const results = workers.map((worker) => messageOf(worker) as Promise<CoreResult>);
      for (const worker of workers) worker.postMessage('go');
      return await Promise.all(results);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  }
}

function messageOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
