/** The registers of the x87 and how an instruction begins and ends: SDM 1 8.1. */
import { ST, X87_CONTROL, X87_EMPTY, X87_STATUS, X87_TOP } from '../../src/semantics/state';
import * as environment from './environment';
import { INVALID, raise, STACK_FAULT } from './environment';
import { pack80, pack80Head, unpack80 } from './number';
import { format80 } from './round';

/** Bits of the status word. ES says that an exception is pending that is not masked; B goes with it. */
const ES_AND_B: u32 = 0x8080;
export const C0: u32 = 0x100;
export const C1: u32 = 0x200;
export const C2: u32 = 0x400;
export const C3: u32 = 0x4000;

export function beginX87(core: usize): void {
  const control = load<u32>(core, X87_CONTROL);
  environment.beginX87(control);
  const precision = (control >> 8) & 3;
  format80(precision == 0 ? 24 : precision == 2 ? 53 : 64);
}

/** Whether the destination must stay as it is: what was found before the operation is not masked (SDM 1 8.5.1 to 8.5.3). */
export function isRefused(): bool {
  return (environment.flags & environment.BEFORE & ~environment.masks) != 0;
}

/** Adds flags and C1 to the status word. */
export function finishX87(core: usize): void {
  let flags = environment.flags;
  let up = environment.roundedUp;
  if (isRefused()) {
    flags &= environment.BEFORE | STACK_FAULT;
    up = up && (flags & STACK_FAULT) != 0;
  }
  let status = (load<u32>(core, X87_STATUS) & ~C1) | <u32>flags;
  if (up) status |= C1;
  if ((flags & 63 & ~environment.masks) != 0) status |= ES_AND_B;
  store<u32>(core, status, X87_STATUS);
}

/** For instructions that leave C1 alone unless the stack was empty. */
export function finishKeepingC1(core: usize): void {
  if ((environment.flags & STACK_FAULT) == 0) environment.setRoundedUp((load<u32>(core, X87_STATUS) & C1) != 0);
  const before = environment.roundedUp;
  finishX87(core);
  if (before) store<u32>(core, load<u32>(core, X87_STATUS) | C1, X87_STATUS);
}

export function setConditions(core: usize, conditions: u32): void {
  const status = load<u32>(core, X87_STATUS) & ~(C0 | C2 | C3);
  store<u32>(core, status | conditions, X87_STATUS);
}

function numberOf(core: usize, index: i32): i32 {
  return (load<i32>(core, X87_TOP) + index) & 7;
}

export function addressOf(core: usize, index: i32): usize {
  return core + ST + 16 * numberOf(core, index);
}

export function isEmpty(core: usize, index: i32): bool {
  return ((load<u32>(core, X87_EMPTY) >> numberOf(core, index)) & 1) != 0;
}

export function setEmpty(core: usize, index: i32): void {
  store<u32>(core, load<u32>(core, X87_EMPTY) | (1 << numberOf(core, index)), X87_EMPTY);
}

export function setTop(core: usize, by: i32): void {
  store<i32>(core, (load<i32>(core, X87_TOP) + by) & 7, X87_TOP);
}

/** ST(index) becomes the number at hand. */
export function take(core: usize, index: i32): void {
  const at = addressOf(core, index);
  unpack80(load<u64>(at), load<u16>(at, 8));
}

/** The number at hand goes to ST(index). */
export function give(core: usize, index: i32): void {
  giveBits(core, index, pack80(), pack80Head());
}

export function giveBits(core: usize, index: i32, significand: u64, head: i32): void {
  const at = addressOf(core, index);
  store<u64>(at, significand);
  store<u16>(at, <u16>head, 8);
  store<u32>(core, load<u32>(core, X87_EMPTY) & ~(1 << numberOf(core, index)), X87_EMPTY);
}

export function pop(core: usize): void {
  setEmpty(core, 0);
  setTop(core, 1);
}

/** An empty register was read: C1 stays 0. */
export function underflow(): void {
  raise(INVALID | STACK_FAULT);
  environment.setRoundedUp(false);
}

/** A register was to be filled that is not empty: C1 is set. */
export function overflow(): void {
  raise(INVALID | STACK_FAULT);
  environment.setRoundedUp(true);
}
