/** Guest-physical memory: RAM and ROM through PHYSICAL, the rest through the bus. */
import { CODE_GRANULE_BITS, CODE_MAP, PAGE_CODE, PAGE_WRITE, PHYSICAL } from '../src/semantics/machine-memory';
import { HAZARD_WALK, HAZARDS } from '../src/semantics/mailbox';
import { BOUNCE } from '../src/semantics/state';
import { busRead, codeWritten } from './bus';

const GRANULE: usize = 1 << CODE_GRANULE_BITS;
const GRANULE_MASK: usize = GRANULE - 1;

/** The entry of PHYSICAL for an address; 0 where the bus is to be asked. */
export function physicalEntry(address: u64): u32 {
  return address >> 32 != 0 ? 0 : load<u32>(<usize>PHYSICAL + ((<usize>(address >> 12)) << 2));
}

/** Host address of a byte whose page has this entry. */
export function hostAddress(entry: u32, address: u64): usize {
  return <usize>((entry & ~0xfff) | (<u32>address & 0xfff));
}

/** A paging-structure entry of 4 or 8 bytes. */
export function readStructure(core: usize, address: u64, bytes: i32): u64 {
  const entry = physicalEntry(address);
  if (entry == 0) {
    store<u64>(core + BOUNCE, 0);
    busRead(core, address, bytes, core + BOUNCE);
    return load<u64>(core + BOUNCE);
  }
  const host = hostAddress(entry, address);
  return bytes == 8 ? load<u64>(host) : load<u32>(host);
}

/** Sets bits in a paging-structure entry, unless it is no longer what was read. @returns whether it was still that. */
export function setStructureBits(core: usize, address: u64, expected: u64, bits: u64, bytes: i32): bool {
  const entry = physicalEntry(address);
  if ((entry & PAGE_WRITE) == 0) return true;
  const host = hostAddress(entry, address);
  if ((entry & PAGE_CODE) != 0) beforeStore(core, HAZARD_WALK, address, bytes);
  if (bytes == 8) return atomic.cmpxchg<u64>(host, expected, expected | bits) == expected;
  return atomic.cmpxchg<u32>(host, <u32>expected, <u32>(expected | bits)) == <u32>expected;
}

/**
 * Before a store to a page with CODE: drops decoded code if the bytes are part of it. All of them are on the page. Whoever marks code looks at the
 * hazards behind the mark, and this looks at the marks behind the hazard: one of them sees the other.
 */
export function beforeStore(core: usize, hazard: usize, address: u64, bytes: i32): void {
  const host = hostAddress(physicalEntry(address), address);
  publishHazard(core, hazard, host);
  if (bytesBeforeCode(host, bytes) < <u32>bytes) codeWritten(<u32>(address >> 12));
}

/** A store to a page with CODE may be under way: see src/semantics/mailbox.ts. */
export function publishHazard(core: usize, hazard: usize, host: usize): void {
  atomic.store<u32>(core + HAZARDS + (hazard << 2), <u32>(host >> 12) + 1);
}

/** Bytes from a host address on, at most `bytes`, before the first granule that decoded code was in. */
export function bytesBeforeCode(host: usize, bytes: u32): u32 {
  const end = host + bytes;
  for (let at = host; at < end; at = (at & ~GRANULE_MASK) + GRANULE) {
    const granule = at >> CODE_GRANULE_BITS;
    if ((<i32>atomic.load<u8>(<usize>CODE_MAP + (granule >> 3)) & (1 << (<i32>granule & 7))) != 0)
      return <u32>(at - host);
  }
  return bytes;
}

/** Whether a page of host memory holds decoded code. */
export function holdsCode(page: usize): bool {
  const map = <usize>CODE_MAP + (page >> (CODE_GRANULE_BITS + 3));
  return (
    (atomic.load<u64>(map) | atomic.load<u64>(map + 8) | atomic.load<u64>(map + 16) | atomic.load<u64>(map + 24)) != 0
  );
}
