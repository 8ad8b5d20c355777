/** What the README says about debugging: gdb steps through Thread/C in TypeScript, on our own machine and on QEMU. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { drift } from './drift.ts';

const hosts: readonly (readonly [name: string, options: readonly string[], needs: readonly string[]])[] = [
  ['our own machine', [], ['gdb']],
  ['QEMU', ['--on', 'qemu', '--accel', 'tcg'], ['gdb', 'qemu-system-x86_64']],
];
const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const packages = fileURLToPath(new URL('../../../packages', import.meta.url));

/** A port that nobody listens on just now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

for (const [host, options, needs] of hosts) {
  const absent = needs.filter((name) => spawnSync(name, ['--version']).error !== undefined);
  const skipped =
    absent.length === 0 ? '' : ` (skipped: ${absent.join(' and ')} missing: apt install gdb qemu-system-x86)`;
  const name = `on ${host}, gdb shows TypeScript lines, steps over and into them, and finds callers through interrupts`;
  it.skipIf(absent.length > 0)(`${name}${skipped}`, () => debug(options), 120_000);
}

async function debug(options: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'drift-gdb-'));
  const image = join(folder, 'hello.img');
  const port = await freePort();
  expect(await drift(['build', 'hello', '-o', image, '--elf'])).toMatchObject({ code: 0 });
  const args = ['--conditions=@drift-os/source', program, 'run', image, ...options, '--gdb', String(port)];
  const machine = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  // What is typed reaches the serial interrupt once the machine runs.
  machine.stdin.write('cores\n');
  try {
    await new Promise<void>((resolve) => {
      let notes = '';
      machine.stderr.setEncoding('utf8').on('data', (text: string) => {
        notes += text;
        if (notes.includes('waits for gdb')) resolve();
      });
    });
    const script = [
      'set pagination off',
      'set debuginfod enabled off',
      `target remote :${port}`,
      `directory ${packages}`,
      'break kernel-c.kmain',
      'continue',
      'next',
      'next',
      'bt',
      'delete',
      'break serial.ts:61',
      'continue',
      'stepi',
      'bt',
      'finish',
      'info threads',
    ];
    await writeFile(join(folder, 'script'), script.join('\n'));
    const commands = ['-q', '-batch', '-x', join(folder, 'script'), join(folder, 'hello.elf')];
    const { stdout } = await promisify(execFile)('gdb', commands, { timeout: 60_000 });
    expect(stdout).toMatch(/Breakpoint 1, assembly\/main\/kmain \(\) at kernel-c\/assembly\/\S+\.ts:\d+\n\d+\t +\S/);
    expect(stdout).toMatch(/^#1 .* in _startC \(\)$/m);
    expect(stdout).toMatch(/serialReceive \(\) at kernel-c\/assembly\/serial\.ts:61/);
    expect(stdout).toMatch(/^#1 .*interrupt \(\) at kernel-c\/assembly\/interrupts\.ts:\d+$/m);
    expect(stdout).toMatch(/Thread (1\.)?2 .* at kernel-w\/assembly\/\S+\.ts:\d+$/m);
  } finally {
    machine.kill('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
}
