/** The whole way: build an image, boot it, talk to its shell. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand, qemuProgram } from '@drift-os/hypervisor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drift } from './drift.ts';

const qemu = await findCommand(qemuProgram.command);
const script = await findCommand('script');
if (qemu === undefined) console.log('Skipped, QEMU is not installed (apt-get install qemu-system-x86): drift run.');

const folder = await mkdtemp(join(tmpdir(), 'drift-cli-'));
const image = join(folder, 'own.img');
afterAll(() => rm(folder, { recursive: true }));

/** The application that the repository's README shows. */
async function readmeApplication(): Promise<string> {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  return /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
}

beforeAll(async () => {
  // In a folder of its own, where nothing is installed: the SDK is there all the same.
  const source = join(folder, 'counter.ts');
  await writeFile(source, await readmeApplication());
  const built = await drift(['build', source, 'hello', '-o', image, '--elf', '--map', '--json']);
  expect(built.stderr).toBe('');
  expect(built.code).toBe(0);
  const result = JSON.parse(built.stdout) as { files: string[]; modules: { name: string }[] };
  expect(result.files).toEqual([image, join(folder, 'own.elf'), join(folder, 'own.map')]);
  expect(result.modules.map(({ name }) => name)).toEqual(['kernel-c', 'kernel-w', 'counter', 'hello']);
}, 120_000);

describe('drift build', () => {
  it('writes a disk that a BIOS boots, an ELF file and a map', async () => {
    const disk = await readFile(image);
    expect([...disk.subarray(510, 512)]).toEqual([0x55, 0xaa]);
    expect((await readFile(join(folder, 'own.elf'))).subarray(1, 4).toString()).toBe('ELF');
    expect(await readFile(join(folder, 'own.map'), 'utf8')).toContain('kernel-c.kmain');
  });

  it('says where an application does not compile', async () => {
    const source = join(folder, 'wrong.ts');
    await writeFile(source, 'export function init(): void { missing(); }\n');
    const { code, stderr } = await drift(['build', source, '-o', join(folder, 'wrong.img')]);
    expect(stderr).toMatch(/wrong\.ts[\s\S]*missing/);
    expect(code).toBe(1);
  });
});

describe.skipIf(qemu === undefined)('drift run', { timeout: 120_000 }, () => {
  const run = (...args: string[]) => drift(['run', image, '--accel', 'tcg', '--memory', '64M', ...args]);

  it('boots, runs an application, types and expects in order', async () => {
    const { code, stdout } = await run(
      ...['--expect', 'drift> ', '--send', 'start counter', '--expect', 'up for 1 s'],
      ...['--send', 'cores', '--expect', 'worker 3'],
    );
    expect(code, stdout).toBe(0);
    expect(stdout.indexOf('up for 1 s')).toBeLessThan(stdout.indexOf('worker 3'));
  });

  it('starts and configures what the image was built to', async () => {
    const settings = ['--start', 'hello@2', '--stand-off', '2:77,-1,64,0,0'];
    const configured = join(folder, 'configured.img');
    expect((await drift(['build', 'hello', '-o', configured, ...settings])).code).toBe(0);
    const { code, stdout } = await drift([
      ...['run', configured, '--accel', 'tcg', '--memory', '64M', '--cores', '3', '--expect', 'worker 2, instance 1'],
      ...['--send', 'standoff', '--expect', '     2       77     ever       64      off'],
    ]);
    expect(code, stdout).toBe(0);
  });

  it('ends with 42 when what is expected does not come', async () => {
    const { code, stderr } = await run('--expect', 'drift> ', '--expect', 'pigs fly', '--timeout', '5');
    expect(code).toBe(42);
    expect(stderr).toContain('"pigs fly" did not come');
  });

  it('ends with 1 when the guest ends first, and says so in JSON', async () => {
    const { code, stdout } = await run('--json', '--expect', 'drift> ', '--send', 'poweroff', '--expect', 'pigs fly');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 1, output: expect.stringContaining('poweroff') });
  });

  it('types what is piped in, and ends with the guest', async () => {
    const args = ['run', image, '--accel', 'tcg', '--memory', '64M', '--cores', '2', '--machine', 'q35'];
    const { code, stdout } = await drift(args, { input: 'cores\npoweroff\n' });
    expect(code).toBe(0);
    expect(stdout).toContain('worker 1');
    expect(stdout).not.toContain('worker 2');
  });

  it.skipIf(script === undefined)("has QEMU's Ctrl-A keys on a terminal, and puts the terminal back", async () => {
    const main = new URL('../src/main.ts', import.meta.url).pathname;
    const line = [process.execPath, '--conditions=@drift-os/source', main, 'run', image, '--accel', 'tcg'].join(' ');
    const { spawn } = await import('node:child_process');
    const child = spawn('script', [
      '-qec',
      `stty -a > ${folder}/before; ${line}; stty -a > ${folder}/after`,
      '/dev/null',
    ]);
    let seen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!seen.includes('drift> ') && (seen + text).includes('drift> ')) child.stdin.write('\x01x');
      seen += text;
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(seen).toContain('QEMU: Terminated');
    expect(await readFile(`${folder}/after`, 'utf8')).toBe(await readFile(`${folder}/before`, 'utf8'));
  });
});
