/** One of the two workers of a measurement: builds its side, says that it is ready, and runs when told to. */
import { parentPort, workerData } from 'node:worker_threads';
import { type SideSetup, sideOf } from './sides.ts';
import { GO_AT, READY_AT } from './workload.ts';

const { setup, rounds, count, warmUp } = workerData as {
  setup: SideSetup;
  rounds: number;
  count: number;
  warmUp: number;
};
const control = new Int32Array(setup.memory.buffer);
const run = sideOf(setup);

for (let round = 0; round < rounds + 1; round++) {
  const units = round === 0 ? warmUp : count;
  Atomics.add(control, READY_AT / 4, 1);
  Atomics.notify(control, READY_AT / 4);
  while (Atomics.load(control, GO_AT / 4) <= round) Atomics.wait(control, GO_AT / 4, round);
  const start = performance.now();
  const sum = run(units);
  parentPort?.postMessage({ round, start, end: performance.now(), sum, timeOrigin: performance.timeOrigin });
}
