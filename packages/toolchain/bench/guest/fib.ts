/** kernels/fib.c in AssemblyScript. */
import { mix } from './random';

function fib(n: u32): u32 {
  if (n < 2) return n;
  return fib(n - 1) + fib(n - 2);
}

export function run(rounds: u32): u32 {
  let sum: u32 = 0;
  for (let round: u32 = 0; round < rounds; round++) sum = mix(sum, fib(16 + (round & 3)));
  return sum;
}
