/** kernels/sieve.c in AssemblyScript. */
import { mix } from './random';

const ODDS: u32 = 16384;
const composite: usize = memory.data(16384);

function primes(limit: u32): u32 {
  memory.fill(composite, 0, limit);
  for (let i: u32 = 1; i * 2 * (i + 1) < limit; i++) {
    if (load<u8>(composite + i)) continue;
    for (let j: u32 = i * 2 * (i + 1); j < limit; j += i * 2 + 1) store<u8>(composite + j, 1);
  }
  let count: u32 = 1;
  let last: u32 = 2;
  for (let i: u32 = 1; i < limit; i++) {
    if (load<u8>(composite + i)) continue;
    count++;
    last = i * 2 + 1;
  }
  return count ^ (last << 12);
}

export function run(rounds: u32): u32 {
  let sum: u32 = 0;
  for (let round: u32 = 0; round < rounds; round++) sum = mix(sum, primes(ODDS - (round & 63)));
  return sum;
}
