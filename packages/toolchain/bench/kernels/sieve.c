/* Sieve of Eratosthenes over odd numbers, then a count. Byte stores with a stride. */
#include "kernel.h"

#define ODDS 16384

static uint8_t composite[ODDS];

static uint32_t primes(uint32_t limit) {
  for (uint32_t i = 0; i < limit; i++) composite[i] = 0;
  for (uint32_t i = 1; 2 * i * (i + 1) < limit; i++) {
    if (composite[i]) continue;
    for (uint32_t j = 2 * i * (i + 1); j < limit; j += 2 * i + 1) composite[j] = 1;
  }
  uint32_t count = 1, last = 2;
  for (uint32_t i = 1; i < limit; i++)
    if (!composite[i]) {
      count++;
      last = 2 * i + 1;
    }
  return count ^ last << 12;
}

uint32_t KERNEL(uint32_t rounds) {
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; round++) sum = mix(sum, primes(ODDS - (round & 63)));
  return sum;
}
