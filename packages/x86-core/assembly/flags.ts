/** RFLAGS as one word: the status flags from and to their three words (src/semantics/flags.ts). */
import { DIRECTION, FLAG_AUX, FLAG_CARRY, FLAG_RESULT, RFLAGS_SYSTEM } from '../src/semantics/state';

/** TF IF IOPL NT RF VM AC VIF VIP ID. */
const SYSTEM_FLAGS: u32 = 0x3f_7300;

/** All of RFLAGS, bit 1 set. */
export function readFlags(core: usize): u32 {
  const result = load<u64>(core + FLAG_RESULT);
  const carry = load<u32>(core + FLAG_CARRY + 4);
  const aux = load<u64>(core + FLAG_AUX);
  const parity = popcnt<u32>(<u32>(result ^ (aux >> 8)) & 0xff);
  return (
    load<u32>(core + RFLAGS_SYSTEM) |
    2 |
    (carry >> 31) |
    (((parity & 1) ^ 1) << 2) |
    (<u32>aux & 0x10) |
    (result == 0 ? 0x40 : 0) |
    ((<u32>((result ^ aux) >> 63)) << 7) |
    (load<i64>(core + DIRECTION) < 0 ? 0x400 : 0) |
    (((carry ^ (carry << 1)) >> 31) << 11)
  );
}

export function writeFlags(core: usize, value: u32): void {
  const zero = (value >> 6) & 1;
  const wrongParity = (((value >> 2) & 1) ^ zero) << 8;
  store<u64>(core + FLAG_RESULT, zero ^ 1);
  store<u64>(core + FLAG_CARRY, (<u64>(((value & 1) << 31) | (((value ^ (value >> 11)) & 1) << 30))) << 32);
  store<u64>(core + FLAG_AUX, ((<u64>((value >> 7) & 1)) << 63) | <u64>((value & 0x10) | wrongParity));
  store<i64>(core + DIRECTION, (value & 0x400) == 0 ? 1 : -1);
  store<u32>(core + RFLAGS_SYSTEM, value & SYSTEM_FLAGS);
}
