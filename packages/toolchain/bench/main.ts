/**
 * `pnpm bench:compiler`: how fast and how long the compiled code of nine small kernels is, beside that of clang, wasm2c and V8.
 *
 * Options: `--rounds N` (default 60), `--milliseconds N` (of one run, default 2), `--kernel NAME` (default all), `--keep FOLDER` (build
 * there and leave everything), `--json`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { implementations } from './implementations.ts';
import { type KernelName, kernelNames } from './kernels.ts';
import { measure } from './measure.ts';
import { sizeTable, timeTable } from './report.ts';
import { missingTools, toolVersions } from './tools.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    milliseconds: { type: 'string', default: '2' },
    kernel: { type: 'string', multiple: true, default: [...kernelNames] },
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const missing = missingTools();
if (missing.length > 0) {
  console.error(`The benchmark needs what is not here:\n${missing.map((line) => `  ${line}`).join('\n')}`);
  process.exit(1);
}
const folder = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'drift-bench-')) : resolve(values.keep);
mkdirSync(folder, { recursive: true });
try {
  const results = await measure({
    folder,
    rounds: Number(values.rounds),
    milliseconds: Number(values.milliseconds),
    kernels: values.kernel as KernelName[],
  });
  if (values.json) {
    const plain = results.map(({ kernel, times }) => ({
      kernel: kernel.name,
      times: Object.fromEntries(times),
      codeBytes: Object.fromEntries(kernel.codeBytes),
    }));
    console.log(JSON.stringify({ tools: toolVersions(), processor: cpus()[0]?.model, kernels: plain }, null, 2));
  } else {
    console.log(`Measured on ${cpus()[0]?.model ?? 'an unknown processor'} with ${toolVersions().join('; ')}.`);
    console.log(`The least time of ${values.rounds} interleaved rounds of about ${values.milliseconds} ms each.\n`);
    for (const { name, description } of implementations) console.log(`  ${name.padEnd(12)} ${description}`);
    console.log(`\n${timeTable(results)}\n\n${sizeTable(results)}`);
  }
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true });
}
