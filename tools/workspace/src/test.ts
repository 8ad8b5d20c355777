/** `pnpm test` and `pnpm test:slow`: every package's tests through turbo's cache, and one summary. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bochsProgram, findCommand, qemuProgram } from '@drift-os/hypervisor';
import { root, turbo } from './command.ts';
import { readTotals } from './results.ts';

/** What some tests need that this host may not have, and Debian's package of it. */
const OPTIONAL = [
  [qemuProgram.command, 'qemu-system-x86'],
  [bochsProgram.command, 'bochs bochsbios vgabios'],
  ['gcc', 'gcc libc6-dev'],
  ['g++', 'g++'],
  ['gdb', 'gdb'],
  ['readelf', 'binutils'],
] as const;

async function workspaceFolders(): Promise<string[]> {
  const folders = ['examples'];
  for (const group of ['packages', 'apps', 'tools']) {
    for (const name of await readdir(join(root, group))) folders.push(join(group, name));
  }
  return folders;
}

async function test(task: 'test' | 'test:slow'): Promise<number> {
  const folders = await workspaceFolders();
  const report = task === 'test' ? 'results.json' : 'results-slow.json';
  // What an earlier run left must not count for a package whose tests do not start now; turbo brings back what it has cached.
  for (const folder of folders) await rm(join(root, folder, '.vitest', report), { force: true });
  const quiet = process.argv.includes('--verbose') ? [] : ['--output-logs=errors-only'];
  const missing: string[] = [];
  const present: string[] = [];
  for (const [command, debian] of OPTIONAL) {
    if ((await findCommand(command)) !== undefined) present.push(command);
    else missing.push(`${command} (Debian: apt-get install ${debian})`);
  }
  // Part of the cache's key: what was skipped is tested once its program is there.
  const environment = { DRIFT_HOST_PROGRAMS: present.join(' ') };
  const { code } = await turbo([task], ['--continue', ...quiet], { terminal: true, environment });
  const totals = await readTotals(folders, report);
  if (totals.skipped.length > 0) {
    console.log(`\nSkipped ${totals.skipped.length}:\n${totals.skipped.map((name) => `  ${name}`).join('\n')}`);
    if (missing.length > 0) console.log(`Not installed here, which is why: ${missing.join(', ')}`);
  }
  if (totals.failures.length > 0) console.log(`\nFailed:\n${totals.failures.map((name) => `  ${name}`).join('\n')}`);
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`);
  return code !== 0 || totals.failed > 0 ? 1 : 0;
}

process.exitCode = await test(process.argv.includes('--slow') ? 'test:slow' : 'test');
