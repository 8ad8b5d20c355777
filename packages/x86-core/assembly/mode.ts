/** The mode that code is decoded for and which TLB set its accesses use, followed here from one mode that TypeScript knows to another. */
import {
  CPL,
  CR0,
  CR4,
  DR,
  FIND_MODE,
  JUMPS_KEY,
  LONG_MODE,
  MODE_BITS,
  MODE_ENTRIES,
  MODES,
  RFLAGS_SYSTEM,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_WRITE,
  TLB,
  TLB_CHECKED,
  TLB_SET_BYTES,
  TLB_SETS,
  TLB_SUPERVISOR,
  TLB_SUPERVISOR_AC,
  TLB_USER,
  WATCHED,
  XCR0,
} from '../src/semantics/state';
import { attributesAt, BIG, CS, DS, ES, LONG, segmentAt, SS } from './segment';
import {
  CR0_AM,
  CR0_EM,
  CR0_MP,
  CR0_PE,
  CR0_TS,
  CR4_LA57,
  CR4_OSFXSR,
  CR4_OSXSAVE,
  CR4_SMAP,
  RFLAGS_AC,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VM,
  XCR0_AVX,
} from './register-bits';

const DR7: usize = DR + 8 * 7;

/** Every bit that `codeModeOf` (src/cpu/code-mode.ts) looks at, in one number. */
export function modeFingerprint(core: usize): u32 {
  const cr0 = load<u32>(core + CR0);
  const cr4 = load<u32>(core + CR4);
  const code = attributesAt(segmentAt(core, CS));
  let bits = load<u32>(core + LONG_MODE) | (load<u32>(core + CPL) == 3 ? 2 : 0);
  if ((code & LONG) != 0) bits |= 4;
  if ((code & BIG) != 0) bits |= 8;
  if ((attributesAt(segmentAt(core, SS)) & BIG) != 0) bits |= 16;
  if ((load<u32>(core + RFLAGS_SYSTEM) & RFLAGS_VM) != 0) bits |= 32;
  if ((cr0 & CR0_PE) != 0) bits |= 64;
  if ((cr0 & CR0_TS) != 0) bits |= 128;
  if ((cr0 & CR0_MP) != 0) bits |= 256;
  if ((cr0 & CR0_EM) != 0) bits |= 512;
  if ((cr4 & CR4_OSFXSR) != 0) bits |= 1024;
  if ((cr4 & CR4_OSXSAVE) != 0) bits |= 2048;
  if ((cr4 & CR4_LA57) != 0) bits |= 4096;
  if ((load<u32>(core + XCR0) & XCR0_AVX) != 0) bits |= 8192;
  if ((bits & 5) != 5 && isFlat(core)) bits |= 16384;
  return bits;
}

/** The segments that Segmentation `flat` speaks of lie from 0 to 4 GiB, and may be used as code and for reading and writing. */
function isFlat(core: usize): bool {
  return isWhole(segmentAt(core, CS)) && isFlatData(core, ES) && isFlatData(core, SS) && isFlatData(core, DS);
}

function isFlatData(core: usize, number: usize): bool {
  const segment = segmentAt(core, number);
  return isWhole(segment) && load<u64>(segment + SEGMENT_WRITE) == 0xffff_ffff_0000_0000;
}

function isWhole(segment: usize): bool {
  return load<u64>(segment + SEGMENT_BASE) == 0 && load<u32>(segment + SEGMENT_LIMIT) == 0xffff_ffff;
}

/** The TLB set for the accesses of the present mode, where none is watched. */
export function tlbSet(core: usize): u32 {
  const ac = (load<u32>(core + RFLAGS_SYSTEM) & RFLAGS_AC) != 0;
  if (load<u32>(core + CPL) == 3) return ac && (load<u32>(core + CR0) & CR0_AM) != 0 ? TLB_CHECKED : TLB_USER;
  return ac && (load<u32>(core + CR4) & CR4_SMAP) != 0 ? TLB_SUPERVISOR_AC : TLB_SUPERVISOR;
}

/**
 * Puts the mode that the registers are in now to use, as `Cpu` does it, which has put the one before to use.
 * @returns false: TypeScript is to do it
 */
export function followMode(core: usize): bool {
  const system = load<u32>(core + RFLAGS_SYSTEM);
  if ((system & RFLAGS_TF) != 0 || load<u8>(core + DR7) != 0 || load<i32>(core + WATCHED) != 0) return false;
  const fingerprint = modeFingerprint(core);
  const entry = modeEntry(core, fingerprint);
  const found = load<u32>(entry + 4);
  if (found == 0 || load<u32>(entry) != fingerprint) return false;
  // Without instruction breakpoints RF asks for nothing.
  store<u32>(core + RFLAGS_SYSTEM, system & ~RFLAGS_RF);
  store<u32>(core + FIND_MODE, found);
  store<u32>(core + JUMPS_KEY, (load<u32>(core + JUMPS_KEY) & (-1 << MODE_BITS)) | (found - 1));
  store<u32>(core + TLB, <u32>(core + TLB_SETS + TLB_SET_BYTES * tlbSet(core)));
  return true;
}

/** The mode in use is one that code may be found in: notes its number. */
export function knowMode(core: usize, number: u32): void {
  const fingerprint = modeFingerprint(core);
  const entry = modeEntry(core, fingerprint);
  store<u32>(entry, fingerprint);
  store<u32>(entry + 4, number + 1);
}

export function forgetModes(core: usize): void {
  memory.fill(core + MODES, 0, MODE_ENTRIES << 3);
}

function modeEntry(core: usize, fingerprint: u32): usize {
  return core + MODES + ((<usize>((fingerprint ^ (fingerprint >> 7)) & (MODE_ENTRIES - 1))) << 3);
}
