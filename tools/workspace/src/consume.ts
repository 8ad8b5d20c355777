/**
 * Uses every package the way a stranger does: from its packed tarball, in an empty project outside of the workspace, on the Node that
 * runs this file. The packages must be built. Each thing tried is one line and one count.
 */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, root, run } from './command.ts';
import { packAll } from './pack.ts';

const APPLICATION = `/** An application of the smallest kind. */
import { log } from '@drift-os/kernel-w/sdk';

export function init(): void {
  log('hello from outside');
}
`;

let passed = 0;
let failed = 0;

function count(name: string, { code, output }: Finished, wanted?: string): boolean {
  const good = code === 0 && (wanted === undefined || output.includes(wanted));
  console.log(`${good ? 'ok  ' : 'FAIL'} ${name}`);
  if (good) passed++;
  else {
    failed++;
    console.log(output.trimEnd());
  }
  return good;
}

const folder = await mkdtemp(join(tmpdir(), 'drift-consumer-'));
try {
  const tarballs = await packAll(join(folder, 'tarballs'));
  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  // The workspace's own node_modules/.bin must not be found from here.
  const environment = { PATH: (process.env['PATH'] ?? '').replace(/[^:]*node_modules[^:]*:?/g, ''), NODE_OPTIONS: '' };
  const here = { folder: project, environment };
  const paths = tarballs.map((tarball) => tarball.path);
  const install = ['install', '--no-audit', '--no-fund', '--omit=dev', ...paths];
  if (count('npm install of all tarballs in an empty project', await run('npm', install, here))) {
    for (const { name, entryPoints, commands } of tarballs) {
      // What extends vitest is imported by its tests alone; vitest is an optional peer, and not installed here.
      for (const entry of entryPoints.filter((each) => !each.endsWith('/vitest'))) {
        const program = `const m = await import('${entry}'); if (Object.keys(m).length === 0) throw new Error('it exports nothing')`;
        count(`import ${entry}`, await run('node', ['--input-type=module', '-e', program], here));
      }
      for (const command of commands) {
        count(`${name}: npx ${command} --version`, await run('npx', ['--no-install', command, '--version'], here));
      }
    }
    await writeFile(join(project, 'outside.ts'), APPLICATION);
    const drift = (...args: string[]): Promise<Finished> => run('npx', ['--no-install', 'drift', ...args], here);
    if (count('drift build outside.ts', await drift('build', 'outside.ts', '-o', 'outside.img', '--elf', '--map'))) {
      const script = ['--expect', 'drift> ', '--send', 'start outside', '--expect', 'hello from outside'];
      count('drift run outside.img', await drift('run', 'outside.img', '--timeout', '120', ...script));
    }
    await copyFile(join(root, 'packages/machine/examples/custom-machine.mjs'), join(project, 'custom-machine.mjs'));
    const custom = await run('node', ['custom-machine.mjs'], here);
    count('a machine of two cores and a device of its own', custom, 'The guest printed W.');
    const bench = await drift('bench', 'rings', '--guest', '--accel', 'tcg', '--json');
    count('drift bench rings --guest', bench, '"workload":"records"');
    count('drift run, with the image of all examples', await drift('run', '--expect', 'drift> '));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
