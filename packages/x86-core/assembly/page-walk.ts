/** Translation of linear addresses by the paging structures: SDM 3A chapter 4. */
import {
  ACCESS_ANY,
  ACCESS_EXECUTE,
  ACCESS_SYSTEM,
  ACCESS_USER,
  ACCESS_WRITE,
  PHYSICAL_BITS,
} from '../src/semantics/machine-memory';
import {
  CR0,
  CR3,
  CR4,
  EFER,
  LONG_MODE,
  PDPTES,
  PKRU,
  RFLAGS_SYSTEM,
  WALK_PLACES,
  WALK_VALUES,
} from '../src/semantics/state';
import { pageFault } from './exception';
import { readStructure, setStructureBits } from './physical';
import {
  CR0_PG,
  CR0_WP,
  CR4_LA57,
  CR4_PAE,
  CR4_PGE,
  CR4_PKE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
  EFER_NXE,
  RFLAGS_AC,
} from './register-bits';

const PRESENT: u64 = 1;
const WRITABLE: u64 = 2;
const USER: u64 = 4;
const ACCESSED: u64 = 0x20;
const DIRTY: u64 = 0x40;
const LARGE: u64 = 0x80;
const GLOBAL: u64 = 0x100;
const NO_EXECUTE: u64 = 1 << 63;
const FRAME: u64 = ((1 << PHYSICAL_BITS) - 1) & ~0xfff;
/** Bits 51 to PHYSICAL_BITS. */
const BEYOND: u64 = ((1 << 52) - 1) & ~((1 << PHYSICAL_BITS) - 1);
/** Outside of long mode bits 52 to 62 are reserved, too (SDM 3A tables 4-9 to 4-11). */
const PAE_RESERVED: u64 = 0x7ff0_0000_0000_0000;

const FAULT_PRESENT: i32 = 1;
const FAULT_WRITE: i32 = 2;
const FAULT_USER: i32 = 4;
const FAULT_RESERVED: i32 = 8;
const FAULT_FETCH: i32 = 16;
const FAULT_KEY: i32 = 32;

/** What `translateLinear` gives where it raised an exception. */
export const NOT_TRANSLATED: u64 = <u64>-1;

/** Of the last translation: the page is global; it is part of a larger one. */
export let pageIsGlobal: bool = false;
export let pageIsLarge: bool = false;

/** The walk so far: how many entries were used, for the accessed and dirty bits. They are in WALK_PLACES and WALK_VALUES. */
let levels: i32 = 0;
/** All entries so far allow it. */
let writable: bool = false;
let user: bool = false;
let executable: bool = false;

/** The physical address of a linear one, or NOT_TRANSLATED after #PF is raised. Sets accessed and dirty bits. */
export function translateLinear(core: usize, linear: u64, access: i32): u64 {
  pageIsGlobal = false;
  pageIsLarge = false;
  if ((load<u64>(core + CR0) & CR0_PG) == 0) return linear & 0xffff_ffff;
  while (true) {
    levels = 0;
    writable = true;
    user = true;
    executable = true;
    const cr4 = load<u64>(core + CR4);
    let physical: u64;
    if ((cr4 & CR4_PAE) == 0) physical = walk32(core, linear, access, cr4);
    else physical = walk64(core, linear, access, cr4);
    if (physical == NOT_TRANSLATED) return physical;
    const leaf = load<u64>(core + WALK_VALUES + ((<usize>(levels - 1)) << 3));
    const refused = checkRights(core, leaf, access, cr4);
    if (refused >= 0) return fault(core, linear, access, FAULT_PRESENT | refused);
    if (setAccessed(core, (access & ACCESS_WRITE) != 0, (cr4 & CR4_PAE) == 0 ? 4 : 8)) {
      pageIsGlobal = (leaf & GLOBAL) != 0 && (cr4 & CR4_PGE) != 0;
      return physical;
    }
  }
}

function fault(core: usize, linear: u64, access: i32, code: i32): u64 {
  let all = code;
  if ((access & ACCESS_WRITE) != 0) all |= FAULT_WRITE;
  if ((access & ACCESS_USER) != 0) all |= FAULT_USER;
  if ((access & ACCESS_EXECUTE) != 0) {
    const cr4 = load<u64>(core + CR4);
    const noExecute = (load<u64>(core + EFER) & EFER_NXE) != 0 && (cr4 & CR4_PAE) != 0;
    if (noExecute || (cr4 & CR4_SMEP) != 0) all |= FAULT_FETCH;
  }
  pageFault(core, linear, all);
  return NOT_TRANSLATED;
}

/** Reads an entry and notes it. @returns the entry, not present where bit 0 is clear. */
function step(core: usize, place: u64, bytes: i32): u64 {
  const entry = readStructure(core, place, bytes);
  store<u64>(core + WALK_PLACES + ((<usize>levels) << 3), place);
  store<u64>(core + WALK_VALUES + ((<usize>levels) << 3), entry);
  levels++;
  if ((entry & WRITABLE) == 0) writable = false;
  if ((entry & USER) == 0) user = false;
  return entry;
}

/** 32-bit paging: SDM 3A 4.3. */
function walk32(core: usize, linear: u64, access: i32, cr4: u64): u64 {
  const directory = load<u64>(core + CR3) & 0xffff_f000;
  const upper = step(core, directory | ((linear >> 20) & 0xffc), 4);
  if ((upper & PRESENT) == 0) return fault(core, linear, access, 0);
  if ((upper & LARGE) != 0 && (cr4 & CR4_PSE) != 0) {
    if ((upper & 0x20_0000) != 0) return fault(core, linear, access, FAULT_PRESENT | FAULT_RESERVED);
    pageIsLarge = true;
    return (upper & 0xffc0_0000) | (((upper >> 13) & 0xff) << 32) | (linear & 0x3f_ffff);
  }
  const lower = step(core, (upper & 0xffff_f000) | ((linear >> 10) & 0xffc), 4);
  if ((lower & PRESENT) == 0) return fault(core, linear, access, 0);
  return (lower & 0xffff_f000) | (linear & 0xfff);
}

/** PAE, 4-level and 5-level paging: SDM 3A 4.4, 4.5. */
function walk64(core: usize, linear: u64, access: i32, cr4: u64): u64 {
  let reserved = BEYOND | ((load<u64>(core + EFER) & EFER_NXE) != 0 ? 0 : NO_EXECUTE);
  let table: u64;
  let shift: u64;
  if (load<i32>(core + LONG_MODE) != 0) {
    table = load<u64>(core + CR3) & FRAME;
    shift = (cr4 & CR4_LA57) != 0 ? 48 : 39;
  } else {
    reserved |= PAE_RESERVED;
    const pointer = load<u64>(core + PDPTES + ((<usize>((linear >> 30) & 3)) << 3));
    if ((pointer & PRESENT) == 0) return fault(core, linear, access, 0);
    table = pointer & FRAME;
    shift = 21;
  }
  while (true) {
    const entry = step(core, table | (((linear >> shift) & 511) << 3), 8);
    if ((entry & PRESENT) == 0) return fault(core, linear, access, 0);
    if ((entry & NO_EXECUTE) != 0) executable = false;
    let wrong = entry & reserved;
    const isLarge = (entry & LARGE) != 0 && shift > 12;
    if (isLarge && shift > 30) wrong |= LARGE;
    const offset = ((<u64>1) << shift) - 1;
    // Bit 12 of a large page's entry is its PAT bit.
    if (isLarge) wrong |= entry & offset & ~0x1fff;
    if (wrong != 0) return fault(core, linear, access, FAULT_PRESENT | FAULT_RESERVED);
    if (isLarge || shift == 12) {
      pageIsLarge = isLarge;
      return (entry & FRAME & ~offset) | (linear & offset);
    }
    table = entry & FRAME;
    shift -= 9;
  }
}

/** SDM 3A 4.6. @returns -1 where the access is allowed, else bits to add to the error code. */
function checkRights(core: usize, leaf: u64, access: i32, cr4: u64): i32 {
  const isUser = (access & ACCESS_USER) != 0;
  const isWrite = (access & ACCESS_WRITE) != 0;
  const protectsSupervisor = (load<u64>(core + CR0) & CR0_WP) != 0;
  if (isUser && !user) return 0;
  if ((access & ACCESS_EXECUTE) != 0) {
    if (!executable && (load<u64>(core + EFER) & EFER_NXE) != 0) return 0;
    return !isUser && user && (cr4 & CR4_SMEP) != 0 ? 0 : -1;
  }
  if (isWrite && !writable && (isUser || protectsSupervisor)) return 0;
  if (!isUser && user && (cr4 & CR4_SMAP) != 0 && (access & ACCESS_ANY) == 0) {
    const allowed = (load<u32>(core + RFLAGS_SYSTEM) & RFLAGS_AC) != 0 && (access & ACCESS_SYSTEM) == 0;
    if (!allowed) return 0;
  }
  if (!user || (cr4 & CR4_PKE) == 0 || load<i32>(core + LONG_MODE) == 0) return -1;
  const key = load<u32>(core + PKRU) >> ((<u32>(leaf >> 59) & 15) * 2);
  if ((key & 1) != 0) return FAULT_KEY;
  return (key & 2) != 0 && isWrite && (isUser || protectsSupervisor) ? FAULT_KEY : -1;
}

/** @returns false where another core changed an entry meanwhile: walk again. */
function setAccessed(core: usize, write: bool, bytes: i32): bool {
  for (let level = 0; level < levels; level++) {
    const value = load<u64>(core + WALK_VALUES + ((<usize>level) << 3));
    let bits = ACCESSED;
    if (write && level == levels - 1) bits |= DIRTY;
    if ((value & bits) == bits) continue;
    const place = load<u64>(core + WALK_PLACES + ((<usize>level) << 3));
    if (!setStructureBits(core, place, value, bits, bytes)) return false;
    store<u64>(core + WALK_VALUES + ((<usize>level) << 3), value | bits);
  }
  return true;
}

/** Whether the upper bits of an address repeat its top one, in 48 or 57 bits. */
export function isCanonical(core: usize, address: u64): bool {
  const above: i64 = (load<u64>(core + CR4) & CR4_LA57) != 0 ? 7 : 16;
  return <u64>(((<i64>address) << above) >> above) == address;
}
