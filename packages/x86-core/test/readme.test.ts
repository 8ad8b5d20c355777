/** The example of README.md prints what it says, and the files of its map exist. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as x86 from '../src/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example prints what it says', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const body = example.replace(/^import [\s\S]*?;\n/, '').replaceAll('console.log(', 'printed.push(');
  const expected = [...example.matchAll(/^console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const printed: unknown[] = [];
  const AnyFunction = (() => {}).constructor as FunctionConstructor;
  const run = new AnyFunction('printed', ...Object.keys(x86), body) as (...values: unknown[]) => void;
  run(printed, ...(Object.values(x86) as unknown[]));
  expect(printed.map(String)).toEqual(expected);
  expect(expected.length).toBe(3);
});

test('the files of the map exist', () => {
  const files = [...readme.matchAll(/^\| `([^`]+)`\s*\|/gm)].map((match) => match[1] as string);
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
});
