/** DPPS and DPPD: SDM 2. Every product and sum is rounded; exceptions of one step end the instruction before the next. */
import * as operation from '../../src/semantics/float/operation';
import { FLOAT_A, FLOAT_B, FLOAT_C, FLOAT_RESULT } from '../../src/semantics/float/state';
import { MXCSR } from '../../src/semantics/state';
import * as environment from './environment';
import { setFlags } from './environment';
import { binary, finishSse } from './sse';

/** @param control the immediate. FLOAT_C is overwritten. */
export function dotProduct(core: usize, control: i32, bits: i32, halves: i32): i32 {
  environment.beginSse(load<u32>(core, MXCSR));
  const a = core + FLOAT_A;
  const b = core + FLOAT_B;
  const c = core + FLOAT_C;
  const result = core + FLOAT_RESULT;
  const inHalf = 128 / bits;
  const lanes = inHalf * halves;
  for (let lane = 0; lane < lanes; lane++) {
    const selected = (control & (16 << (lane % inHalf))) != 0;
    put(c, bits, lane, selected ? binary(operation.MULTIPLY, bits, get(a, bits, lane), get(b, bits, lane)) : 0);
  }
  let status = finishSse(core);
  if (status != 0) return status;
  sums(bits, lanes, c, result, bits == 32 ? 1 : 0, bits == 32 ? 0 : 1);
  status = finishSse(core);
  if (status != 0) return status;
  if (bits == 32) {
    sums(bits, lanes, result, c, 0, 2);
    status = finishSse(core);
    if (status != 0) return status;
  }
  const from = bits == 32 ? c : result;
  for (let lane = 0; lane < lanes; lane++) {
    put(result, bits, lane, (control & (1 << (lane % inHalf))) != 0 ? get(from, bits, lane) : 0);
  }
  return 0;
}

/** Every lane's own sum: all are equal, except for which of two NaNs came first. */
function sums(bits: i32, lanes: i32, from: usize, to: usize, first: i32, second: i32): void {
  setFlags(0);
  for (let lane = 0; lane < lanes; lane++) {
    put(to, bits, lane, binary(operation.ADD, bits, get(from, bits, lane ^ first), get(from, bits, lane ^ second)));
  }
}

function get(at: usize, bits: i32, lane: i32): u64 {
  return bits == 64 ? load<u64>(at + 8 * lane) : <u64>load<u32>(at + 4 * lane);
}

function put(at: usize, bits: i32, lane: i32, value: u64): void {
  if (bits == 64) store<u64>(at + 8 * lane, value);
  else store<u32>(at + 4 * lane, <u32>value);
}
