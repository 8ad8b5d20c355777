import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import * as hypervisor from '../src/index.ts';
import { echoGuest } from './guest.ts';

const qemu = await hypervisor.findCommand(hypervisor.qemuProgram.command);

/** The example with the guest of these tests in the place of Drift: it echoes, and prints no prompt. */
it.skipIf(qemu === undefined)('the example in the README runs', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const body = example
    .replace(/^import .*$/m, '')
    .replace("image: 'drift.img'", 'image')
    .replaceAll("'drift> '", 'prompts.shift()')
    .replace("'poweroff\\r'", "'.'")
    .replaceAll('console.log(', 'printed.push(')
    .replace('await using machine', 'const machine');
  expect(body).not.toBe(example);
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const printed: unknown[] = [];
  const run = new AsyncFunction('runOnQemu', 'image', 'prompts', 'printed', body);
  await run(hypervisor.runOnQemu, echoGuest(), ['ring 0\r\n', 'cores\r'], printed);
  expect(printed).toEqual(['cores\r', expect.stringMatching(/^hello/), { code: 0, signal: null, messages: '' }]);
});
