/**
 * `pnpm check`: everything that can be said about the repository without running it. Says all that is wrong, not only the first.
 * `pnpm check lint types` does these only.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, run, turbo } from './command.ts';
import { packAll } from './pack.ts';

interface Check {
  readonly name: string;
  readonly run: () => Promise<Finished>;
}

const sources = { NODE_OPTIONS: '--conditions=@drift-os/source' };
const quiet = ['--output-logs=errors-only'];

const checks: readonly Check[] = [
  { name: 'format', run: () => run('biome', ['format', '.']) },
  { name: 'generated code', run: () => turbo(['generate'], quiet) },
  { name: 'types', run: () => turbo(['typecheck'], ['--continue', ...quiet]) },
  { name: 'lint', run: () => run('eslint', ['.', '--max-warnings', '0'], { environment: sources }) },
  {
    name: 'boundaries and cycles',
    run: () => run('depcruise', ['--config', '.dependency-cruiser.js', 'packages', 'apps', 'tools']),
  },
  { name: 'unused code', run: () => run('knip', []) },
  { name: 'consistent manifests', run: () => run('sherif', []) },
  { name: 'no generated files committed', run: noGeneratedFiles },
  { name: 'packed packages', run: packedPackages },
];

async function noGeneratedFiles(): Promise<Finished> {
  const { code, output } = await run('git', ['ls-files', '--cached', '--ignored', '--exclude-standard']);
  if (code !== 0) return { code: 0, output: 'not a git checkout' };
  return { code: output.trim() === '' ? 0 : 1, output: `These are ignored and yet committed:\n${output}` };
}

/** What npm would get: publint for the manifest, attw for types and module resolution. ESM only, so CommonJS need not resolve. */
async function packedPackages(): Promise<Finished> {
  const built = await turbo(['build'], quiet);
  if (built.code !== 0) return built;
  const folder = await mkdtemp(join(tmpdir(), 'drift-check-'));
  const complaints: string[] = [];
  try {
    for (const { name, path, entryPoints } of await packAll(folder)) {
      const publint = await run('publint', ['run', '--strict', '--pack=false', path]);
      if (publint.code !== 0) complaints.push(`${name}: publint\n${publint.output}`);
      if (entryPoints.length === 0) continue;
      const points = entryPoints.map((entry) => (entry === name ? '.' : `.${entry.slice(name.length)}`));
      const attw = await run('attw', [path, '--profile', 'esm-only', '--format', 'ascii', '--entrypoints', ...points]);
      if (attw.code !== 0) complaints.push(`${name}: attw\n${attw.output}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return { code: complaints.length === 0 ? 0 : 1, output: complaints.join('\n') };
}

const wanted = process.argv.slice(2);
const chosen = checks.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
let failed = 0;
for (const check of chosen) {
  const begun = performance.now();
  const { code, output } = await check.run().catch((error: unknown) => ({ code: 1, output: String(error) }));
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${check.name} (${seconds} s)`);
  if (code === 0) continue;
  failed++;
  console.log(output.trimEnd());
}
console.log(failed === 0 ? 'All checks passed.' : `${failed} of ${chosen.length} checks failed.`);
process.exitCode = failed === 0 ? 0 : 1;
