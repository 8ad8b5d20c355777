/** `drift run` on the PC of our own: options to a machine. */
import { readFile } from 'node:fs/promises';
import { createMachine, type Machine, type MachineOptions, type MemorySize, parseMemorySize } from '@drift-os/machine';
import { type Arguments, readChoice, readNumber } from './command-line.ts';
import { UsageError } from './exit-codes.ts';

/** Options that only make sense on QEMU or Bochs. */
const FOREIGN = ['machine', 'accel', 'cpu'];

/** What the machine is made of besides the image to boot. @throws UsageError, or MachineError */
export async function machineOptions(given: Arguments): Promise<MachineOptions> {
  for (const option of FOREIGN) {
    if (given.flag(option)) throw new UsageError(`--${option} is for --on qemu.`, 'run');
  }
  const memory = (given.value('memory') ?? '512M') as MemorySize;
  parseMemorySize(memory);
  const bios = await fileOf(given, 'bios');
  const vgaBios = await fileOf(given, 'vga-bios');
  const kernel = await fileOf(given, 'kernel');
  const initrd = await fileOf(given, 'initrd');
  const commandLine = given.value('append');
  if (kernel === undefined && (initrd !== undefined || commandLine !== undefined)) {
    throw new UsageError('--initrd and --append go with --kernel.', 'run');
  }
  const cores = readNumber('run', 'cores', given.value('cores')) ?? (kernel === undefined ? 4 : 1);
  return {
    cores,
    execution: executionOf(given),
    memory,
    onReset: given.flag('no-restart') ? 'end' : 'restart',
    time: given.flag('deterministic') ? 'virtual' : 'host',
    jit: !given.flag('no-jit'),
    ...(bios === undefined ? {} : { bios }),
    ...(vgaBios === undefined ? {} : { vgaBios }),
    ...(kernel === undefined
      ? {}
      : {
          linux: {
            kernel,
            ...(initrd === undefined ? {} : { initrd }),
            ...(commandLine === undefined ? {} : { commandLine }),
          },
        }),
  };
}

/** Options that look at instructions in their order, or count them. */
const IN_TURNS = ['deterministic', 'trace', 'times', 'profile'];

/**
 * In turns unless asked: a thread for each core costs its start, and where the host has fewer processors to give than the guest has cores, a core waits
 * for another that is not running.
 * @throws UsageError
 */
function executionOf(given: Arguments): 'turns' | 'parallel' {
  const wanted = readChoice('run', 'execution', given.value('execution'), ['turns', 'parallel']) ?? 'turns';
  const reason = IN_TURNS.find((option) => given.flag(option));
  if (wanted === 'parallel' && reason !== undefined) {
    throw new UsageError(`--${reason} needs --execution turns.`, 'run');
  }
  return wanted;
}

async function fileOf(given: Arguments, option: string): Promise<Uint8Array | undefined> {
  const path = given.value(option);
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(`--${option}: ${error instanceof Error ? error.message : String(error)}`, 'run');
  }
}

export async function startMachine(options: MachineOptions, image: string | Uint8Array | undefined): Promise<Machine> {
  if (image === undefined) return createMachine(options);
  const disk = typeof image === 'string' ? await readFile(image) : image;
  return createMachine({ ...options, disks: [disk] });
}
