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

/** Kernels that are written in AssemblyScript, too: `guest/NAME.ts`. */
export const assemblyScriptKernels: readonly KernelName[] = [
  'crc',
  'list-sort',
  'integer-matrix',
  'fib',
  'sieve',
  'xorshift',
];

/** Folder of the AssemblyScript sources. */
export const guestFolder: string = fileURLToPath(new URL('./guest/', import.meta.url));

/** Bytes from one kernel's memory to the next one's: half for C, half for AssemblyScript. */
const MEMORY_BYTES = 0x200000;

/** Where a kernel's linear memory begins: modules at memory base 0 share one process, so each has addresses of its own. */
export function memoryStart(kernel: KernelName): number {
  return (1 + kernelNames.indexOf(kernel)) * MEMORY_BYTES;
}

/** Where the memory of its AssemblyScript version begins. */
export function guestMemoryStart(kernel: KernelName): number {
  return memoryStart(kernel) + MEMORY_BYTES / 2;
}

/** A kernel's name as a part of C identifiers. */
export function identifier(kernel: KernelName): string {
  return kernel.replaceAll('-', '');
}
