/** Images of the kernels as their sources are, and a shell in the guest that a test types on. */
import { readFile } from 'node:fs/promises';
import { KERNEL_C_DATA, KERNEL_W_DATA } from '@drift-os/abi/layout/memory-map';
import { compileAssemblyScript } from '@drift-os/asc';
import { type BuiltImage, buildImage, type ImageOptions } from '../src/index.ts';
import { type BootMachine, bootMachine, type BootOptions, type On } from './boot-machine.ts';

/** What of `examples/package.json` counts here. */
interface ExamplesManifest {
  readonly exports: Readonly<Record<string, string>>;
}

const fromHere = (path: string): string => new URL(path, import.meta.url).pathname;

/**
 * Compiles both kernels, the named applications of `examples/`, and `programs` (name and path from this folder), and makes a
 * disk of them.
 */
export async function buildGuest(
  examples: readonly string[],
  { programs = {}, ...options }: { buildName?: string; programs?: Readonly<Record<string, string>> } = {},
): Promise<BuiltImage> {
  kernels ??= compileKernels();
  const { kernelC, kernelW } = await kernels;
  const manifest = JSON.parse(await readFile(fromHere('../../../examples/package.json'), 'utf8')) as ExamplesManifest;
  const applications = examples.map((name) => ({
    name,
    entry: fromHere(`../../../examples/${manifest.exports[`./${name}`] ?? ''}`),
  }));
  for (const [name, path] of Object.entries(programs)) applications.push({ name, entry: fromHere(path) });
  return buildImage({ ...options, applications, kernelC, kernelW });
}

let kernels: ReturnType<typeof compileKernels> | undefined;

async function compileKernels(): Promise<Required<Pick<ImageOptions, 'kernelC' | 'kernelW'>>> {
  const kernelC = await compileAssemblyScript({
    entry: fromHere('../../kernel-c/assembly/main.ts'),
    memoryBase: KERNEL_C_DATA,
    features: ['threads'],
  });
  const kernelW = await compileAssemblyScript({
    entry: fromHere('../../kernel-w/assembly/main.ts'),
    memoryBase: KERNEL_W_DATA,
    features: ['threads', 'simd'],
  });
  return { kernelC, kernelW };
}

export interface GuestOptions extends BootOptions {
  /** What it runs on. */
  readonly on: On;
}

/** A machine that has come to its prompt. */
export class Guest implements AsyncDisposable {
  /** All that was printed before the first prompt. */
  readonly banner: string;
  readonly machine: BootMachine;

  private constructor(machine: BootMachine, banner: string) {
    this.machine = machine;
    this.banner = banner;
  }

  static async boot(image: BuiltImage, { on, ...options }: GuestOptions): Promise<Guest> {
    const machine = await bootMachine(on, image.disk, options);
    try {
      // Bochs simulates 50 million instructions a second at best.
      const { text } = await machine.waitFor('drift> ', { timeout: on === 'bochs' ? 300_000 : 60_000 });
      return new Guest(machine, text.replaceAll('\r\n', '\n'));
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  /** Types a command and gives what it prints, without its echo; lines end in \n. */
  async run(command: string, timeout = 60_000): Promise<string> {
    await this.machine.send(`${command}\r`);
    const { text } = await this.machine.waitFor('drift> ', { timeout });
    const lines = text.replaceAll('\r\n', '\n');
    return lines.slice(lines.indexOf('\n') + 1).replace(/drift> $/, '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machine.stop();
  }
}
