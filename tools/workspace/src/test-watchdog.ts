/**
 * In every test process: ends it, naming the test, where a test keeps its thread to itself for longer than it may take. Vitest's own limits are timers of that
 * same thread, which a loop or a wait without end never lets run; the test run would hang with nothing said.
 */
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';

/** What a test may take beyond vitest's limit, which lets it end by itself first; and what a file may take outside of its tests. In milliseconds. */
const GRACE = 60_000;
const OUTSIDE = 600_000;

/** [milliseconds of Date.now() at which the process is ended, or 0]. */
const deadline = new BigInt64Array(new SharedArrayBuffer(8));

const watch = `
  const { workerData: { deadline, process: pid }, parentPort } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  let name = '';
  parentPort.on('message', (now) => { name = now; });
  setInterval(() => {
    const end = Number(Atomics.load(deadline, 0));
    if (end === 0 || Date.now() < end) return;
    writeSync(2, 'Does not end, and lets no timer run: ' + name + '\\nThe test process is ended.\\n');
    process.kill(pid, 'SIGKILL');
  }, 1000);
`;
const watcher = new Worker(watch, { eval: true, workerData: { deadline, process: process.pid } });
watcher.unref();

function allow(name: string, milliseconds: number): void {
  watcher.postMessage(name);
  Atomics.store(deadline, 0, BigInt(Date.now() + milliseconds));
}

const file = expect.getState().testPath ?? 'a test file';
allow(file, OUTSIDE);
beforeEach(({ task }) => allow(`${file} > ${task.name}`, task.timeout + GRACE));
afterEach(() => allow(file, OUTSIDE));
afterAll(() => void Atomics.store(deadline, 0, 0n));
