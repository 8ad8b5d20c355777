/* Runs compiled modules from a job file (native.ts writes it): maps images and memories, calls functions with any signature, prints a line per result. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#define HOST_TABLE 0x0f000000ul
#define IMAGE_BYTES 0x4000000ul
#define GUARDED 0x200010000ul
#define GROWTH_LIMIT (1ul << 30)
#define MAX_VALUES 64

enum { TRAP = 1, EXCEPTION = 2, OVERFLOW = 3 };

struct signature { uint8_t parameters, results; uint8_t types[2 * MAX_VALUES]; };
struct exported { uint64_t address; struct signature signature; };

/* The registers of a call, before and after. */
struct call_state {
  uint64_t target, stack_count, *stack;
  uint64_t general[6];
  uint64_t vectors[8][2];
  uint64_t results[7];
  uint64_t clobbered;
};

/* Calls state->target with the registers and stack of `state`, and notes the result registers and whether a saved register changed. */
void enter(struct call_state *state);
asm(".globl enter\nenter:\n"
    "push %rbp\n mov %rsp,%rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n push %rdi\n"
    "mov %rdi,%rax\n mov 8(%rax),%rcx\n mov 16(%rax),%rsi\n"
    "mov %rcx,%rdx\n and $1,%rdx\n shl $3,%rdx\n sub %rdx,%rsp\n"
    "1: test %rcx,%rcx\n je 2f\n dec %rcx\n pushq (%rsi,%rcx,8)\n jmp 1b\n"
    "2: movups 72(%rax),%xmm0\n movups 88(%rax),%xmm1\n movups 104(%rax),%xmm2\n movups 120(%rax),%xmm3\n"
    "movups 136(%rax),%xmm4\n movups 152(%rax),%xmm5\n movups 168(%rax),%xmm6\n movups 184(%rax),%xmm7\n"
    "mov 24(%rax),%rdi\n mov 32(%rax),%rsi\n mov 40(%rax),%rdx\n mov 48(%rax),%rcx\n mov 56(%rax),%r8\n mov 64(%rax),%r9\n"
    "mov $0x1111,%ebx\n mov $0x1212,%r12d\n mov $0x1313,%r13d\n mov $0x1414,%r14d\n mov $0x1515,%r15d\n"
    "call *(%rax)\n"
    "mov -48(%rbp),%r10\n"
    "mov %rax,200(%r10)\n mov %rdx,208(%r10)\n mov %rcx,216(%r10)\n mov %rsi,224(%r10)\n mov %rdi,232(%r10)\n mov %r8,240(%r10)\n mov %r9,248(%r10)\n"
    "movups %xmm0,72(%r10)\n movups %xmm1,88(%r10)\n movups %xmm2,104(%r10)\n movups %xmm3,120(%r10)\n"
    "movups %xmm4,136(%r10)\n movups %xmm5,152(%r10)\n movups %xmm6,168(%r10)\n movups %xmm7,184(%r10)\n"
    "xor $0x1111,%rbx\n xor $0x1212,%r12\n xor $0x1313,%r13\n xor $0x1414,%r14\n xor $0x1515,%r15\n"
    "or %rbx,%r12\n or %r13,%r12\n or %r14,%r12\n or %r15,%r12\n mov %r12,256(%r10)\n"
    "lea -48(%rbp),%rsp\n pop %rdi\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret\n");

static sigjmp_buf outermost, *catching;
/* Whether what is called from `outermost` still runs. */
static volatile sig_atomic_t inside;
static char alternate[65536];
static unsigned char *job, *job_end;
static unsigned char *window;
static uint64_t window_bytes, used, *memory_record, growable;
static struct exported *exports;
static uint32_t export_count;
static struct signature *types;
static uint64_t *table_elements, *table_size;

static void caught(int signal, siginfo_t *info, void *context) {
  uint64_t rsp = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RSP], at = (uint64_t)info->si_addr;
  /* A fault of this program itself, which the signal's own action ends. */
  if (!inside) { struct sigaction action = { .sa_handler = SIG_DFL }; sigaction(signal, &action, 0); return; }
  siglongjmp(outermost, signal == SIGSEGV && at - (rsp - 65536) < 131072 ? OVERFLOW : TRAP);
}

static void throw_exception(void) { siglongjmp(catching ? *catching : outermost, EXCEPTION); }

static uint64_t take(int bytes) {
  uint64_t value = 0;
  if (job + bytes > job_end) abort();
  memcpy(&value, job, bytes);
  job += bytes;
  return value;
}

static void show(uint8_t type, const uint64_t *bits) {
  float f; double d;
  memcpy(&f, bits, 4); memcpy(&d, bits, 8);
  switch (type) {
    case 0x7f: printf(" i32 %08x", (uint32_t)*bits); return;
    case 0x7e: printf(" i64 %016lx", *bits); return;
    case 0x7d: if (f != f) printf(" f32 nan"); else printf(" f32 %08x", (uint32_t)*bits); return;
    case 0x7c: if (d != d) printf(" f64 nan"); else printf(" f64 %016lx", *bits); return;
    case 0x7b: printf(" v128 %016lx%016lx", bits[1], bits[0]); return;
    default: printf(" ref %s", *bits ? "set" : "null");
  }
}

static int is_vector(uint8_t type) { return type == 0x7d || type == 0x7c || type == 0x7b; }

/* Distributes arguments (two words each) as System V wants, calls, and gathers the results (two words each). */
static void invoke(uint64_t target, const struct signature *signature, const uint64_t *arguments, uint64_t (*results)[2]) {
  struct call_state state = { .target = target };
  uint64_t stack[2 * MAX_VALUES];
  int general = 0, vectors = 0;
  uint64_t words = 0;
  for (int i = 0; i < signature->parameters; i++) {
    uint8_t type = signature->types[i];
    const uint64_t *bits = arguments + 2 * i;
    if (is_vector(type) && vectors < 8) {
      state.vectors[vectors][0] = bits[0];
      state.vectors[vectors++][1] = type == 0x7b ? bits[1] : 0xdeadbeefdeadbeef;
    } else if (!is_vector(type) && general < 6) {
      /* The upper half of an i32 is undefined. */
      state.general[general++] = type == 0x7f ? bits[0] | 0xa5a5a5a500000000 : bits[0];
    } else {
      if (type == 0x7b) words += words & 1;
      stack[words++] = bits[0];
      if (type == 0x7b) stack[words++] = bits[1];
    }
  }
  state.stack = stack;
  state.stack_count = words;
  enter(&state);
  if (state.clobbered) printf("!! a saved register changed: %lx\n", state.clobbered);
  general = vectors = 0;
  for (int i = 0; i < signature->results; i++) {
    uint8_t type = signature->types[MAX_VALUES + i];
    if (is_vector(type)) {
      results[i][0] = state.vectors[vectors][0];
      results[i][1] = state.vectors[vectors++][1];
    } else results[i][0] = state.results[general++];
  }
}

static void log_value(uint8_t type, uint64_t bits) { printf("log"); show(type, &bits); puts(""); }
static void log_i32(uint32_t v) { log_value(0x7f, v); }
static void log_i64(uint64_t v) { log_value(0x7e, v); }
static void log_f32(float v) { uint64_t b = 0; memcpy(&b, &v, 4); log_value(0x7d, b); }
static void log_f64(double v) { uint64_t b; memcpy(&b, &v, 8); log_value(0x7c, b); }
typedef float vector __attribute__((vector_size(16)));
static void log_v128(vector v) { uint64_t b[2]; memcpy(b, &v, 16); printf("log"); show(0x7b, b); puts(""); }
static uint32_t sleep_for(uint32_t milliseconds, uint32_t id) { return id; }
static uint32_t memory_grow(void *base, uint64_t old_bytes, uint64_t new_bytes) {
  if (new_bytes > GROWTH_LIMIT || new_bytes > growable) return 0;
  used = new_bytes;
  return mprotect(base, new_bytes, PROT_READ | PROT_WRITE) == 0;
}
static uint32_t wait32(uint32_t *at, uint32_t expected, int64_t timeout) { return *at == expected ? 0 : 1; }
static uint32_t wait64(uint64_t *at, uint64_t expected, int64_t timeout) { return *at == expected ? 0 : 1; }
static uint32_t notify(uint32_t *at, uint32_t count) { return 0; }
static uint64_t table_get(uint32_t index) {
  if (!table_elements || index >= *table_size) throw_exception();
  return table_elements[index];
}
static void table_set(uint32_t index, uint64_t element) {
  if (!table_elements || index >= *table_size) throw_exception();
  table_elements[index] = element;
}
static int crosses_javascript(const struct signature *signature) {
  for (int i = 0; i < signature->parameters; i++) if (signature->types[i] == 0x7e || signature->types[i] == 0x7b) return 0;
  for (int i = 0; i < signature->results; i++) if (signature->types[MAX_VALUES + i] == 0x7b) return 0;
  return 1;
}
/* As JavaScript calls: without arguments, and not where a type has no counterpart. */
static void call_as_javascript(uint64_t address, const struct signature *signature) {
  static const uint64_t zeros[2 * MAX_VALUES];
  uint64_t results[MAX_VALUES][2];
  if (address == 0 || !crosses_javascript(signature)) throw_exception();
  invoke(address, signature, zeros, results);
}
static void call_export(uint32_t index) {
  if (index >= export_count) throw_exception();
  call_as_javascript(exports[index].address, &exports[index].signature);
}
/* A reference is the address of a descriptor: code, number of the type, code for the outside. */
static void call_reference(const uint64_t *reference) {
  if (!reference) throw_exception();
  call_as_javascript(reference[2], &types[(uint32_t)reference[1] - 1]);
}
static uint32_t call_reference_catch(const uint64_t *reference) {
  sigjmp_buf here, *outer = catching;
  catching = &here;
  int failed = sigsetjmp(here, 0) != 0;
  if (!failed) call_reference(reference);
  catching = outer;
  return failed;
}
static uint32_t call_export_catch(uint32_t index) {
  sigjmp_buf here, *outer = catching;
  catching = &here;
  int failed = sigsetjmp(here, 0) != 0;
  if (!failed) call_export(index);
  catching = outer;
  return failed;
}

static void *const host_table[] = { log_i32, log_i64, log_f32, log_f64, log_v128, sleep_for, memory_grow, wait32, wait64, notify, throw_exception, table_get, table_set, call_export, call_export_catch, call_reference, call_reference_catch };

static void take_signature(struct signature *signature) {
  signature->parameters = take(1);
  signature->results = take(1);
  if (signature->parameters > MAX_VALUES || signature->results > MAX_VALUES) abort();
  for (int k = 0; k < signature->parameters; k++) signature->types[k] = take(1);
  for (int k = 0; k < signature->results; k++) signature->types[MAX_VALUES + k] = take(1);
}

/* Where modules have fixed addresses. Nothing else may be there: the heap begins anywhere in the first GiB. */
static const struct { uint64_t address, bytes; } places[] = { { 0x10000000, IMAGE_BYTES }, { 0x40000000, GUARDED }, { 0x400000000, GUARDED } };

/* Before the first allocation; the kernel then puts nothing of its own there. */
static void reserve_places(void) {
  for (int i = 0; i < 3; i++) {
    void *at = (void *)places[i].address;
    if (mmap(at, places[i].bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != at) {
      fprintf(stderr, "%p is taken\n", at);
      exit(3);
    }
  }
}

/* Maps zeros in one of the places. */
static void map_place(void *at, uint64_t bytes, int protection) {
  int reserved = 0;
  for (int i = 0; i < 3; i++) reserved |= places[i].address == (uint64_t)at && bytes <= places[i].bytes;
  if (!reserved) abort();
  if (mmap(at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED) abort();
}

static void run_module(void) {
  uint64_t image = take(8), image_bytes = take(4);
  map_place((void *)image, IMAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
  memcpy((void *)image, job, image_bytes);
  job += image_bytes;
  window = (unsigned char *)take(8);
  used = take(8);
  growable = take(8);
  int is_open = take(1);
  if (window == 0) {
    if (mmap(0, 0x200000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) puts("no page 0");
  } else {
    map_place(window, GUARDED, PROT_NONE);
    /* Where the code has to check by itself, nothing else may notice what lies outside. */
    if (is_open) mprotect(window, GUARDED, PROT_READ | PROT_WRITE);
    else if (used) mprotect(window, used, PROT_READ | PROT_WRITE);
  }
  uint64_t data = take(8), data_bytes = take(4);
  if (data_bytes) memcpy((void *)data, job, data_bytes);
  job += data_bytes;
  memory_record = (uint64_t *)take(8);
  if (memory_record) memory_record[0] = (uint64_t)window;
  uint64_t initialize = take(8), start = take(8);
  table_elements = (uint64_t *)take(8);
  table_size = (uint64_t *)take(8);
  uint32_t type_count = take(4);
  types = calloc(type_count + 1, sizeof *types);
  for (uint32_t i = 0; i < type_count; i++) take_signature(&types[i]);
  export_count = take(4);
  exports = calloc(export_count + 1, sizeof *exports);
  for (uint32_t i = 0; i < export_count; i++) {
    exports[i].address = take(8);
    take_signature(&exports[i].signature);
  }
  uint32_t calls = take(4), calls_bytes = take(4);
  unsigned char *volatile calls_end = job + calls_bytes;
  puts("== run");
  static const struct signature nothing;
  catching = 0;
  int failed = sigsetjmp(outermost, 1);
  inside = failed == 0;
  if (failed == 0 && initialize) invoke(initialize, &nothing, 0, 0);
  if (failed == 0 && start) invoke(start, &nothing, 0, 0);
  inside = 0;
  if (failed) puts(failed == TRAP ? "start trap" : failed == EXCEPTION ? "start exception" : "start overflow");
  else for (volatile uint32_t i = 0; i < calls; i++) {
    struct exported *called = &exports[take(4)];
    uint64_t arguments[2 * MAX_VALUES], results[MAX_VALUES][2];
    for (int k = 0; k < 2 * called->signature.parameters; k++) arguments[k] = take(8);
    catching = 0;
    failed = sigsetjmp(outermost, 1);
    inside = failed == 0;
    if (failed == 0) {
      invoke(called->address, &called->signature, arguments, results);
      inside = 0;
      printf("=");
      for (int k = 0; k < called->signature.results; k++) show(called->signature.types[MAX_VALUES + k], results[k]);
      puts("");
    } else puts(failed == TRAP ? "= trap" : failed == EXCEPTION ? "= exception" : "= overflow");
  }
  job = calls_end;
  uint32_t hash = 2166136261u;
  if (memory_record) used = memory_record[1];
  for (uint64_t i = 0; i < used; i++) hash = (hash ^ window[i]) * 16777619u;
  printf("memory %08x\n", hash);
  free(exports);
  free(types);
}

int main(int count, char **arguments) {
  int file = open(arguments[1], O_RDONLY);
  struct stat status;
  if (count < 2 || fstat(file, &status) != 0) return 2;
  reserve_places();
  job = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  job_end = job + status.st_size;
  if (mmap((void *)HOST_TABLE, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)HOST_TABLE) return 3;
  memcpy((void *)HOST_TABLE, host_table, sizeof host_table);
  stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
  sigaltstack(&stack, 0);
  struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_ONSTACK | SA_NODEFER | SA_SIGINFO };
  int signals[] = { SIGILL, SIGFPE, SIGSEGV, SIGBUS };
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, 0);
  static char buffer[1 << 20];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  while (job < job_end) run_module();
  return 0;
}
