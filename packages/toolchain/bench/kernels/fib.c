/* Recursive Fibonacci numbers. Calls, saved registers. */
#include "kernel.h"

static __attribute__((noinline)) uint32_t fib(uint32_t n) {
  if (n < 2) return n;
  return fib(n - 1) + fib(n - 2);
}

uint32_t KERNEL(uint32_t rounds) {
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; round++) sum = mix(sum, fib(16 + (round & 3)));
  return sum;
}
