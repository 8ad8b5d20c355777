/** Sizes as people write them: 512M, 2G. */
import { LOW_MEMORY_LIMIT } from './addresses.ts';
import { MachineError } from './machine-error.ts';

export type MemorySize = number | `${number}${'K' | 'M' | 'G'}`;

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const LEAST = 2 * 2 ** 20;

/**
 * @returns bytes
 * @throws MachineError BAD_OPTION when it is not 2 MiB to 3 GiB in whole MiB
 */
export function parseMemorySize(size: MemorySize): number {
  const [, digits, unit] = /^([0-9]+)([KMG]?)$/.exec(String(size)) ?? [];
  const bytes = Number(digits) * (UNITS[unit ?? ''] ?? 1);
  if (!(bytes >= LEAST && bytes <= LOW_MEMORY_LIMIT && bytes % 2 ** 20 === 0)) {
    throw new MachineError(
      'BAD_OPTION',
      `memory: ${size} is not a size from 2M to 3G in whole megabytes. Write 512M, for example.`,
    );
  }
  return bytes;
}
