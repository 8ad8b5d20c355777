/** How long operating systems take to boot: Drift to its prompt, Debian's kernel to a shell. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Command, driftCommand, driftRun, type EngineName, qemuDisk, qemuRun } from './engines.ts';
import type { Skips } from './skips.ts';
import { runTimed } from './timed-process.ts';

const execute = promisify(execFile);

export interface Boot {
  /** As the report calls it. */
  readonly name: string;
  /** What is on the serial line when it is there. */
  readonly until: string;
  command(engine: EngineName): Command | undefined;
}

export interface BootTime {
  /** Seconds from the start of the process; undefined: it never came. */
  readonly firstByte: number | undefined;
  readonly there: number | undefined;
}

/** Seconds. */
const LIMIT = 600;

/** @param folder for the files to boot */
export async function preparedBoots(folder: string, skips: Skips): Promise<Boot[]> {
  const linux = await debian(folder, skips);
  return [await drift(folder), ...(linux === undefined ? [] : [linux])];
}

/** The image with all examples, as `drift build` makes it. */
async function drift(folder: string): Promise<Boot> {
  const image = join(folder, 'drift.img');
  const [program, ...args] = driftCommand('build', '-o', image);
  await execute(program, args);

  return {
    name: 'drift',
    until: 'drift> ',
    command: (engine) => {
      const memory = '512M';
      if (engine === 'tcg') return qemuRun(4, memory, ...qemuDisk(image));
      const tier = tierOf(engine);
      return tier && driftRun(tier, image, '--cores', '4', '--memory', memory);
    },
  };
}

async function debian(folder: string, skips: Skips): Promise<Boot | undefined> {
  const script = fileURLToPath(new URL('../../machine/test/write-linux-guest.ts', import.meta.url));
  try {
    await execute(process.execPath, ['--conditions=@drift-os/source', script, folder]);
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    skips.add("Debian's kernel", (stderr ?? String(error)).trim().split('\n')[0] ?? '');
    return undefined;
  }
  const [kernel, initrd] = [join(folder, 'vmlinuz'), join(folder, 'initrd')];
  const append = 'console=ttyS0 quiet';
  return {
    name: 'debian',
    until: 'ready',
    command: (engine) => {
      const memory = '256M';
      if (engine === 'tcg') {
        return qemuRun(1, memory, '-kernel', kernel, '-initrd', initrd, '-append', append);
      }
      const tier = tierOf(engine);
      return tier && driftRun(tier, '--kernel', kernel, '--initrd', initrd, '--append', append, '--memory', memory);
    },
  };
}

function tierOf(engine: EngineName): 'jit' | 'interpreter' | undefined {
  if (engine === 'ours-jit') return 'jit';
  return engine === 'ours-interpreter' ? 'interpreter' : undefined;
}

export async function timeBoot(command: Command, until: string): Promise<BootTime> {
  let firstByte: number | undefined;
  let there: number | undefined;
  let output = '';
  const receive = (text: string, seconds: number): boolean => {
    firstByte ??= seconds;
    output += text;
    if (output.includes(until)) there ??= seconds;
    return there !== undefined;
  };
  await runTimed({ command, limit: LIMIT, receive });
  return { firstByte, there };
}
