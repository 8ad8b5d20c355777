/**
 * `pnpm bench:compile-time`: how long compilation takes, in CPU time of this process: of the kernels and the shell as their packages
 * were built last, the first time in a fresh process and the least of several times, and of functions that grow.
 *
 * Option: `--rounds N` (default 5).
 */
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { compileWasm } from '../src/index.ts';
import { longFunction } from '../test/compile/long-function.ts';
import { kernelOptions } from '../test/compile/samples.ts';
import { assembleText } from '../test/compile/wat.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });

interface Measured {
  readonly name: string;
  readonly wasm: Uint8Array;
  readonly sourceMap: string | undefined;
}

/** The modules of an image. */
const modules: Measured[] = [];
for (const path of ['kernel-c/dist/kernel-c.wasm', 'kernel-w/dist/kernel-w.wasm', 'kernel-c/dist/shell.wasm']) {
  const file = new URL(`../../${path}`, import.meta.url);
  if (!existsSync(file)) {
    console.error(`${path} is missing: pnpm build`);
    process.exit(1);
  }
  modules.push({
    name: path,
    wasm: new Uint8Array(readFileSync(file)),
    sourceMap: readFileSync(`${file.pathname}.map`, 'utf8'),
  });
}

/** CPU milliseconds, garbage collection and the engine's own compilation included. */
function measure({ wasm, sourceMap }: Measured): number {
  const begun = process.cpuUsage();
  compileWasm(wasm, { ...kernelOptions, vectors: 'sse4.1', atomicStores: 'release', sourceMap });
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

function printRow(name: string, wasm: Uint8Array, times: readonly number[]): void {
  const [first = 0] = times;
  const columns = [
    String(wasm.length).padStart(9),
    first.toFixed(0).padStart(9),
    Math.min(...times)
      .toFixed(0)
      .padStart(9),
  ];
  console.log(`${name.padEnd(34)}${columns.join('')}`);
}

console.log(
  `Measured on ${cpus()[0]?.model ?? 'an unknown processor'} with node ${process.version}: CPU milliseconds.\n`,
);
console.log(`${''.padEnd(34)}    bytes    first    least`);
const all = modules.map((): number[] => []);
for (let round = 0; round < Number(values.rounds); round++)
  modules.forEach((module, i) => all[i]?.push(measure(module)));
modules.forEach(({ name, wasm }, i) => printRow(name, wasm, all[i] ?? []));
const sum = (pick: (times: readonly number[]) => number): string =>
  all.reduce((total, times) => total + pick(times), 0).toFixed(0);
console.log(
  `${'together'.padEnd(43)}${sum((times) => times[0] ?? 0).padStart(9)}${sum((times) => Math.min(...times)).padStart(9)}\n`,
);
for (const count of [12_500, 25_000, 50_000, 100_000]) {
  const wasm = assembleText(longFunction(count));
  const times = Array.from({ length: Number(values.rounds) }, () => measure({ name: '', wasm, sourceMap: undefined }));
  printRow(`one function of ${count} instructions`, wasm, times);
}
