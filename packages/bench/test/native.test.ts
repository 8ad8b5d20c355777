import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { findCommand } from '@drift-os/hypervisor';
import { describe, expect, it } from 'vitest';
import { compare, measureNative, reportText } from '../src/index.ts';

const able = process.platform === 'linux' && process.arch === 'x64' && availableParallelism() >= 2;
const gcc = await findCommand('gcc');
if (gcc === undefined)
  console.log('Skipped, gcc is not installed (apt-get install gcc libc6-dev): the native measurement.');

describe.skipIf(!able || gcc === undefined)('native, with gcc', { timeout: 120_000 }, () => {
  it('measures every workload of both rings; the example in the README', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const body = example
      .replace(/^import .*$/m, '')
      .replace('console.log', 'print')
      .replace('rounds: 3', 'rounds: 1');
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const printed: string[] = [];
    const run = new AsyncFunction('compare', 'measureNative', 'reportText', 'print', body);
    await run(compare, measureNative, reportText, (text: string) => printed.push(text));
    const [report = ''] = printed;
    expect(report.split('\n')).toHaveLength(7);
    expect(report).toMatch(/^words, batches of 64 .* M\/s .* M\/s +\d+\.\d\d \/ \d+\.\d\d$/m);
    expect(report).not.toMatch(/ - /);
  });

  it('says which core is not there', async () => {
    await expect(measureNative({ rounds: 1, cores: [0, 1023] })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('cannot run on core 1023'),
    });
  });
});
