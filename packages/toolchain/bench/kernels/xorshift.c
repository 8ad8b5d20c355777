/* xorshift64* and a histogram of it by division. 64-bit shifts, multiplication, remainder by constants and by a variable. */
#include "kernel.h"

static uint32_t histogram[100];

uint32_t KERNEL(uint32_t rounds) {
  uint64_t state = 88172645463325252ull;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < 100; i++) histogram[i] = 0;
  for (uint32_t round = 0; round < rounds; round++) {
    for (uint32_t i = 0; i < 64; i++) {
      state ^= state >> 12;
      state ^= state << 25;
      state ^= state >> 27;
      uint32_t value = (uint32_t)((state * 2685821657736338717ull) >> 32);
      histogram[value % 100]++;
      sum += value / 10;
    }
    sum = mix(sum, (uint32_t)(state % (round + 3)));
  }
  for (uint32_t i = 0; i < 100; i++) sum = mix(sum, histogram[i]);
  return sum;
}
