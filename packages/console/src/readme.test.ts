import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import * as console_ from './index.ts';

it('the example in the README runs and prints what it says', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const body = example.replace(/^import .*$/m, '').replace('console.log(', 'printed.push(');
  const printed: string[] = [];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction('SerialText', 'printed', body)(console_.SerialText, printed);
  expect(printed).toEqual([/\/\/ (".*")/.exec(example)?.[1]]);
});
