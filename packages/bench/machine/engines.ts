/** What runs the guest: our machine in both tiers, QEMU's translator, v86, and the host's processor itself. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findCommand, qemuProgram } from '@drift-os/hypervisor';
import type { Bits } from './kernels.ts';
import type { Skips } from './skips.ts';

const execute = promisify(execFile);

export type EngineName = 'ours-jit' | 'ours-interpreter' | 'tcg' | 'v86' | 'native';
export type Tier = 'interpreter' | 'jit';

/** A program and its arguments. */
export type Command = readonly [string, ...string[]];

/** `drift`, as it is published. */
const drift = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const v86Guest = fileURLToPath(new URL('./v86-guest.ts', import.meta.url));
/** Where Debian's package seabios puts what v86 boots with. */
const SEABIOS = ['/usr/share/seabios/bios.bin', '/usr/share/seabios/vgabios-stdvga.bin'] as const;

export const driftCommand = (...args: readonly string[]): Command => [process.execPath, drift, ...args];

/** Whether this `drift` has both tiers. */
const hasJit = await driftHasJit();

async function driftHasJit(): Promise<boolean> {
  if (!existsSync(drift)) return false;
  const [program, ...args] = driftCommand('run', '--help');
  const { stdout } = await execute(program, args);
  return stdout.includes('--no-jit');
}

/** `drift run` with that tier. */
export function driftRun(tier: Tier, ...args: readonly string[]): Command {
  return driftCommand('run', ...args, ...(tier === 'interpreter' && hasJit ? ['--no-jit'] : []));
}

export function qemuRun(cores: number, memory: string, ...args: readonly string[]): Command {
  return [
    ...([
      qemuProgram.command,
      '-accel',
      'tcg,thread=multi',
      '-cpu',
      'max',
      '-smp',
      String(cores),
      '-m',
      memory,
    ] as const),
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-nodefaults', '-no-reboot'],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4', ...args],
  ];
}

export const qemuDisk = (image: string): string[] => ['-drive', `file=${image},format=raw,if=ide,snapshot=on`];

/** The command that runs an image of the benchmark guest. */
export function imageCommand(engine: Exclude<EngineName, 'native'>, bits: Bits, image: string): Command {
  const cores = bits === 64 ? 2 : 1;
  if (engine === 'tcg') return qemuRun(cores, '512M', ...qemuDisk(image));
  if (engine === 'v86') return [process.execPath, v86Guest, image, ...SEABIOS];
  const tier = engine === 'ours-jit' ? 'jit' : 'interpreter';
  return driftRun(tier, image, '--cores', String(cores), '--memory', '512M');
}

/** Those of the wanted engines that this host can run; the others are named. */
export async function availableEngines<T extends EngineName>(wanted: readonly T[], skips: Skips): Promise<T[]> {
  const found: T[] = [];
  for (const engine of wanted) {
    const why = await whyNot(engine);
    if (why === undefined) found.push(engine);
    else skips.add(engine, why);
  }
  return found;
}

async function whyNot(engine: EngineName): Promise<string | undefined> {
  if (engine === 'tcg') {
    return (await findCommand(qemuProgram.command)) === undefined
      ? 'QEMU is not installed (apt-get install qemu-system-x86)'
      : undefined;
  }
  if (engine === 'v86') {
    return SEABIOS.every((file) => existsSync(file)) ? undefined : 'v86 needs a BIOS (apt-get install seabios)';
  }
  if (engine === 'native') return undefined;
  if (!existsSync(drift)) return 'the command is not built (pnpm build)';
  return engine === 'ours-jit' && !hasJit ? 'this drift has no JIT' : undefined;
}
