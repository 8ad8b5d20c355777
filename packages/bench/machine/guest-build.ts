/** Builds the benchmark guest: disk images that boot by BIOS, and the same kernels as Linux programs. */
import { execFile } from 'node:child_process';
import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findCommand } from '@drift-os/hypervisor';
import type { Bits } from './kernels.ts';
import type { Skips } from './skips.ts';

const execute = promisify(execFile);
const sources = fileURLToPath(new URL('./guest/', import.meta.url));

const CODE = [
  ...['-O2', '-std=gnu11', '-Wall', '-Wextra', '-ffreestanding', '-fno-pic', '-fno-stack-protector'],
  ...['-fno-asynchronous-unwind-tables', '-fcf-protection=none', '-fno-strict-aliasing', '-fno-math-errno'],
  ...['-ffp-contract=off', '-msse2', '-mfpmath=sse', '-nostdlib', '-static', '-no-pie', '-Wl,--build-id=none'],
];
/** Where boot.asm puts the program, and enters it. */
const BARE = ['-Wl,-e,0x100000,-z,max-page-size=4096,--section-start=.entry=0x100000,-Ttext=0x100040'];
const LINUX = ['-DLINUX', '-Wl,-z,noexecstack'];
/** 20 cylinders of 16 heads and 63 sectors. */
const DISK_SIZE = 20 * 16 * 63 * 512;
/** Where the boot sector keeps the mask of the kernels to run, and behind it the scale of their counts. */
const MASK_OFFSET = 0x1b0;

export interface BuiltGuest {
  readonly bits: Bits;
  /** Undefined where nasm or objcopy is missing. */
  readonly image: string | undefined;
  /** Undefined on hosts that do not run such programs. */
  readonly program: string | undefined;
}

/** Builds what this host has the tools for, and says by name what it cannot. */
export async function buildGuest(bits: Bits, folder: string, skips: Skips): Promise<BuiltGuest | undefined> {
  const name = join(folder, `bench${bits}`);
  if ((await findCommand('gcc')) === undefined) {
    skips.add('all kernels', 'gcc is not installed (apt-get install gcc)');
    return undefined;
  }
  try {
    await gcc(bits, [...LINUX, '-o', name]);
  } catch (error) {
    const hint = bits === 32 ? ' (apt-get install gcc-multilib)' : '';
    skips.add(`kernels of ${bits} bits`, `gcc -m${bits} does not work here${hint}: ${firstLine(error)}`);
    return undefined;
  }
  const runsHere = process.platform === 'linux' && process.arch === 'x64';
  if (!runsHere) skips.add('native', 'the kernels run natively on Linux on amd64 only');
  return { bits, image: await buildImage(bits, name, skips), program: runsHere ? name : undefined };
}

async function buildImage(bits: Bits, name: string, skips: Skips): Promise<string | undefined> {
  for (const [command, hint] of [
    ['nasm', 'nasm'],
    ['objcopy', 'binutils'],
  ] as const) {
    if ((await findCommand(command)) !== undefined) continue;
    skips.add('all guests', `${command} is not installed (apt-get install ${hint})`);
    return undefined;
  }
  await gcc(bits, [...BARE, '-o', `${name}.elf`]);
  await execute('objcopy', ['-O', 'binary', `${name}.elf`, `${name}.bin`]);
  const image = `${name}.img`;
  const defines = [`-DBITS=${bits}`, `-DKERNEL="${name}.bin"`];
  await execute('nasm', ['-f', 'bin', ...defines, '-o', image, 'boot.asm'], { cwd: sources });
  await truncate(image, DISK_SIZE);
  return image;
}

/** What an image does from its next boot on. @param scale counts are divided by 2^scale */
export async function selectInImage(image: string, mask: number, scale: number): Promise<void> {
  const file = await open(image, 'r+');
  await file.write(new Uint8Array(Uint32Array.of(mask, scale).buffer), 0, 8, MASK_OFFSET);
  await file.close();
}

async function gcc(bits: Bits, args: readonly string[]): Promise<void> {
  await execute('gcc', [`-m${bits}`, ...CODE, ...args, 'bench.c'], { cwd: sources });
}

function firstLine(error: unknown): string {
  const { stderr } = error as { readonly stderr?: string };
  return (stderr ?? String(error)).trim().split('\n')[0] ?? '';
}
