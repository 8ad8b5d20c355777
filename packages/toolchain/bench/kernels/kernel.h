/* What every kernel includes: one function of this name, which does the same work `rounds` times and gives a checksum of it. */
#include <stdint.h>

#ifndef KERNEL
#define KERNEL run
#endif

uint32_t KERNEL(uint32_t rounds);

/* Mixes a value into a checksum. */
static inline uint32_t mix(uint32_t sum, uint32_t value) {
  return ((sum << 5) | (sum >> 27)) ^ value;
}

/* Pseudo-random numbers (Numerical Recipes' linear congruential generator). */
static inline uint32_t next(uint32_t *seed) {
  return *seed = *seed * 1664525u + 1013904223u;
}
