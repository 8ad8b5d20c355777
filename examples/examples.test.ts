/** Every application compiles, exports what kernel-w calls, and imports nothing that an image does not have. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compileAssemblyScript } from '@drift-os/asc';
import { describe, expect, test } from 'vitest';

const folder = new URL('applications/', import.meta.url);
const entries = (await readdir(folder)).filter((name) => name.endsWith('.ts'));

describe.each(entries)('%s', (name) => {
  test('compiles to a module that kernel-w can drive', { timeout: 60_000 }, async () => {
    const { wasm } = await compileAssemblyScript({
      entry: fileURLToPath(new URL(name, folder)),
      features: ['threads', 'simd'],
      runtime: '@drift-os/kernel-w/sdk/runtime',
    });
    const module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
    const exported = WebAssembly.Module.exports(module).map((entry) => entry.name);
    expect(exported).toContain('init');
    const imported = WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`);
    expect(imported.filter((symbol) => !/^(cpu\.|kernel-w\.(serve|abandon)$|env\.memory$)/.test(symbol))).toEqual([]);
  });

  test('can be read in a minute', async () => {
    const text = await readFile(new URL(name, folder), 'utf8');
    expect(text.split('\n').length).toBeLessThan(120);
    expect(text).toMatch(/^\/\*\* \S/);
  });
});

test('mandelbrot is compiled to vector instructions', { timeout: 60_000 }, async () => {
  const { wasm } = await compileAssemblyScript({
    entry: fileURLToPath(new URL('mandelbrot.ts', folder)),
    features: ['threads', 'simd'],
    runtime: '@drift-os/kernel-w/sdk/runtime',
  });
  // f32x4.mul (opcode FDh E6h 01h) several times, WebAssembly 2.0 5.4.8.
  const bytes = Buffer.from(wasm);
  let count = 0;
  for (let at = bytes.indexOf('fde601', 0, 'hex'); at >= 0; at = bytes.indexOf('fde601', at + 1, 'hex')) count++;
  expect(count).toBeGreaterThanOrEqual(3);
});

test('the manifest lists exactly the applications', async () => {
  const manifest = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8')) as {
    exports: Record<string, string>;
  };
  const listed = Object.values(manifest.exports).filter((path) => path.endsWith('.ts'));
  expect(listed.sort()).toEqual(entries.map((name) => `./applications/${name}`).sort());
});
