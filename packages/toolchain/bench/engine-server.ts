/**
 * Runs kernels in V8 on request, with the compiler that the flags of this process leave: reads lines `kernel module rounds`, answers
 * `nanoseconds checksum`. The arguments are wasm files, those of one kernel in a row: without vectors, with vectors.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** The part of the JavaScript interface that is used here; the library's declarations come with those of the browser. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: { readonly run: (rounds: number) => number } };
}
const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;

const functions = process.argv.slice(2).map((file) => {
  return new engine.Instance(new engine.Module(new Uint8Array(readFileSync(file)))).exports.run;
});

for await (const line of createInterface({ input: process.stdin })) {
  const [kernel = 0, module = 0, rounds = 0] = line.split(' ').map(Number);
  const run = functions[2 * kernel + module] as (rounds: number) => number;
  const begun = process.hrtime.bigint();
  const checksum = run(rounds);
  const time = process.hrtime.bigint() - begun;
  process.stdout.write(`${time} ${checksum >>> 0}\n`);
}
