/** kernels/xorshift.c in AssemblyScript. */
import { mix } from './random';

const histogram: usize = memory.data(400, 4);

export function run(rounds: u32): u32 {
  let state: u64 = 88172645463325252;
  let sum: u32 = 0;
  memory.fill(histogram, 0, 400);
  for (let round: u32 = 0; round < rounds; round++) {
    for (let i: u32 = 0; i < 64; i++) {
      state ^= state >> 12;
      state ^= state << 25;
      state ^= state >> 27;
      const value = <u32>((state * 2685821657736338717) >> 32);
      const place = histogram + ((value % 100) << 2);
      store<u32>(place, load<u32>(place) + 1);
      sum += value / 10;
    }
    sum = mix(sum, <u32>(state % (<u64>round + 3)));
  }
  for (let i: u32 = 0; i < 100; i++) sum = mix(sum, load<u32>(histogram + (i << 2)));
  return sum;
}
