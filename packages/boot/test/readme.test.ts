/** The example of README.md runs and prints what it says, the files of its map exist, and the sentences are those of the loader. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { assembleBootstrap } from '../src/bootstrap/bootstrap.ts';
import * as boot from '../src/index.ts';

const readme: string = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example prints what it says', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const counter = fileURLToPath(new URL('guest/counter.ts', import.meta.url));
  const body = example
    .replaceAll(/^import .*;$/gm, '')
    .replace("'counter.ts'", JSON.stringify(counter))
    .replaceAll('console.log(', 'print(');
  const files: string[] = [];
  const printed: unknown[] = [];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const run = new AsyncFunction('buildImage', 'writeFileSync', 'print', body) as (
    ...values: unknown[]
  ) => Promise<void>;
  await run(
    boot.buildImage,
    (name: string, bytes: Uint8Array) => files.push(`${name} ${bytes.length > 0x10000}`),
    (value: unknown) => printed.push(value),
  );
  expect(files).toEqual(['drift.img true', 'drift.elf true']);
  expect(printed).toEqual([/console\.log\(.*\/\/ (.*)$/m.exec(example)?.[1]]);
}, 60_000);

test('the files of the map exist', () => {
  const files = [...readme.matchAll(/^\| `(src[^`]+)`\s*\|/gm)].map((match) => match[1] as string);
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
});

test('the sentences are those that boot sector and loader can say', () => {
  const { bootSector, loader } = assembleBootstrap();
  const code = new TextDecoder('latin1').decode(Buffer.concat([bootSector, loader]));
  const table = /\| sentence\s*\|\n([\s\S]*?)\n\n/.exec(readme)?.[1] ?? '';
  const sentences = [...table.matchAll(/^\| [^|]*\| (.*?\.) *\|$/gm)].map((match) => match[1] as string);
  expect(sentences).toHaveLength(9);
  for (const sentence of sentences) {
    // Numbers are put in at run time.
    for (const part of sentence.split(/[0-9A-F]{8}|0C(?=h)|\b7(?= )/)) expect(code).toContain(part);
  }
});
