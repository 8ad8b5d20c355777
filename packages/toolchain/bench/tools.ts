/** The programs that the benchmark needs besides this package. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const needed = [
  { program: 'clang', install: 'apt-get install clang' },
  { program: 'wasm-ld', install: 'apt-get install lld' },
  { program: 'wasm2c', install: 'apt-get install wabt' },
] as const;

/** What is missing here, each with how to install it. */
export function missingTools(): string[] {
  if (process.platform !== 'linux' || process.arch !== 'x64') return ['amd64 Linux: compiled kernels run on the host'];
  return needed
    .filter(({ program }) => spawnSync(program, ['--version']).error !== undefined)
    .map(({ program, install }) => `${program}: ${install} (Debian, Ubuntu)`);
}

/** First lines of what the programs say of themselves. */
export function toolVersions(): string[] {
  const clang = spawnSync('clang', ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0] ?? '';
  const wasm2c = spawnSync('wasm2c', ['--version'], { encoding: 'utf8' }).stdout.trim();
  return [clang, `wasm2c ${wasm2c}`, `node ${process.version}, V8 ${process.versions.v8}`];
}

/** Path of binaryen's optimiser, from its npm package. */
export const wasmOpt: string = join(
  dirname(createRequire(import.meta.url).resolve('binaryen/package.json')),
  'bin',
  'wasm-opt',
);
