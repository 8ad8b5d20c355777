/** What runs the guest: our machine in its tiers, QEMU's translator, v86, Bochs, and the host's processor itself. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bochsProgram, findCommand, qemuProgram } from '@drift-os/hypervisor';
import type { Bits, Measurement } from './kernels.ts';
import type { Skips } from './skips.ts';

const execute = promisify(execFile);

/** `ours-parallel` is the compiler with a thread for each core. */
export const engineNames = ['ours-jit', 'ours-parallel', 'ours-interpreter', 'tcg', 'v86', 'bochs', 'native'] as const;
export type EngineName = (typeof engineNames)[number];

/** A program and its arguments. */
export type Command = readonly [string, ...string[]];

/** `drift`, as it is published. */
const drift = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const v86Guest = fileURLToPath(new URL('./v86-guest.ts', import.meta.url));
const bochsGuest = fileURLToPath(new URL('./bochs-guest.ts', import.meta.url));
/** Where Debian's package seabios puts what v86 boots with. */
const SEABIOS = ['/usr/share/seabios/bios.bin', '/usr/share/seabios/vgabios-stdvga.bin'] as const;
const MEMORY = '512M';

export const driftCommand = (...args: readonly string[]): Command => [process.execPath, drift, ...args];

/** Whether this `drift` has both tiers. */
const hasJit = await driftHasJit();

async function driftHasJit(): Promise<boolean> {
  if (!existsSync(drift)) return false;
  const [program, ...args] = driftCommand('run', '--help');
  const { stdout } = await execute(program, args);
  return stdout.includes('--no-jit');
}

/** `drift run` on our machine of that name. */
export function driftRun(engine: EngineName, ...args: readonly string[]): Command {
  if (engine === 'ours-parallel') return driftCommand('run', ...args, '--execution', 'parallel');
  return driftCommand('run', ...args, ...(engine === 'ours-interpreter' && hasJit ? ['--no-jit'] : []));
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
  if (engine === 'tcg') return qemuRun(cores, MEMORY, ...qemuDisk(image));
  if (engine === 'v86') return [process.execPath, v86Guest, image, ...SEABIOS];
  if (engine === 'bochs') {
    return [process.execPath, '--conditions=@drift-os/source', bochsGuest, image, MEMORY];
  }
  return driftRun(engine, image, '--cores', String(cores), '--memory', MEMORY);
}

/** Whether the engine can run it, and there is something to learn from it. */
export function measures(engine: EngineName, { bits, kernels }: Measurement): boolean {
  const twoCores = kernels.some((kernel) => kernel.twoCores === true);
  if (engine === 'v86') return bits === 32;
  if (engine === 'bochs') return !twoCores;
  return engine !== 'ours-parallel' || twoCores;
}

/** These take as long for one round as the others for all; their ratios are large, and need not be known as well. */
export const isMeasuredOnce = (engine: EngineName): boolean => engine === 'ours-interpreter' || engine === 'bochs';

/**
 * How much less is done there than natively, as a power of two, so that it does not take minutes. Times are compared by repetition. Where compiling may be
 * a part of the time, that is: nowhere on `ours-jit` but for a kernel that does hardly anything else than to change from core to core.
 */
export function scaleOf(engine: EngineName, { kernels }: Measurement): number {
  const has = (name: string): boolean => kernels.some((kernel) => kernel.name === name);
  switch (engine) {
    case 'bochs':
      return 5;
    case 'ours-interpreter':
      return has('saxpy') ? 5 : 3;
    case 'ours-jit':
      return has('smp_ping') ? 3 : 0;
    case 'tcg':
      return has('saxpy') ? 3 : has('nbody') ? 2 : 0;
    case 'v86':
      return has('saxpy') ? 2 : 0;
    default:
      return 0;
  }
}

/** Those of the wanted engines that this host can run; the others are named. */
export async function availableEngines(wanted: readonly EngineName[], skips: Skips): Promise<EngineName[]> {
  const found: EngineName[] = [];
  for (const engine of wanted) {
    const why = await whyNot(engine);
    if (why === undefined) found.push(engine);
    else skips.add(engine, why);
  }
  return found;
}

async function whyNot(engine: EngineName): Promise<string | undefined> {
  switch (engine) {
    case 'tcg':
      return (await findCommand(qemuProgram.command)) === undefined
        ? 'QEMU is not installed (apt-get install qemu-system-x86)'
        : undefined;
    case 'bochs':
      return (await findCommand(bochsProgram.command)) === undefined
        ? 'Bochs is not installed (apt-get install bochs)'
        : undefined;
    case 'v86':
      return SEABIOS.every((file) => existsSync(file)) ? undefined : 'v86 needs a BIOS (apt-get install seabios)';
    case 'native':
      return undefined;
    default:
      if (!existsSync(drift)) return 'the command is not built (pnpm build)';
      return engine !== 'ours-interpreter' && !hasJit ? 'this drift has no JIT' : undefined;
  }
}
