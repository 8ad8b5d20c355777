/** FLDCW, FNSTENV, FNSAVE and their opposites: SDM 1 8.1.10. Images lie in FLOAT_A and behind it. */
import { FLOAT_A } from '../../src/semantics/float/state';
import {
  CR0,
  RFLAGS_SYSTEM,
  ST,
  X87_CONTROL,
  X87_CS,
  X87_DP,
  X87_DS,
  X87_EMPTY,
  X87_IP,
  X87_OPCODE,
  X87_STATUS,
  X87_TOP,
} from '../../src/semantics/state';
import { addressOf } from './x87-stack';

const PENDING: u32 = 0x8080;
const CONTROL_BITS: u32 = 0x1f3f;
const CONTROL_FIXED: u32 = 0x40;

/** ES and B follow from flags and masks. */
function settle(core: usize): void {
  const status = load<u32>(core, X87_STATUS) & ~PENDING;
  const unmasked = status & ~load<u32>(core, X87_CONTROL) & 63;
  store<u32>(core, unmasked != 0 ? status | PENDING : status, X87_STATUS);
}

export function x87SetControl(core: usize, value: u32): void {
  store<u32>(core, (value & CONTROL_BITS) | CONTROL_FIXED, X87_CONTROL);
  settle(core);
}

export function x87Initialize(core: usize): void {
  store<u32>(core, 0x37f, X87_CONTROL);
  store<u32>(core, 0, X87_STATUS);
  store<u32>(core, 0, X87_TOP);
  store<u32>(core, 0xff, X87_EMPTY);
  store<u64>(core, 0, X87_IP);
  store<u64>(core, 0, X87_DP);
  store<u32>(core, 0, X87_CS);
  store<u32>(core, 0, X87_DS);
  store<u32>(core, 0, X87_OPCODE);
}

/** An instruction with MMX registers: all registers count as filled, from number 0 on (SDM 1 9.5.1). @returns 0. */
export function x87EnterMmx(core: usize): i32 {
  store<u32>(core, 0, X87_TOP);
  store<u32>(core, 0, X87_EMPTY);
  return 0;
}

/** The tag word: for each physical register 0 valid, 1 zero, 2 special, 3 empty. */
function tags(core: usize): u32 {
  let word: u32 = 0;
  for (let register = 0; register < 8; register++) {
    const at = core + ST + 16 * register;
    const significand = load<u64>(at);
    const exponent = <i32>load<u16>(at, 8) & 0x7fff;
    let tag: u32 = 0;
    if (((load<u32>(core, X87_EMPTY) >> register) & 1) != 0) tag = 3;
    else if (exponent == 0 && significand == 0) tag = 1;
    else if (exponent == 0 || exponent == 0x7fff || <i64>significand >= 0) tag = 2;
    word |= tag << (2 * register);
  }
  return word;
}

/** Real and virtual-8086 mode have addresses in place of selectors. */
function isReal(core: usize): bool {
  return (load<u32>(core, CR0) & 1) == 0 || (load<u32>(core, RFLAGS_SYSTEM) & 0x20000) != 0;
}

/** FNSTENV, FNSAVE. @param wide 1: 28 bytes, 0: 14. @param registers 1: all of ST follow, and the x87 is initialized. */
export function x87Save(core: usize, wide: i32, registers: i32): void {
  const at = core + FLOAT_A;
  const status = load<u32>(core, X87_STATUS) | (load<u32>(core, X87_TOP) << 11);
  const ip = load<u32>(core, X87_IP);
  const dp = load<u32>(core, X87_DP);
  const opcode = load<u32>(core, X87_OPCODE) & 0x7ff;
  put(at, wide, 0, load<u32>(core, X87_CONTROL));
  put(at, wide, 1, status);
  put(at, wide, 2, tags(core));
  if (isReal(core)) {
    put(at, wide, 3, ip & 0xffff);
    putWhole(at, wide, 4, ((ip >> 16) << 12) | opcode);
    put(at, wide, 5, dp & 0xffff);
    putWhole(at, wide, 6, (dp >> 16) << 12);
  } else {
    putWhole(at, wide, 3, ip);
    const cs = load<u32>(core, X87_CS) & 0xffff;
    putWhole(at, wide, 4, wide != 0 ? (opcode << 16) | cs : cs);
    putWhole(at, wide, 5, dp);
    put(at, wide, 6, load<u32>(core, X87_DS) & 0xffff);
  }
  if (registers == 0) {
    store<u32>(core, load<u32>(core, X87_CONTROL) | 63, X87_CONTROL);
    settle(core);
    return;
  }
  let to = at + (wide != 0 ? 28 : 14);
  for (let index = 0; index < 8; index++) {
    const from = addressOf(core, index);
    store<u64>(to, load<u64>(from));
    store<u16>(to, load<u16>(from, 8), 8);
    to += 10;
  }
  x87Initialize(core);
}

/** A field of which 16 bits count; the others of a wide one are set. */
function put(at: usize, wide: i32, field: i32, value: u32): void {
  putWhole(at, wide, field, value | 0xffff0000);
}

function putWhole(at: usize, wide: i32, field: i32, value: u32): void {
  if (wide != 0) store<u32>(at + 4 * field, value);
  else store<u16>(at + 2 * field, <u16>value);
}

function get(at: usize, wide: i32, field: i32): u32 {
  return wide != 0 ? load<u32>(at + 4 * field) : <u32>load<u16>(at + 2 * field);
}

/** FLDENV, FRSTOR. */
export function x87Restore(core: usize, wide: i32, registers: i32): void {
  const at = core + FLOAT_A;
  const status = get(at, wide, 1);
  const word = get(at, wide, 2);
  let empty: u32 = 0;
  for (let register = 0; register < 8; register++) {
    if (((word >> (2 * register)) & 3) == 3) empty |= 1 << register;
  }
  store<u32>(core, empty, X87_EMPTY);
  store<u32>(core, (status >> 11) & 7, X87_TOP);
  store<u32>(core, status & 0xc7ff, X87_STATUS);
  const fourth = get(at, wide, 4);
  if (isReal(core)) {
    store<u64>(core, (get(at, wide, 3) & 0xffff) | ((fourth >> 12) << 16), X87_IP);
    store<u32>(core, fourth & 0x7ff, X87_OPCODE);
    store<u64>(core, (get(at, wide, 5) & 0xffff) | ((get(at, wide, 6) >> 12) << 16), X87_DP);
  } else {
    store<u64>(core, get(at, wide, 3), X87_IP);
    if (wide != 0) store<u32>(core, (fourth >> 16) & 0x7ff, X87_OPCODE);
    store<u64>(core, get(at, wide, 5), X87_DP);
  }
  // Processors that no longer keep the selectors save zeros (CPUID.7.EBX[13]).
  store<u32>(core, 0, X87_CS);
  store<u32>(core, 0, X87_DS);
  x87SetControl(core, get(at, wide, 0));
  if (registers == 0) return;
  let from = at + (wide != 0 ? 28 : 14);
  for (let index = 0; index < 8; index++) {
    const to = addressOf(core, index);
    store<u64>(to, load<u64>(from));
    store<u16>(to, load<u16>(from, 8), 8);
    from += 10;
  }
}
