/** The memory type range registers (SDM 3A 12.11): kept and checked; all memory is cached alike here. */
import { generalProtection } from './cpu-fault.ts';

const CAPABILITIES = 0xfe;
const DEFAULT_TYPE = 0x2ff;
const VARIABLE = 0x200;
const VARIABLE_RANGES = 8;
const fixed: ReadonlySet<number> = new Set([
  0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f,
]);

/** Eight variable ranges, fixed ranges, write combining. */
const capabilities = BigInt(VARIABLE_RANGES) | (1n << 8n) | (1n << 10n);

export function isMtrr(address: number): boolean {
  const variable = address >= VARIABLE && address < VARIABLE + 2 * VARIABLE_RANGES;
  return variable || fixed.has(address) || address === DEFAULT_TYPE || address === CAPABILITIES;
}

export function readMtrr(msrs: ReadonlyMap<number, bigint>, address: number): bigint {
  return address === CAPABILITIES ? capabilities : (msrs.get(address) ?? 0n);
}

/** @throws CpuFault #GP(0) for a memory type that there is not. */
export function writeMtrr(msrs: Map<number, bigint>, address: number, value: bigint): void {
  if (address === CAPABILITIES) throw generalProtection();
  const types = fixed.has(address) ? 64n : address % 2 === 0 || address === DEFAULT_TYPE ? 8n : 0n;
  for (let at = 0n; at < types; at += 8n) {
    if (![0n, 1n, 4n, 5n, 6n].includes((value >> at) & 0xffn)) throw generalProtection();
  }
  msrs.set(address, value);
}
