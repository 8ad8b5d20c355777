/** The kernels: each is one C file with one function `run(rounds)`, which gives a checksum of the work done. */
import { fileURLToPath } from 'node:url';

export const kernelNames = [
  'crc',
  'list-sort',
  'integer-matrix',
  'double-matrix',
  'state-machine',
  'sha-256',
  'fib',
  'sieve',
  'xorshift',
] as const;

export type KernelName = (typeof kernelNames)[number];

/** Folder of the C sources. */
export const kernelFolder: string = fileURLToPath(new URL('./kernels/', import.meta.url));

/** Where a kernel's linear memory begins: modules at memory base 0 share one process, so each has addresses of its own. */
export function memoryStart(kernel: KernelName): number {
  return (1 + kernelNames.indexOf(kernel)) * 0x100000;
}

/** A kernel's name as a part of C identifiers. */
export function identifier(kernel: KernelName): string {
  return kernel.replaceAll('-', '');
}
