/**
 * SYSCALL and SYSRET in 64-bit mode, SWAPGS, STAC and CLAC as they usually are. src/system (fast-system-call.ts, control-register.ts) is the definition;
 * this is its usual case, all of it or nothing. RIP is at the instruction, `next` behind it.
 */
import {
  CPL,
  EFER,
  KERNEL_GS_BASE,
  LONG_MODE,
  LSTAR,
  RFLAGS_SYSTEM,
  RIP,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  SFMASK,
  STAR,
} from '../src/semantics/state';
import { readFlags, writeFlags } from './flags';
import { isCanonical } from './page-walk';
import { attributesAt, CS, GS, LONG, segmentAt, setSegment, SS } from './segment';
import { EFER_SCE, R11, RCX, RFLAGS_AC, RFLAGS_RF } from './register-bits';

/** All flags but RF and VM. */
const RETURNED: u32 = 0x3c_7fd7;
const CODE_64: u32 = 0xa09b;
const DATA_32: u32 = 0xc093;
const DPL_3: u32 = 0x60;

function is64Bit(core: usize): bool {
  return load<i32>(core + LONG_MODE) != 0 && (attributesAt(segmentAt(core, CS)) & LONG) != 0;
}

function isOffered(core: usize): bool {
  return (
    (load<u32>(core + EFER) & EFER_SCE) != 0 && is64Bit(core) && load<u64>(segmentAt(core, CS) + SEGMENT_BASE) == 0
  );
}

export function syscallUsual(core: usize, next: u64): bool {
  if (!isOffered(core)) return false;
  const selector = <u32>(load<u64>(core + STAR) >> 32) & 0xfffc;
  const flags = readFlags(core) & ~RFLAGS_RF;
  store<u64>(core + RCX, next);
  store<u64>(core + R11, flags);
  writeFlags(core, flags & ~load<u32>(core + SFMASK));
  store<u32>(core + CPL, 0);
  setSegment(core, CS, selector, 0, 0xffff_ffff, CODE_64, false);
  setSegment(core, SS, selector + 8, 0, 0xffff_ffff, DATA_32, false);
  store<u64>(core + RIP, load<u64>(core + LSTAR));
  return true;
}

/** To 64-bit mode. */
export function sysretUsual(core: usize): bool {
  const target = load<u64>(core + RCX);
  if (!isOffered(core) || load<u32>(core + CPL) != 0 || !isCanonical(core, target)) return false;
  const base = <u32>(load<u64>(core + STAR) >> 48);
  writeFlags(core, load<u32>(core + R11) & RETURNED);
  store<u32>(core + CPL, 3);
  setSegment(core, CS, (base + 16) | 3, 0, 0xffff_ffff, CODE_64 | DPL_3, false);
  setSegment(core, SS, (base + 8) | 3, 0, 0xffff_ffff, DATA_32 | DPL_3, false);
  store<u64>(core + RIP, target);
  return true;
}

export function swapgsUsual(core: usize, next: u64): bool {
  if (!is64Bit(core) || load<u32>(core + CPL) != 0) return false;
  const gs = segmentAt(core, GS);
  const base = load<u64>(core + KERNEL_GS_BASE);
  store<u64>(core + KERNEL_GS_BASE, load<u64>(gs + SEGMENT_BASE));
  setSegment(core, GS, load<u16>(gs + SEGMENT_SELECTOR), base, load<u32>(gs + SEGMENT_LIMIT), attributesAt(gs), false);
  store<u64>(core + RIP, next);
  return true;
}

/** STAC, or CLAC. */
export function alignmentCheckUsual(core: usize, next: u64, on: bool): bool {
  if (!is64Bit(core) || load<u32>(core + CPL) != 0) return false;
  const system = load<u32>(core + RFLAGS_SYSTEM);
  store<u32>(core + RFLAGS_SYSTEM, on ? system | RFLAGS_AC : system & ~RFLAGS_AC);
  store<u64>(core + RIP, next);
  return true;
}
