/*
 * Kernels of bench/kernels.ts: the same instructions run natively (NATIVE: a program that times them) and, as a flat image, in the guest.
 * Each has a function that prepares the area, and one that runs so many rounds. An area is up to 320 MiB, all of it writable.
 */
#include <stdint.h>

typedef float v4f __attribute__((vector_size(16)));
typedef int v4i __attribute__((vector_size(16)));

#define KERNEL __attribute__((noinline, noclone, aligned(64), used)) uint64_t
#define MIB (1u << 20)

/* Gravity of five bodies: scalar double, div and sqrt. */
struct body { double x, y, z, vx, vy, vz, m; };
KERNEL nbody_init(char *area) {
  struct body *b = (struct body *)area;
  for (int i = 0; i < 5; i++) {
    b[i] = (struct body){4.8 * i - 3.1, 1.2 * i * i - 4.7, 0.3 * i + 0.1, 0.6 - 0.1 * i, 0.8 * i - 1.1, 0.02 * i + 0.01, i ? 0.01 * i : 39.5};
  }
  return 0;
}
KERNEL nbody(char *area, uint64_t rounds) {
  struct body *b = (struct body *)area;
  const double dt = 0.001;
  while (rounds--) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
        double r2 = dx * dx + dy * dy + dz * dz;
        double mag = dt / (r2 * __builtin_sqrt(r2));
        double mi = b[i].m * mag, mj = b[j].m * mag;
        b[i].vx -= dx * mj, b[i].vy -= dy * mj, b[i].vz -= dz * mj;
        b[j].vx += dx * mi, b[j].vy += dy * mi, b[j].vz += dz * mi;
      }
    for (int i = 0; i < 5; i++) b[i].x += dt * b[i].vx, b[i].y += dt * b[i].vy, b[i].z += dt * b[i].vz;
  }
  return (uint64_t)(b[0].x * 1e12);
}

/* Packed float with comparisons and masks; a round is a row of points. */
KERNEL mandel_init(char *area) { return (uint64_t)area; }
KERNEL mandel(char *area, uint64_t rounds) {
  const v4f four = {4, 4, 4, 4}, lane = {0, 1, 2, 3};
  uint64_t total = (uint64_t)area & 1;
  for (uint64_t py = 0; py < rounds; py++)
    for (int px = 0; px < 256; px += 4) {
      v4f cx = (lane + (float)px) * (3.0f / 256) - 2.2f;
      float fy = (float)(int)(py & 255) * (2.4f / 256) - 1.2f;
      v4f cy = {fy, fy, fy, fy}, x = {0}, y = {0};
      v4i n = {0};
      for (int i = 0; i < 256; i++) {
        v4f xx = x * x, yy = y * y;
        v4i in = (v4i)(xx + yy < four);
        if (!__builtin_ia32_movmskps((v4f)in)) break;
        n -= in;
        y = 2.0f * x * y + cy;
        x = xx - yy + cx;
      }
      total += (uint32_t)(n[0] + n[1] + n[2] + n[3]);
    }
  return total;
}

/* Packed float, streaming over 2 * 16 KiB. */
KERNEL saxpy_init(char *area) {
  float *x = (float *)area, *y = x + 4096 + 1024;
  for (int i = 0; i < 4096; i++) x[i] = (float)i, y[i] = (float)(4096 - i);
  return 0;
}
KERNEL saxpy(char *area, uint64_t rounds) {
  const v4f *x = (const v4f *)area;
  v4f *y = (v4f *)(area + 20480);
  for (; rounds; rounds--) {
    float a = rounds & 1 ? 0.5f : -0.25f;
    v4f va = {a, a, a, a};
    for (uint32_t i = 0; i < 1024; i += 4) {
      y[i] += va * x[i], y[i + 1] += va * x[i + 1];
      y[i + 2] += va * x[i + 2], y[i + 3] += va * x[i + 3];
    }
    __asm__ volatile("" ::: "memory");
  }
  return *(uint32_t *)&y[7];
}

/* Scalar double from memory, four sums. */
KERNEL dot_init(char *area) {
  double *x = (double *)area;
  for (int i = 0; i < 8192; i++) x[i] = 1.0 + i * 0.5;
  return 0;
}
KERNEL dot(char *area, uint64_t rounds) {
  const double *x = (const double *)area, *y = x + 4096;
  double sums = 0;
  for (; rounds; rounds--) {
    double a = 0, b = 0, c = 0, d = 0;
    for (int i = 0; i < 4096; i += 4) a += x[i] * y[i], b += x[i + 1] * y[i + 1], c += x[i + 2] * y[i + 2], d += x[i + 3] * y[i + 3];
    sums += a + b + c + d;
    __asm__ volatile("" ::: "memory");
  }
  return (uint64_t)sums;
}

/* Memory: source, destination, and one whose pages have the same numbers in the low 13 bits. 8 MiB each. */
#define LENGTH (8 * MIB)
#define DESTINATION (9 * MIB + 0x15000)
#define ALIAS (32 * MIB)
KERNEL memory_init(char *area) {
  for (uint32_t i = 0; i < LENGTH; i += 64) *(uint32_t *)(area + i) = i;
  return 0;
}
KERNEL memset_rep(char *area, uint64_t rounds) {
  for (; rounds; rounds--) {
    void *d = area + DESTINATION;
    uint64_t count = LENGTH / 4;
    __asm__ volatile("rep stosl" : "+D"(d), "+c"(count) : "a"((uint32_t)rounds) : "memory");
  }
  return *(uint32_t *)(area + DESTINATION + 4096);
}
static inline void copy(void *d, const void *s) {
  uint64_t count = LENGTH / 4;
  __asm__ volatile("rep movsl" : "+D"(d), "+S"(s), "+c"(count)::"memory");
}
KERNEL memcpy_rep(char *area, uint64_t rounds) {
  for (; rounds; rounds--) copy(area + DESTINATION, area);
  return *(uint32_t *)(area + DESTINATION + 4096);
}
KERNEL memcpy_alias(char *area, uint64_t rounds) {
  for (; rounds; rounds--) copy(area + ALIAS, area);
  return *(uint32_t *)(area + ALIAS + 4096);
}
static inline void copy_vectors(char *to, const char *from) {
  volatile v4i *d = (volatile v4i *)to;
  const v4i *q = (const v4i *)from;
  for (uint32_t j = 0; j < LENGTH / 16; j += 4) {
    v4i w = q[j], x = q[j + 1], y = q[j + 2], z = q[j + 3];
    d[j] = w, d[j + 1] = x, d[j + 2] = y, d[j + 3] = z;
  }
}
KERNEL memcpy_sse(char *area, uint64_t rounds) {
  for (; rounds; rounds--) copy_vectors(area + DESTINATION, area);
  return *(uint32_t *)(area + DESTINATION + 4096);
}
KERNEL memcpy_sse_alias(char *area, uint64_t rounds) {
  for (; rounds; rounds--) copy_vectors(area + ALIAS, area);
  return *(uint32_t *)(area + ALIAS + 4096);
}
KERNEL read_u32(char *area, uint64_t rounds) {
  uint32_t sum = 0;
  for (; rounds; rounds--)
    for (uint32_t j = 0; j < LENGTH / 4; j += 4) {
      const volatile uint32_t *q = (const volatile uint32_t *)area + j;
      sum += q[0] ^ (uint32_t)rounds, sum += q[1], sum += q[2] ^ (uint32_t)rounds, sum += q[3];
    }
  return sum;
}

/* Dependent loads from 65,536 pages; a round is 1024 of them. */
KERNEL pages_init(char *area) {
  for (uint32_t i = 0; i < 65536; i++) *(uint32_t *)(area + i * 4096ull + (i * 37u & 63) * 64) = i * 2654435761u;
  return 0;
}
KERNEL pages(char *area, uint64_t rounds) {
  uint32_t x = 12345;
  for (; rounds; rounds--)
    for (int i = 0; i < 1024; i++) {
      uint32_t page = x >> 16;
      x = x * 1664525u + 1013904223u + *(volatile uint32_t *)(area + page * 4096ull + (page * 37u & 63) * 64);
    }
  return x;
}

/* Stores to a page that holds code: 1024 of them in a round. */
__asm__(".text\n.balign 4096\ncode_page: mov $1, %eax\n ret\n.skip 4080, 0xcc\n");
extern char code_page[];
KERNEL code_stores_init(char *area) { return (uint64_t)area; }
#ifndef NATIVE
KERNEL code_stores(char *area, uint64_t rounds) {
  (void)area;
  uint32_t sum = 0;
  for (; rounds; rounds--) {
    uint32_t one;
    __asm__ volatile("call code_page" : "=a"(one)::"memory");
    for (int i = 0; i < 1024; i++) *(volatile uint32_t *)(code_page + 2048 + (i & 255) * 4) = i;
    sum += one;
  }
  return sum;
}
#else
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* A page of data: what is written next to code natively is another matter. */
static char data_page[4096];
KERNEL code_stores(char *area, uint64_t rounds) {
  (void)area;
  uint32_t sum = 0;
  for (; rounds; rounds--) {
    uint32_t one;
    __asm__ volatile("call code_page" : "=a"(one)::"memory");
    for (int i = 0; i < 1024; i++) *(volatile uint32_t *)(data_page + 2048 + (i & 255) * 4) = i;
    sum += one;
  }
  return sum;
}

#define KERNELS(each) \
  each(nbody, nbody) each(mandel, mandel) each(saxpy, saxpy) each(dot, dot) each(memory, memset_rep) each(memory, memcpy_rep) \
  each(memory, memcpy_alias) each(memory, memcpy_sse) each(memory, memcpy_sse_alias) each(memory, read_u32) each(pages, pages) \
  each(code_stores, code_stores)
#define ROW(prepare, kernel) {#kernel, prepare##_init, kernel},

static const struct {
  const char *name;
  uint64_t (*init)(char *);
  uint64_t (*run)(char *, uint64_t);
} kernels[] = {KERNELS(ROW)};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

/* name rounds: nanoseconds of CPU time, the best of five, and the result of a first run. */
int main(int argc, char **argv) {
  uint64_t rounds = argc > 2 ? strtoull(argv[2], 0, 10) : 1;
  char *area = mmap(0, 320u * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(area, 320u * MIB, MADV_NOHUGEPAGE);
  for (unsigned i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    if (strcmp(kernels[i].name, argv[1]) != 0) continue;
    kernels[i].init(area);
    uint64_t result = kernels[i].run(area, 2);
    double best = 1e18;
    for (int time = 0; time < 5; time++) {
      double begun = now();
      kernels[i].run(area, rounds);
      double taken = now() - begun;
      if (taken < best) best = taken;
    }
    printf("%.0f %llu\n", best, (unsigned long long)result);
  }
  return 0;
}
#endif
