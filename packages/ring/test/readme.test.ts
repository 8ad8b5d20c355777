/** The example of the README runs, and prints what it says. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('the example of the README', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const example = /```ts\n(import \{ defineInterface[\s\S]*?)```/.exec(readFileSync(`${root}README.md`, 'utf8'))?.[1];
  // From the package's folder, it finds the package by its name.
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@drift-os/source', '--input-type=module-typescript', '--eval', String(example)],
    { cwd: root, encoding: 'utf8' },
  );
  expect(stdout, stderr).toBe('7 293150 roof\n');
});
