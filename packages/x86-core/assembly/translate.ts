/**
 * What inlined TLB checks fall back to: a host address for an access, or a BOUNCE that stands for memory which has none of its own.
 *
 * A place in BOUNCE_PLACES, for each slot: host address (4 bytes, 0: the bus), bytes (4), physical address (8); and the same again for the part on the
 * next page, whose bytes are 0 where there is none.
 */
import { ACCESS_USER, ACCESS_WRITE, PAGE_CODE, PAGE_READ, PAGE_WRITE } from '../src/semantics/machine-memory';
import { HAZARD_COMMIT } from '../src/semantics/mailbox';
import {
  BOUNCE,
  BOUNCE_BYTES,
  BOUNCE_PLACES,
  CPL,
  CR0,
  CR4,
  LONG_MODE,
  NOWHERE,
  RFLAGS_SYSTEM,
  TLB,
  TRANSLATED,
  TRANSLATED_HOST,
  WATCHED,
} from '../src/semantics/state';
import { busRead, busWrite, lockBus, unlockBus, watch } from './bus';
import { notCanonical, raise } from './exception';
import { isCanonical, NOT_TRANSLATED, pageIsGlobal, pageIsLarge, translateLinear } from './page-walk';
import { beforeStore, bytesBeforeCode, hostAddress, physicalEntry, publishHazard } from './physical';
import { fillTlb, recallEntry, tlbEntry, unmarkEntry } from './tlb';
import { CR0_AM, RFLAGS_AC } from './register-bits';

const WRITE: i32 = 1;
const READ_FIRST: i32 = 2;
const STACK: i32 = 4;
const PLACE_BYTES: usize = 32;
const PART_BYTES: usize = 16;
const ALIGNMENT_CHECK: i32 = 17;

/** Host address for `bytes` bytes at a linear address, or 0 after an exception. Stored too. `access`: see lowering-memory.ts. */
export function translate(core: usize, address: u64, bytes: i32, access: i32): usize {
  const host = lookUp(core, address, bytes, access);
  store<u32>(core + TRANSLATED_HOST, <u32>host);
  return host;
}

function lookUp(core: usize, address: u64, bytes: i32, access: i32): usize {
  const write = (access & WRITE) != 0;
  const page = address & ~0xfff;
  if (((address + <u64>(bytes - 1)) & ~0xfff) == page) {
    const entry = tlbEntry(core, address, write);
    if (recallEntry(core, entry, page)) {
      const host = <usize>(<u32>address + load<u32>(entry + 8));
      if (unmarkEntry(entry)) {
        store<u32>(core + TRANSLATED, <u32>address & 0xfff);
        return host;
      }
      // Beside the code of a page that holds some.
      publishHazard(core, <usize>(access >> 4), host);
      if (bytesBeforeCode(host, bytes) == <u32>bytes) {
        store<u32>(core + TRANSLATED, NOWHERE);
        return host;
      }
    }
  }
  return walk(core, address, bytes, access);
}

/** By the paging structures. */
function walk(core: usize, address: u64, bytes: i32, access: i32): usize {
  store<u32>(core + TRANSLATED, NOWHERE);
  const write = (access & WRITE) != 0;
  const isUser = load<i32>(core + CPL) == 3;
  const rights = (write ? ACCESS_WRITE : 0) | (isUser ? ACCESS_USER : 0);
  const inLongMode = load<i32>(core + LONG_MODE) != 0;
  let linear = address;
  let end = address + <u64>(bytes - 1);
  if (!inLongMode) {
    linear &= 0xffff_ffff;
    end &= 0xffff_ffff;
  } else if (!isCanonical(core, linear) || !isCanonical(core, end)) {
    notCanonical(core, (access & STACK) != 0);
    return 0;
  }
  if (isUser && isMisaligned(core, linear, bytes)) {
    raise(core, ALIGNMENT_CHECK, 0, 1);
    return 0;
  }
  if (load<i32>(core + WATCHED) != 0) watch(core, linear, bytes, write ? 1 : 0);
  const physical = translateLinear(core, linear, rights);
  if (physical == NOT_TRANSLATED) return 0;
  const slot = <usize>(access >> 4);
  const second = end & ~0xfff;
  if (second == (linear & ~0xfff)) {
    const entry = physicalEntry(physical);
    if ((entry & (write ? PAGE_WRITE : PAGE_READ)) != 0) {
      if (write && (entry & PAGE_CODE) != 0) beforeStore(core, slot, physical, bytes);
      // Dropping the code may have taken the mark away.
      const now = physicalEntry(physical);
      const host = hostAddress(now, physical);
      const code = write && (now & PAGE_CODE) != 0;
      const isFound = fillTlb(core, linear, host & ~0xfff, write, pageIsGlobal, pageIsLarge, code);
      if (isFound) store<u32>(core + TRANSLATED, <u32>linear & 0xfff);
      return host;
    }
    setPart(core, slot, 0, physical, bytes, write);
    setPart(core, slot, 1, 0, 0, write);
  } else {
    const next = translateLinear(core, second, rights);
    if (next == NOT_TRANSLATED) return 0;
    const first = <i32>(0x1000 - (linear & 0xfff));
    setPart(core, slot, 0, physical, first, write);
    setPart(core, slot, 1, next, bytes - first, write);
  }
  const bounce = core + BOUNCE + slot * BOUNCE_BYTES;
  if (!write || (access & READ_FIRST) != 0) {
    const place = core + BOUNCE_PLACES + slot * PLACE_BYTES;
    readPart(core, place, bounce);
    readPart(core, place + PART_BYTES, bounce + load<u32>(place + 4));
  }
  return bounce;
}

/** #AC: SDM 3A 6.15. Vectors are exempt: those that must be aligned raise #GP. */
function isMisaligned(core: usize, linear: u64, bytes: i32): bool {
  if ((load<u32>(core + RFLAGS_SYSTEM) & RFLAGS_AC) == 0) return false;
  if ((load<u64>(core + CR0) & CR0_AM) == 0) return false;
  if (bytes >= 16) return false;
  const natural = bytes >= 8 ? 8 : bytes;
  return (linear & <u64>(natural - 1)) != 0;
}

function setPart(core: usize, slot: usize, part: usize, physical: u64, bytes: i32, write: bool): void {
  const place = core + BOUNCE_PLACES + slot * PLACE_BYTES + part * PART_BYTES;
  const entry = bytes == 0 ? 0 : physicalEntry(physical);
  const hasHost = (entry & (write ? PAGE_WRITE : PAGE_READ)) != 0;
  store<u32>(place, hasHost ? <u32>hostAddress(entry, physical) : 0);
  store<u32>(place + 4, bytes);
  store<u64>(place + 8, physical);
}

function readPart(core: usize, place: usize, to: usize): void {
  const host = load<u32>(place);
  const bytes = load<u32>(place + 4);
  if (bytes == 0) return;
  if (host != 0) memory.copy(to, host, bytes);
  else busRead(core, load<u64>(place + 8), bytes, to);
}

/** The stores to a BOUNCE are complete: they go where they belong. */
export function commit(core: usize, slot: i32): void {
  const place = core + BOUNCE_PLACES + <usize>slot * PLACE_BYTES;
  const bounce = core + BOUNCE + <usize>slot * BOUNCE_BYTES;
  writePart(core, place, bounce);
  writePart(core, place + PART_BYTES, bounce + load<u32>(place + 4));
}

function writePart(core: usize, place: usize, from: usize): void {
  const host = load<u32>(place);
  const bytes = load<u32>(place + 4);
  if (bytes == 0) return;
  const physical = load<u64>(place + 8);
  if (host == 0) {
    busWrite(core, physical, bytes, from);
    return;
  }
  const entry = physicalEntry(physical);
  if ((entry & PAGE_CODE) != 0) beforeStore(core, HAZARD_COMMIT, physical, bytes);
  memory.copy(host, from, bytes);
}

/**
 * A locked access that no atomic operation of the host can make (unaligned, 16 bytes, on two pages): the other cores stand still until `endLocked`.
 * What a BOUNCE holds was read before they did.
 */
export function beginLocked(core: usize, host: usize, slot: i32): void {
  lockBus(core);
  const bounce = core + BOUNCE + <usize>slot * BOUNCE_BYTES;
  if (host != bounce) return;
  const place = core + BOUNCE_PLACES + <usize>slot * PLACE_BYTES;
  const first = load<u32>(place);
  if (first != 0) memory.copy(bounce, first, load<u32>(place + 4));
  const second = load<u32>(place + PART_BYTES);
  if (second != 0) memory.copy(bounce + load<u32>(place + 4), second, load<u32>(place + PART_BYTES + 4));
}

export function endLocked(core: usize): void {
  unlockBus(core);
}
