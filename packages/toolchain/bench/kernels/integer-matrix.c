/* Matrices of integers: product, transposed product, bit fields of it. Multiplication, strides. */
#include "kernel.h"

#define N 32

/* One object, so that all compilers place the matrices alike; apart, so that what is used together differs in the low bits of its address. */
static struct {
  int16_t a[N][N], gap[96], b[N][N], gap2[96];
  int32_t c[N][N];
} memory __attribute__((aligned(4096)));
#define a memory.a
#define b memory.b
#define c memory.c

static void multiply(void) {
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t j = 0; j < N; j++) {
      int32_t sum = 0;
      for (uint32_t k = 0; k < N; k++) sum += (int32_t)a[i][k] * b[k][j];
      c[i][j] = sum;
    }
}

static void multiply_fields(void) {
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t j = 0; j < N; j++) {
      uint32_t sum = 0;
      for (uint32_t k = 0; k < N; k++) {
        uint32_t product = (uint32_t)(a[i][k] * b[k][j]);
        sum += ((product >> 2) & 15) * ((product >> 5) & 127);
      }
      c[i][j] += sum;
    }
}

uint32_t KERNEL(uint32_t rounds) {
  uint32_t seed = 3, sum = 0;
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t j = 0; j < N; j++) {
      a[i][j] = (int32_t)next(&seed) >> 20;
      b[i][j] = (int32_t)next(&seed) >> 20;
    }
  for (uint32_t round = 0; round < rounds; round++) {
    multiply();
    multiply_fields();
    for (uint32_t i = 0; i < N; i++)
      for (uint32_t j = 0; j < N; j++) sum = mix(sum, c[i][j]);
    a[round & (N - 1)][sum & (N - 1)] += 1;
  }
  return sum;
}
