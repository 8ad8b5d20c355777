/* The two halves of each workload: see assembly/ring-workload.ts, which has the same functions on Drift's rings. */
#ifndef DRIFT_BENCH_RING_WORKLOAD_H
#define DRIFT_BENCH_RING_WORKLOAD_H

#include <stdint.h>

/* `name` of module M is the symbol M.name: how the linker names the functions of a WebAssembly module. */
#define WORKLOAD(module)                                                                              \
  uint32_t module##_prepare(uint32_t area) __asm__(#module ".prepare");                               \
  uint32_t module##_ping(uint32_t area, uint32_t count) __asm__(#module ".ping");                     \
  uint32_t module##_echo(uint32_t area, uint32_t count) __asm__(#module ".echo");                     \
  uint32_t module##_produceWords(uint32_t area, uint32_t count) __asm__(#module ".produceWords");     \
  uint32_t module##_consumeWords(uint32_t area, uint32_t count) __asm__(#module ".consumeWords");     \
  uint32_t module##_produceBatches(uint32_t area, uint32_t count) __asm__(#module ".produceBatches"); \
  uint32_t module##_consumeBatches(uint32_t area, uint32_t count) __asm__(#module ".consumeBatches"); \
  uint32_t module##_produceRecords(uint32_t area, uint32_t count) __asm__(#module ".produceRecords"); \
  uint32_t module##_consumeRecords(uint32_t area, uint32_t count) __asm__(#module ".consumeRecords")

WORKLOAD(drift);
WORKLOAD(ringc);

#endif
