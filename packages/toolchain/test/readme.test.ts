/** The example of README.md prints what it says, and the files of its map exist. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as toolchain from '../src/index.ts';

const readme: string = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example prints what it says', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const body = example.replace(/^import .*;$/m, '').replaceAll('console.log(', 'print(');
  const expected = [...example.matchAll(/^console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const printed: string[] = [];
  const AnyFunction = (() => {}).constructor as FunctionConstructor;
  const run = new AnyFunction('print', ...Object.keys(toolchain), body) as (...values: unknown[]) => void;
  run((...values: unknown[]) => printed.push(values.join(' ')), ...(Object.values(toolchain) as unknown[]));
  expect(printed).toEqual(expected);
  expect(expected).toHaveLength(3);
});

test('the files of the map exist', () => {
  const files = [...readme.matchAll(/^\| `([^`]+)`\s*\|/gm)].map((match) => match[1] as string);
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
});
