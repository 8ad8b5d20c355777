/** How long operating systems take to boot: Drift to its prompt, a Linux kernel to a shell. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Command, driftCommand, driftRun, type EngineName, qemuDisk, qemuRun } from './engines.ts';
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

export interface LinuxGuest {
  readonly kernel: string;
  readonly initrd: string;
  /** What its shell writes. */
  readonly until: string;
}

/** Seconds. */
const LIMIT = 300;

export const LINUX = 'linux';
export const driftBoots = [
  { name: 'drift, 1 core', cores: 1 },
  { name: 'drift, 4 cores', cores: 4 },
] as const;

/** @param folder for the image to boot, which is the one with all examples, as `drift build` makes it */
export async function preparedBoots(folder: string, linux: LinuxGuest | undefined): Promise<Boot[]> {
  const image = join(folder, 'drift.img');
  const [program, ...args] = driftCommand('build', '-o', image);
  await execute(program, args);
  const boots = driftBoots.map(({ name, cores }) => ({
    name,
    until: 'drift> ',
    command: onMachine(
      () => qemuRun(cores, '512M', ...qemuDisk(image)),
      (engine) => driftRun(engine, image, '--cores', String(cores), '--memory', '512M'),
    ),
  }));
  return linux === undefined ? boots : [...boots, linuxBoot(linux)];
}

function linuxBoot({ kernel, initrd, until }: LinuxGuest): Boot {
  const args = ['--kernel', kernel, '--initrd', initrd, '--append', 'console=ttyS0 quiet'];
  return {
    name: LINUX,
    until,
    command: onMachine(
      () => qemuRun(1, '256M', ...args.map((arg) => arg.replace(/^--/, '-'))),
      (engine) => driftRun(engine, ...args, '--memory', '256M'),
    ),
  };
}

/** On QEMU and on our machine with its compiler: others are not asked how long they take. */
function onMachine(qemu: () => Command, ours: (engine: EngineName) => Command): Boot['command'] {
  return (engine) => (engine === 'tcg' ? qemu() : engine === 'ours-jit' ? ours(engine) : undefined);
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
