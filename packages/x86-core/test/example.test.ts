/** The example runs the same function in Node and in a browser. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { runElf } from '../examples/run-elf.ts';
import { ecx, edi, rax, rdi } from '../src/index.ts';
import { assemble, type Line } from './cpu/assemble.ts';

const ADDRESS = 0x10_0000;
const hasGcc = process.arch === 'x64' && spawnSync('gcc', ['--version']).status === 0;
const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
if (!hasGcc) console.log('skipped: a C function from an ELF file needs an x64 host and gcc (apt-get install gcc)');
if (browser === undefined) console.log('skipped: the example in a browser needs Chromium (apt-get install chromium)');

/** An executable with one segment. */
function elf(code: Uint8Array): Uint8Array {
  const file = new Uint8Array(120 + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(24, BigInt(ADDRESS + 120), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setBigUint64(80, BigInt(ADDRESS), true);
  view.setBigUint64(96, BigInt(file.length), true);
  file.set(code, 120);
  return file;
}

/** The sum of 1 to its argument. */
const sum: Line[] = [
  ['mov', ecx, edi],
  ['mov', rax, 0],
  'loop:',
  ['add', rax, rdi],
  ['dec', rdi],
  ['jne', 'loop'],
  ['ret'],
];
const file = elf(assemble(ADDRESS + 120, 64, sum).bytes);

test('a function from an ELF file, in Node', () => {
  const text = runElf(file, 100n);
  expect(text).toContain(`rax ${(5050).toString(16).padStart(16, '0')}`);
  expect(text).toMatch(/^halt after 304 instructions/);
});

test.skipIf(!hasGcc)('a function compiled from C, with floating point', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drift-elf-'));
  try {
    const source =
      'long _start(long n) { double s = 0; for (long i = 1; i <= n; i++) s += 1.0 / i; return (long)(s * 1e6); }';
    writeFileSync(join(folder, 'f.c'), source);
    const flags = [
      '-O2',
      '-static',
      '-nostdlib',
      '-fcf-protection=none',
      '-Wl,-Ttext-segment=0x100000',
      '-Wl,--build-id=none',
    ];
    execFileSync('gcc', [...flags, '-o', join(folder, 'f'), join(folder, 'f.c')]);
    let expected = 0;
    for (let i = 1; i <= 1000; i++) expected += 1 / i;
    const value = BigInt(Math.trunc(expected * 1e6));
    expect(runElf(readFileSync(join(folder, 'f')), 1000n)).toContain(`rax ${value.toString(16).padStart(16, '0')}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.skipIf(browser === undefined)('the same in a browser', async () => {
  const entry = join(import.meta.dirname, '../examples/run-elf.ts');
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'example',
    conditions: ['@drift-os/source'],
  });
  const started = await chromium.launch({ executablePath: browser as string, args: ['--no-sandbox'] });
  try {
    const page = await started.newPage();
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
    const call = `example.runElf(Uint8Array.from(${JSON.stringify(Array.from(file))}), 100n)`;
    expect(await page.evaluate(call)).toBe(runElf(file, 100n));
  } finally {
    await started.close();
  }
});
