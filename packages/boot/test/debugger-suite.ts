/** gdb on a machine that runs the image: functions and lines of the TypeScript sources, and unwinding through compiled code. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findCommand, runOnQemu } from '@drift-os/hypervisor';
import { createMachine } from '@drift-os/machine';
import { serveGdb } from '@drift-os/machine/node';
import { expect, test } from 'vitest';
import { buildImage } from '../src/index.ts';

const noGdb: boolean = (await findCommand('gdb')) === undefined;
if (noGdb) console.log('skipped: gdb on the running image. gdb is not installed; on Debian: sudo apt-get install gdb');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Boots `disk` to its prompt, and calls `use` with the port that gdb can connect to. */
async function atPrompt(
  on: 'machine' | 'qemu',
  disk: Uint8Array,
  use: (gdbPort: number) => Promise<void>,
): Promise<void> {
  if (on === 'qemu') {
    const gdbPort = await freePort();
    await using machine = await runOnQemu({ image: disk, cores: 1, memory: '64M', accelerator: 'tcg', gdbPort });
    await machine.waitFor('drift> ', { timeout: 30_000 });
    await use(gdbPort);
    return;
  }
  await using machine = await createMachine({ disks: [disk], memory: '64M' });
  await machine.waitFor('drift> ', { timeout: 30_000 });
  await using server = await serveGdb(machine, 0);
  await use(server.port);
}

/** @param on what the image runs on */
export function debuggerSuite(on: 'machine' | 'qemu'): void {
  test.skipIf(noGdb)('gdb stops in TypeScript and unwinds to the entry', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'debugger-'));
    try {
      const packages = fileURLToPath(new URL('../..', import.meta.url));
      const { disk, elf } = await buildImage({ compilationDirectory: packages });
      const path = join(folder, 'drift.elf');
      await writeFile(path, elf);
      await atPrompt(on, disk, async (gdbPort) => {
        const target = `target remote 127.0.0.1:${gdbPort}`;
        const commands = ['set arch i386:x86-64', target, 'backtrace', 'info source', 'detach'];
        const { stdout } = await promisify(execFile)(
          'gdb',
          ['-nx', '-batch', ...commands.flatMap((command) => ['-ex', command]), path],
          { timeout: 60_000 },
        );
        expect(stdout).toMatch(/#\d+ .*assembly\/loop\/\w+ \(\) at kernel-c\/assembly\/loop\.ts:\d+/);
        expect(stdout).toMatch(/#\d+ .*kmain \(\) at kernel-c\/assembly\/main\.ts:\d+/);
        expect(stdout).toMatch(/#\d+ .*_startC/);
        expect(stdout).toContain(`Compilation directory is ${packages}`);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
