/** What is measured: the same work for every implementation, so that only the ring differs. */

export type Workload = 'word' | 'words64' | 'record' | 'records64';
export type Implementation = 'drift' | 'drift-wasm' | 'ringbuf.js';
export type Side = 'writer' | 'reader';

export const implementations: readonly Implementation[] = ['drift', 'drift-wasm', 'ringbuf.js'];

export const workloads: Readonly<
  Record<Workload, { readonly title: string; readonly batch: number; readonly unit: string }>
> = {
  word: { title: 'u32 words, one at a time', batch: 1, unit: 'words' },
  words64: { title: 'u32 words, batches of 64', batch: 64, unit: 'words' },
  record: { title: 'records of 16 bytes, one at a time', batch: 1, unit: 'records' },
  records64: { title: 'records of 16 bytes, published by 64', batch: 64, unit: 'records' },
};

/** Bytes of data in every ring. */
export const CAPACITY = 65536;
export const RECORD_BYTES = 16;
/** What a record takes in words where there are only words: its header and its payload. */
export const RECORD_WORDS = 6;

/** Where things lie in the shared memory: the ring, and private memory of the two sides. */
export const RING = 0x10000;
export const STATE: Readonly<Record<Side, number>> = { writer: 0x8000, reader: 0x8100 };
export const SCRATCH: Readonly<Record<Side, number>> = { writer: 0x9000, reader: 0xa000 };
/** Control words (Int32): both sides count themselves ready, and start when the main thread says so. */
export const READY_AT = 0x7000;
export const GO_AT = 0x7080;

/** Sum of all words that the reader sees in `count` units, modulo 2^32. */
export function expectedSum(workload: Workload, count: number): number {
  const n = BigInt(count);
  const words = (n * (n - 1n)) / 2n;
  const sum = workload.startsWith('record') ? words * 4n + n * (0n + 4n + 8n + 12n) : words;
  return Number(BigInt.asUintN(32, sum));
}
