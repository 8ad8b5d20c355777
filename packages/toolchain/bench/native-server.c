/*
 * Runs compiled kernels on request: reads lines `kernel implementation rounds` (numbers of the table), answers `nanoseconds checksum`.
 * The table and the static data of modules at memory base 0 are in table.h, which the benchmark generates.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

typedef uint32_t kernel(uint32_t rounds);

struct image {
  uintptr_t memory;
  size_t bytes;
  const unsigned char *data;
  size_t data_bytes;
  uintptr_t data_address;
};

#include "table.h"

static void map_memory(const struct image *image) {
  void *at = mmap((void *)image->memory, image->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (at != (void *)image->memory) {
    perror("cannot map a kernel's memory");
    exit(1);
  }
  memcpy((void *)image->data_address, image->data, image->data_bytes);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

int main(void) {
  unsigned which, implementation, rounds;
  prepare_wasm2c();
  for (size_t i = 0; i < sizeof images / sizeof *images; i++) map_memory(&images[i]);
  while (scanf("%u %u %u", &which, &implementation, &rounds) == 3) {
    kernel *run = kernels[which][implementation];
    uint64_t begun = now();
    uint32_t checksum = run(rounds);
    printf("%llu %u\n", (unsigned long long)(now() - begun), checksum);
    fflush(stdout);
  }
  return 0;
}
