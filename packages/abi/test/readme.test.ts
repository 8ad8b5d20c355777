/** The example of README.md prints what it says, and the files of its map exist. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { WORKER_DOORBELL_AT } from '../layout/worker-block.ts';
import * as abi from '../src/index.ts';

const readme: string = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example prints what it says', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const body = example.replaceAll(/^import .*;$/gm, '').replaceAll('console.log(', 'print(');
  const printed: string[] = [];
  const names = [...Object.keys(abi), 'WORKER_DOORBELL_AT', 'print'];
  const values = [...Object.values(abi), WORKER_DOORBELL_AT, (...parts: unknown[]) => printed.push(parts.join(' '))];
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is the README's
  new Function(...names, body)(...values);
  const said = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1] as string);
  expect(printed).toEqual(said.map((line) => line.replace('...,', abi.application.hash.toString(16))));
  expect(printed.length).toBe(3);
});

test('the files of the map exist, and no layout is missing from it', () => {
  const files = [...readme.matchAll(/^\| `((?:layout|src)[^`]+)`/gm)].map((match) => match[1] as string);
  for (const file of files) expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
  expect(files.filter((file) => file.startsWith('layout/')).length).toBe(8);
});
