/** Which applications go into an image: files by path, examples by name. */
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApplicationSource } from '@drift-os/boot';
import { UsageError } from './exit-codes.ts';

/** Every example that comes with Drift: what its package exports as a program. */
export async function examples(): Promise<ApplicationSource[]> {
  const manifest = import.meta.resolve('@drift-os/examples/package.json');
  const text = await readFile(fileURLToPath(manifest), 'utf8');
  const { exports } = JSON.parse(text) as { readonly exports: Readonly<Record<string, unknown>> };
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' && extname(target) === '.ts'
      ? [{ name: basename(path), entry: fileURLToPath(new URL(target, manifest)) }]
      : [],
  );
}

/** @throws UsageError for a name that is neither a file nor an example. */
export async function applicationsOf(words: readonly string[]): Promise<ApplicationSource[]> {
  const known = await examples();
  if (words.length === 0) return known;
  return words.map((word) => {
    const example = known.find(({ name }) => name === word);
    if (example !== undefined) return example;
    const extension = extname(word);
    if (extension === '.ts' || extension === '.wasm') {
      return { name: basename(word, extension), entry: resolve(word) };
    }
    const names = known.map(({ name }) => name).join(', ');
    throw new UsageError(`'${word}' is neither a .ts or .wasm file nor an example. The examples: ${names}.`, 'build');
  });
}
