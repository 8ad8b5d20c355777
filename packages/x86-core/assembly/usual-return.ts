/**
 * IRETD in protected mode and IRETQ in 64-bit mode as they usually are: to the same level or an outer one, with tables and stack in the TLB.
 * src/system/interrupt-return.ts is the definition; this is its usual case, all of it or nothing.
 */
import { CPL, CR0, LONG_MODE, RFLAGS_SYSTEM, RIP, SEGMENT_BASE, SEGMENT_LIMIT } from '../src/semantics/state';
import { readFlags, writeFlags } from './flags';
import { isCanonical } from './page-walk';
import { hostOf } from './tlb';
import {
  attributesAt,
  BIG,
  CODE,
  CONFORMING,
  CS,
  DS,
  ES,
  EXPAND_DOWN,
  FS,
  GS,
  LONG,
  segmentAt,
  SS,
  UNUSABLE,
  WRITABLE,
} from './segment';
import {
  attributesOf,
  dplOf,
  isUsualCode,
  isUsualStack,
  limitOf,
  loadNull,
  loadSegment,
  usualDescriptor,
} from './usual-segment';
import { CR0_PE, RFLAGS_IF, RFLAGS_IOPL, RFLAGS_NT, RFLAGS_VM, RSP } from './register-bits';

/** CF PF AF ZF SF TF DF OF NT RF AC ID: what IRET always writes. */
const ALWAYS: u32 = 0x25_4dd5;
/** IF IOPL VIF VIP: what it writes at CPL 0. */
const AT_LEVEL_0: u32 = 0x18_3200;

/**
 * @param bytes the operand size: 4 or 8
 * @returns false: nothing was done, and TypeScript is to do it all
 */
export function returnUsual(core: usize, bytes: u32): bool {
  if ((load<u32>(core + CR0) & CR0_PE) == 0 || (load<u32>(core + RFLAGS_SYSTEM) & (RFLAGS_VM | RFLAGS_NT)) != 0)
    return false;
  if (load<i32>(core + LONG_MODE) == 0) return bytes == 4 && returnProtected(core);
  return bytes == 8 && (attributesAt(segmentAt(core, CS)) & LONG) != 0 && returnLong(core);
}

/** The code segment of a return, or 0. */
function targetOf(core: usize, selector: u32, cpl: u32): u64 {
  const level = selector & 3;
  if (level < cpl) return 0;
  const code = usualDescriptor(core, selector);
  return code != 0 && isUsualCode(core, code) && dplOf(code) == level ? code : 0;
}

function returnLong(core: usize): bool {
  const cpl = load<u32>(core + CPL);
  const pointer = load<u64>(core + RSP);
  if ((pointer & 7) != 0) return false;
  const frame = hostOf(core, pointer, 40, cpl == 3, false);
  if (frame == 0) return false;
  const target = load<u64>(frame);
  const selector = <u32>load<u16>(frame + 8);
  const code = targetOf(core, selector, cpl);
  if (code == 0 || (attributesOf(code) & (LONG | BIG)) != LONG || !isCanonical(core, target)) return false;
  const level = selector & 3;
  const stackSelector = <u32>load<u16>(frame + 32);
  let stack: u64 = 0;
  if ((stackSelector & 0xfffc) == 0) {
    if (level == 3 || stackSelector != level) return false;
  } else {
    stack = usualDescriptor(core, stackSelector);
    if (stack == 0 || !isUsualStack(stack, stackSelector, level)) return false;
  }
  enter(core, cpl, selector, code, target, load<u32>(frame + 16));
  if (stack == 0) loadNull(core, SS, stackSelector, level);
  else loadSegment(core, SS, stackSelector, stack);
  store<u64>(core + RSP, load<u64>(frame + 24));
  return true;
}

function returnProtected(core: usize): bool {
  const cpl = load<u32>(core + CPL);
  const current = segmentAt(core, SS);
  const attributes = attributesAt(current);
  if ((attributes & (UNUSABLE | CODE | EXPAND_DOWN | BIG)) != BIG) return false;
  const pointer = load<u32>(core + RSP);
  const linear = <u32>load<u64>(current + SEGMENT_BASE) + pointer;
  if ((linear & 3) != 0) return false;
  // Of the longer frame: that it lies behind the stack's end is unusual enough.
  const last = pointer + 19;
  if (last < pointer || last > load<u32>(current + SEGMENT_LIMIT)) return false;
  const frame = hostOf(core, linear, 20, cpl == 3, false);
  if (frame == 0) return false;
  const target = load<u32>(frame);
  const selector = <u32>load<u16>(frame + 4);
  const flags = load<u32>(frame + 8);
  if ((flags & RFLAGS_VM) != 0) return false;
  const code = targetOf(core, selector, cpl);
  if (code == 0 || target > limitOf(code)) return false;
  const level = selector & 3;
  if (level == cpl) {
    enter(core, cpl, selector, code, target, flags);
    store<u64>(core + RSP, pointer + 12);
    return true;
  }
  const stackSelector = <u32>load<u16>(frame + 16);
  const stack = usualDescriptor(core, stackSelector);
  if (stack == 0 || !isUsualStack(stack, stackSelector, level) || (attributesOf(stack) & BIG) == 0) return false;
  enter(core, cpl, selector, code, target, flags);
  loadSegment(core, SS, stackSelector, stack);
  store<u64>(core + RSP, load<u32>(frame + 12));
  return true;
}

/** Code, privilege level and flags; without the stack. */
function enter(core: usize, cpl: u32, selector: u32, code: u64, target: u64, flags: u32): void {
  const old = readFlags(core);
  let mask = ALWAYS;
  if (cpl == 0) mask |= AT_LEVEL_0;
  else if (cpl <= (old & RFLAGS_IOPL) >> 12) mask |= RFLAGS_IF;
  writeFlags(core, (old & ~mask) | (flags & mask));
  const level = selector & 3;
  store<u32>(core + CPL, level);
  loadSegment(core, CS, selector, code);
  store<u64>(core + RIP, target);
  if (level != cpl) dropInnerSegments(core, level);
}

/** Data segments that the outer level may not use become null. */
function dropInnerSegments(core: usize, level: u32): void {
  dropInner(core, ES, level);
  dropInner(core, DS, level);
  dropInner(core, FS, level);
  dropInner(core, GS, level);
}

function dropInner(core: usize, number: usize, level: u32): void {
  const attributes = attributesAt(segmentAt(core, number));
  if ((attributes & UNUSABLE) != 0 || (attributes & (CODE | CONFORMING)) == (CODE | CONFORMING)) return;
  if (((attributes >> 5) & 3) < level) loadNull(core, number, 0, 0);
}
