/** CMPxx and COMIxx: SDM 2 CMPPD table 3-1, COMISD. */
import { FLOAT_A, FLOAT_B, FLOAT_RESULT } from '../../src/semantics/float/state';
import { MXCSR } from '../../src/semantics/state';
import { compare, EQUAL, GREATER, LESS, UNORDERED } from './compare';
import * as environment from './environment';
import { INVALID, raise } from './environment';
import { finishSse } from './sse';

/** Masks of all ones where the predicate holds. */
export function comparison(core: usize, predicate: i32, bits: i32, lanes: i32): i32 {
  environment.beginSse(load<u32>(core, MXCSR));
  predicate &= 31;
  for (let lane = 0; lane < lanes; lane++) {
    const at = core + ((lane * bits) >> 3);
    if (bits == 64) {
      const answer = holds(predicate, 64, load<u64>(at, FLOAT_A), load<u64>(at, FLOAT_B));
      store<u64>(at, answer ? <u64>-1 : 0, FLOAT_RESULT);
    } else {
      const answer = holds(predicate, 32, load<u32>(at, FLOAT_A), load<u32>(at, FLOAT_B));
      store<u32>(at, answer ? -1 : 0, FLOAT_RESULT);
    }
  }
  return finishSse(core);
}

function holds(predicate: i32, bits: i32, a: u64, b: u64): bool {
  const order = compare(bits, a, b);
  const signals = ((predicate & 3) == 1 || (predicate & 3) == 2) != predicate >= 16;
  if (order == UNORDERED && signals) raise(INVALID);
  const less = order == LESS;
  const equal = order == EQUAL;
  const greater = order == GREATER;
  let result: bool;
  switch (predicate & 7) {
    case 0:
      result = equal;
      break;
    case 1:
      result = less;
      break;
    case 2:
      result = less || equal;
      break;
    case 3:
      result = order == UNORDERED;
      break;
    case 4:
      result = !equal;
      break;
    case 5:
      result = !less;
      break;
    case 6:
      result = greater || order == UNORDERED;
      break;
    default:
      result = order != UNORDERED;
  }
  if ((predicate & 8) == 0) return result;
  // The other eight: the same relations with the opposite answer for unordered operands; 11 and 15 are false and true.
  if ((predicate & 7) == 3) return false;
  if ((predicate & 7) == 7) return true;
  return order == UNORDERED ? !result : result;
}

/** FLOAT_RESULT: ZF, PF, CF at their bits in RFLAGS. @param quietly 1: UCOMIxx, to which a quiet NaN is no invalid operand. */
export function sseOrder(core: usize, quietly: i32, bits: i32, a: u64, b: u64): i32 {
  environment.beginSse(load<u32>(core, MXCSR));
  const order = compare(bits, a, b);
  if (order == UNORDERED && quietly == 0) raise(INVALID);
  store<u64>(core, order == UNORDERED ? 0x45 : order == EQUAL ? 0x40 : order == LESS ? 1 : 0, FLOAT_RESULT);
  return finishSse(core);
}
