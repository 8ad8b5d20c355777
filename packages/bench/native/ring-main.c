/*
 * Runs both rings between two threads, each pinned to a core of its own, in interleaved rounds, and prints a line for each measurement:
 *   <implementation> <workload> <count> <nanoseconds>
 * Arguments: rounds, and two core numbers. Memory is below 4 GiB, since a pointer of the compiled code has 32 bits.
 */
#define _GNU_SOURCE
#include "ring-workload.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define AREA_BYTES 0x40000

typedef uint32_t (*half)(uint32_t area, uint32_t count);

struct workload {
  const char *implementation, *name;
  uint32_t (*prepare)(uint32_t area);
  half left, right;
  uint32_t count;
};

static const struct workload workloads[] = {
  {"drift", "roundTrip", drift_prepare, drift_ping, drift_echo, 20000},
  {"c", "roundTrip", ringc_prepare, ringc_ping, ringc_echo, 20000},
  {"drift", "words", drift_prepare, drift_produceWords, drift_consumeWords, 1000000},
  {"c", "words", ringc_prepare, ringc_produceWords, ringc_consumeWords, 1000000},
  {"drift", "batches", drift_prepare, drift_produceBatches, drift_consumeBatches, 4000000},
  {"c", "batches", ringc_prepare, ringc_produceBatches, ringc_consumeBatches, 4000000},
  {"drift", "records", drift_prepare, drift_produceRecords, drift_consumeRecords, 500000},
  {"c", "records", ringc_prepare, ringc_produceRecords, ringc_consumeRecords, 500000},
};

static uint32_t area;
static const struct workload *current;
static pthread_barrier_t begin, end;
static uint32_t received;

static void pin(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  if (pthread_setaffinity_np(pthread_self(), sizeof cores, &cores) != 0) {
    fprintf(stderr, "cannot run on core %d\n", core);
    exit(1);
  }
}

static void *other_side(void *core) {
  pin(*(int *)core);
  for (;;) {
    pthread_barrier_wait(&begin);
    if (current == 0) return 0;
    received = current->right(area, current->count);
    pthread_barrier_wait(&end);
  }
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int rounds = atoi(argv[1]), left = atoi(argv[2]), right = atoi(argv[3]);
  void *memory = mmap(0, AREA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (memory == MAP_FAILED) {
    perror("mmap");
    return 1;
  }
  area = (uint32_t)(uintptr_t)memory;
  pthread_barrier_init(&begin, 0, 2);
  pthread_barrier_init(&end, 0, 2);
  pthread_t thread;
  pin(left);
  if (pthread_create(&thread, 0, other_side, &right) != 0) return 1;
  for (int round = 0; round < rounds; round++) {
    for (unsigned i = 0; i < sizeof workloads / sizeof *workloads; i++) {
      current = &workloads[i];
      uint32_t expected = 0;
      for (uint32_t n = 0; n < current->count; n++) expected += n;
      if (current->prepare(area) == 0) return 1;
      pthread_barrier_wait(&begin);
      uint64_t begun = now();
      current->left(area, current->count);
      pthread_barrier_wait(&end);
      uint64_t ended = now();
      if (received != expected) {
        fprintf(stderr, "%s %s: the sum is wrong\n", current->implementation, current->name);
        return 1;
      }
      printf("%s %s %u %llu\n", current->implementation, current->name, current->count, (unsigned long long)(ended - begun));
    }
  }
  current = 0;
  pthread_barrier_wait(&begin);
  pthread_join(thread, 0);
  return 0;
}
