/** The example in the README runs, and prints what it says. */
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from 'vitest';
import { Ns16550 } from '../src/index.ts';

test('the example in the README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const body = stripTypeScriptTypes(example.replace(/^import .*$/m, '')).replaceAll('console.log(', 'printed.push(');
  const printed: unknown[] = [];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction('Ns16550', 'printed', body)(Ns16550, printed);
  expect(printed.slice(-3)).toEqual([[0x41], 0x61, 0x42]);
});
