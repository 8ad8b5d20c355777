/** gcc as this package uses it: -O2, from the C sources beside it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findCommand } from '@drift-os/hypervisor';
import { BenchError } from './bench-error.ts';

const execute = promisify(execFile);
const folder = fileURLToPath(new URL('../native/', import.meta.url));

export async function hasCCompiler(): Promise<boolean> {
  return (await findCommand('gcc')) !== undefined;
}

/** Runs gcc in the folder of the C sources. @throws BenchError PROGRAM_MISSING, or FAILED with gcc's own words. */
export async function gcc(...args: readonly string[]): Promise<void> {
  if (!(await hasCCompiler())) {
    const hint = 'Debian, Ubuntu: sudo apt-get install gcc libc6-dev; Fedora: sudo dnf install gcc';
    throw new BenchError('PROGRAM_MISSING', `gcc is not installed; the ring in C is compiled with it. ${hint}`);
  }
  try {
    await execute('gcc', ['-O2', '-Wall', ...args], { cwd: folder });
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    throw new BenchError('FAILED', `gcc failed: ${stderr ?? String(error)}`);
  }
}

/** The ring in C for the guest: freestanding, no red zone, nothing that a hosted C runtime would have to bring. */
export async function compileGuestRing(output: string): Promise<void> {
  const freestanding = ['-ffreestanding', '-fno-pic', '-fno-stack-protector', '-fno-asynchronous-unwind-tables'];
  await gcc(...freestanding, '-mno-red-zone', '-fcf-protection=none', '-c', 'ring-workload.c', '-o', output);
}
