/** CR3, and the four page-directory-pointer-table entries that PAE paging loads with it (SDM 3A 4.4.1). */
import type { CoreContext } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';
import { isLongMode } from './mode.ts';
import { Cr0, Cr4 } from './register-bits.ts';

/** Bits that must be 0 in a PDPTE that is present, below the physical address width. */
const PDPTE_RESERVED = 0x1e6n;

/** Paging is on, and is PAE paging. */
export function usesPdptes(core: CoreContext): boolean {
  return (core.cr0 & Cr0.pg) !== 0 && (core.cr4 & Cr4.pae) !== 0 && !isLongMode(core);
}

/** @throws CpuFault #GP(0) for reserved bits in a PDPTE; then nothing was changed. */
export function loadPdptes(core: CoreContext, directory: bigint): void {
  const table = directory & 0xffff_ffe0n;
  const beyond = ~((1n << BigInt(core.system.features.physicalAddressBits)) - 1n);
  const entries = [0n, 8n, 16n, 24n].map((offset) => core.readPhysical(table + offset, 8));
  for (const entry of entries) {
    if ((entry & 1n) !== 0n && (entry & (PDPTE_RESERVED | BigInt.asUintN(64, beyond))) !== 0n) {
      throw generalProtection();
    }
  }
  for (const [number, entry] of entries.entries()) core.pdptes[number] = entry;
}

/** Sets CR3 and forgets translations that are not global. */
export function loadPageDirectory(core: CoreContext, value: bigint): void {
  if (usesPdptes(core)) loadPdptes(core, value);
  core.cr3 = value;
  core.flushTlb('nonGlobal');
}
