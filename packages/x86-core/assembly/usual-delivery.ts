/**
 * Interrupts and exceptions as they usually are delivered: through a 32-bit gate in protected mode or a gate in long mode, to the same level or an inner
 * one, with tables and stack in the TLB. src/system/interrupt-delivery.ts is the definition; this is its usual case, all of it or nothing.
 */
import { EVENT_HAS_CODE, EVENT_RESUMES, EVENT_SOFTWARE } from '../src/semantics/usual-event';
import {
  CPL,
  CR0,
  IDTR,
  LONG_MODE,
  RFLAGS_SYSTEM,
  RIP,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
} from '../src/semantics/state';
import { readFlags } from './flags';
import { isCanonical } from './page-walk';
import { hostOf } from './tlb';
import { attributesAt, BIG, CODE, CS, EXPAND_DOWN, LONG, segmentAt, SS, TR, UNUSABLE, WRITABLE } from './segment';
import {
  attributesOf,
  baseOf,
  dplOf,
  isUsualCode,
  isUsualStack,
  limitOf,
  loadNull,
  loadSegment,
  usualDescriptor,
} from './usual-segment';
import { CR0_PE, RFLAGS_IF, RFLAGS_NT, RFLAGS_RF, RFLAGS_TF, RFLAGS_VM, RSP } from './register-bits';

/** Present, system, of 32 or 64 bits; the lowest bit of the type tells a trap gate. */
const GATE_MASK: u32 = 0x9e;
const GATE: u32 = 0x8e;
const TSS_WIDE: u32 = 8;

/**
 * @param kind EVENT_ bits
 * @returns false: nothing was done, and TypeScript is to do it all
 */
export function deliverUsual(core: usize, vector: u32, errorCode: u32, kind: u32): bool {
  if ((load<u32>(core + CR0) & CR0_PE) == 0 || (load<u32>(core + RFLAGS_SYSTEM) & RFLAGS_VM) != 0) return false;
  const long = load<i32>(core + LONG_MODE) != 0;
  const gateBytes: u32 = long ? 16 : 8;
  const offset = vector * gateBytes;
  if (offset + gateBytes - 1 > load<u32>(core + IDTR + 8)) return false;
  const entry = hostOf(core, load<u64>(core + IDTR) + offset, gateBytes, false, false);
  if (entry == 0) return false;
  const gate = load<u64>(entry);
  if ((attributesOf(gate) & GATE_MASK) != GATE) return false;
  const cpl = load<u32>(core + CPL);
  if ((kind & EVENT_SOFTWARE) != 0 && dplOf(gate) < cpl) return false;
  const selector = <u32>(gate >> 16) & 0xffff;
  const code = usualDescriptor(core, selector);
  const level = dplOf(code);
  if (code == 0 || !isUsualCode(core, code) || level > cpl) return false;
  let target = (gate & 0xffff) | ((gate >> 32) & 0xffff_0000);
  if (long) {
    target |= load<u64>(entry + 8) << 32;
    if ((attributesOf(code) & (LONG | BIG)) != LONG || !isCanonical(core, target)) return false;
    if (!pushLong(core, <u32>(gate >> 32) & 7, cpl, level, errorCode, kind)) return false;
  } else if (target > <u64>limitOf(code) || !pushProtected(core, cpl, level, errorCode, kind)) return false;
  const cleared = RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | ((attributesOf(gate) & 1) == 0 ? RFLAGS_IF : 0);
  store<u32>(core + RFLAGS_SYSTEM, load<u32>(core + RFLAGS_SYSTEM) & ~cleared);
  store<u32>(core + CPL, level);
  loadSegment(core, CS, (selector & ~3) | level, code);
  store<u64>(core + RIP, target);
  return true;
}

/** Host address of a field of the TSS, or 0. */
function tssField(core: usize, offset: u32, bytes: u32, long: bool): usize {
  const tss = segmentAt(core, TR);
  if (offset + bytes - 1 > load<u32>(tss + SEGMENT_LIMIT)) return 0;
  const linear = load<u64>(tss + SEGMENT_BASE) + offset;
  return hostOf(core, long ? linear : linear & 0xffff_ffff, bytes, false, false);
}

/** The frame of long mode, on its stack; with that stack loaded. */
function pushLong(core: usize, interruptStack: u32, cpl: u32, level: u32, errorCode: u32, kind: u32): bool {
  let pointer = load<u64>(core + RSP);
  if (interruptStack != 0 || level < cpl) {
    const field = tssField(core, interruptStack != 0 ? 28 + 8 * interruptStack : 4 + 8 * level, 8, true);
    if (field == 0) return false;
    pointer = load<u64>(field);
  }
  pointer &= ~15;
  if (!isCanonical(core, pointer)) return false;
  const bytes: u64 = (kind & EVENT_HAS_CODE) != 0 ? 48 : 40;
  pointer -= bytes;
  const host = hostOf(core, pointer, <i32>bytes, level == 3, true);
  if (host == 0) return false;
  let frame = host;
  if ((kind & EVENT_HAS_CODE) != 0) {
    store<u64>(frame, errorCode);
    frame += 8;
  }
  store<u64>(frame, load<u64>(core + RIP));
  store<u64>(frame + 8, load<u16>(segmentAt(core, CS) + SEGMENT_SELECTOR));
  store<u64>(frame + 16, pushedFlags(core, kind));
  store<u64>(frame + 24, load<u64>(core + RSP));
  store<u64>(frame + 32, load<u16>(segmentAt(core, SS) + SEGMENT_SELECTOR));
  store<u64>(core + RSP, pointer);
  if (level < cpl) loadNull(core, SS, level, level);
  return true;
}

/** The same in protected mode. */
function pushProtected(core: usize, cpl: u32, level: u32, errorCode: u32, kind: u32): bool {
  const outer = level < cpl;
  const old = segmentAt(core, SS);
  let pointer = load<u32>(core + RSP);
  let base = load<u64>(old + SEGMENT_BASE);
  let limit = load<u32>(old + SEGMENT_LIMIT);
  let attributes = attributesAt(old);
  let selector: u32 = 0;
  let stack: u64 = 0;
  if (outer) {
    if ((attributesAt(segmentAt(core, TR)) & TSS_WIDE) == 0) return false;
    const field = tssField(core, 4 + 8 * level, 6, false);
    if (field == 0) return false;
    pointer = load<u32>(field);
    selector = load<u16>(field + 4);
    stack = usualDescriptor(core, selector);
    if (stack == 0 || !isUsualStack(stack, selector, level)) return false;
    base = baseOf(stack);
    limit = limitOf(stack);
    attributes = attributesOf(stack);
  }
  if ((attributes & (UNUSABLE | CODE | EXPAND_DOWN | WRITABLE | BIG)) != (WRITABLE | BIG)) return false;
  const bytes: u32 = 12 + (outer ? 8 : 0) + ((kind & EVENT_HAS_CODE) != 0 ? 4 : 0);
  pointer -= bytes;
  const last = pointer + (bytes - 1);
  const linear = <u32>base + pointer;
  if (last < pointer || last > limit || (linear & 3) != 0) return false;
  let frame = hostOf(core, linear, bytes, level == 3, true);
  if (frame == 0) return false;
  if ((kind & EVENT_HAS_CODE) != 0) {
    store<u32>(frame, errorCode);
    frame += 4;
  }
  store<u32>(frame, load<u32>(core + RIP));
  store<u32>(frame + 4, load<u16>(segmentAt(core, CS) + SEGMENT_SELECTOR));
  store<u32>(frame + 8, pushedFlags(core, kind));
  if (outer) {
    store<u32>(frame + 12, load<u32>(core + RSP));
    store<u32>(frame + 16, load<u16>(old + SEGMENT_SELECTOR));
    loadSegment(core, SS, selector, stack);
  }
  store<u64>(core + RSP, pointer);
  return true;
}

function pushedFlags(core: usize, kind: u32): u32 {
  return readFlags(core) | ((kind & EVENT_RESUMES) != 0 ? RFLAGS_RF : 0);
}
