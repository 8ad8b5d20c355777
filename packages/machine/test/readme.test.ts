/** The example of README.md prints what it says, the custom machine runs, and the files of the map exist. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const readme: string = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const node = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, ['--conditions=@drift-os/source', ...args], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });

test('the example prints what it says', async () => {
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const { stdout } = await node('--input-type=module', '-e', example);
  expect(stdout.trim()).toBe(/console\.log\(.*\/\/ (.*)$/m.exec(example)?.[1]);
});

test('the custom machine prints what its two cores and its device make', async () => {
  const example = fileURLToPath(new URL('../examples/custom-machine.mjs', import.meta.url));
  expect(readFileSync(example, 'utf8').split('\n').length).toBeLessThan(60);
  expect((await node(example)).stdout).toBe('The guest printed W.\n');
});

test('the files of the map exist', () => {
  const map = readme.slice(readme.indexOf('## Files'), readme.indexOf('Followed:'));
  const files = [...map.matchAll(/`([a-z-]+(?:\.ts|\/))`/g)].map((match) => match[1] as string);
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) expect(existsSync(new URL(`../src/${file}`, import.meta.url)), file).toBe(true);
});
