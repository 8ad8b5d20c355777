/** The example of README.md prints what it says, and the files of its map exist. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as vectors from '../src/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example prints what it says', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const expected = [...example.matchAll(/^console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const body = example.replaceAll(/^import .*;\n/gm, '').replaceAll('console.log(', 'print(');
  const printed: string[] = [];
  const names = { ...vectors, readFile, print: (...values: unknown[]) => printed.push(values.join(' ')) };
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const run = new AsyncFunction(...Object.keys(names), body) as (...values: unknown[]) => Promise<void>;
  await run(...Object.values(names));
  expect(printed).toEqual(expected);
  expect(expected).toHaveLength(2);
});

test('the files of the map exist', () => {
  const files = [...readme.matchAll(/^\| `((?:src|data)[^`]*)`\s*\|/gm)].map((match) => match[1] as string);
  expect(files.length).toBe(5);
  for (const file of files) expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
});
