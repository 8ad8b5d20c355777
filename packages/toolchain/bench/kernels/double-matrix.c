/* Matrices of doubles: product with an inner product in the innermost loop, then one of rows, then Jacobi steps. */
#include "kernel.h"

#define N 32

/* One object, so that all compilers place the matrices alike; apart, so that what is used together differs in the low bits of its address. */
static struct {
  double a[N][N], gap[56], b[N][N], gap2[56], c[N][N];
} memory __attribute__((aligned(4096)));
#define a memory.a
#define b memory.b
#define c memory.c

static void multiply(void) {
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t j = 0; j < N; j++) {
      double sum = 0;
      for (uint32_t k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
}

static void add_rows(void) {
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t k = 0; k < N; k++) {
      double factor = a[i][k];
      for (uint32_t j = 0; j < N; j++) c[i][j] += factor * b[k][j];
    }
}

static void smooth(void) {
  for (uint32_t i = 1; i + 1 < N; i++)
    for (uint32_t j = 1; j + 1 < N; j++) a[i][j] = 0.25 * (c[i - 1][j] + c[i + 1][j] + c[i][j - 1] + c[i][j + 1]) / 64;
}

uint32_t KERNEL(uint32_t rounds) {
  uint32_t seed = 5, sum = 0;
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t j = 0; j < N; j++) {
      a[i][j] = (double)(next(&seed) >> 16) / 65536;
      b[i][j] = (double)(next(&seed) >> 16) / 65536;
    }
  for (uint32_t round = 0; round < rounds; round++) {
    multiply();
    add_rows();
    smooth();
    for (uint32_t i = 0; i < N; i++) sum = mix(sum, (uint32_t)(int32_t)(a[i][(i * 7) & (N - 1)] * 1000000.0));
  }
  return sum;
}
