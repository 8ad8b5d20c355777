/**
 * `pnpm bench`: Drift's rings, in TypeScript and in AssemblyScript, beside ringbuf.js, between two workers.
 *
 * Options: `--rounds N` (default 9), `--count N` (units per round, default 4000000), `--workload NAME` (default all: word, words64,
 * record, records64), `--json`.
 */
import { parseArgs } from 'node:util';
import { compileAssemblyScript } from '@drift-os/asc';
import { measure, type Rates } from './measure.ts';
import { type Implementation, implementations, type Workload, workloads } from './workload.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    count: { type: 'string', default: '4000000' },
    workload: { type: 'string', multiple: true, default: Object.keys(workloads) },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
/** A multiple of the batch. */
const count = Math.ceil(Number(values.count) / 64) * 64;

const { wasm } = await compileAssemblyScript({
  entry: new URL('./guest/loops.ts', import.meta.url).pathname,
  features: ['threads'],
});
const module = new WebAssembly.Module(new Uint8Array(wasm));

const results: {
  workload: Workload;
  medians: Record<Implementation, number>;
  ratios: Record<string, number>;
  rates: Rates;
}[] = [];
for (const workload of values.workload as Workload[]) {
  const rates = await measure(workload, { rounds, count, module });
  const medians = Object.fromEntries(implementations.map((name) => [name, median(rates[name])])) as Record<
    Implementation,
    number
  >;
  const ratios = {
    drift: median(rates.drift.map((rate, round) => rate / (rates['ringbuf.js'][round] as number))),
    'drift-wasm': median(rates['drift-wasm'].map((rate, round) => rate / (rates['ringbuf.js'][round] as number))),
  };
  results.push({ workload, medians, ratios, rates });
  if (!values.json) printResult(workload, medians, ratios, rates);
}
if (values.json) console.log(JSON.stringify({ node: process.version, rounds, count, results }, null, 2));

function printResult(
  workload: Workload,
  medians: Record<Implementation, number>,
  ratios: Record<string, number>,
  rates: Rates,
): void {
  const { title, unit } = workloads[workload];
  console.log(title);
  for (const name of implementations) {
    const best = (Math.max(...rates[name]) / 1e6).toFixed(1);
    const rate = `${(medians[name] / 1e6).toFixed(1)} M ${unit}/s (best ${best})`;
    const ratio = ratios[name];
    console.log(
      `  ${name.padEnd(11)} ${rate.padStart(34)}${ratio === undefined ? '' : `   ${ratio.toFixed(2)} x ringbuf.js`}`,
    );
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
