/* Executes single instructions on the processor, in a Linux process, and writes what they changed.

     execute INPUT OUTPUT

   Everything is done in the signal handler: code memory is filled with HLT, which faults outside of ring 0, so every instruction ends in a signal,
   whether it faulted itself or went on to the next HLT. The handler notes the registers of the signal frame, puts the next vector's in their place
   and returns: rt_sigreturn loads all registers at once, code segment and stack pointer included. The handler has a stack of its own.

   A child does this; when it dies or hangs its parent notes one lost vector and starts another child behind it.

   INPUT: u32 number of bases, u32 number of vectors; for each base REGISTERS bytes; MEMORY bytes; the vectors: u8 base, u8 n, n bytes of code,
   changes of the state against the base. OUTPUT: for each vector a u8 (1: executed, 0: lost or of no use) and, if executed, the changes against its input.
   State and changes are those of README.md "Format". */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

enum { PAGE = 4096, CODE_BYTES = 2 * PAGE, MEMORY = 3 * PAGE, HLT = 0xf4 };
/* Offsets in the state. */
enum {
  GPR = 0, RIP = 128, RFLAGS = 136, SELECTORS = 144, MXCSR = 156, FCW = 160, FSW = 162, FTW = 164, FOP = 166, FIP = 168, FDP = 176,
  FSBASE = 184, GSBASE = 192, X87 = 208, YMM = 352, EXCEPTION = 864, ERROR = 868, ADDRESS = 872, REGISTERS = 896, STATE = REGISTERS + MEMORY
};
enum { ES, CS, SS, DS, FS, GS };
/* The same memory twice, below 4 GiB and far above. */
#define CODE 0x10000000ull
#define DATA 0x20000000ull
#define HIGH 0x123400000000ull
/* What a program outside of ring 0 can change, without RF. */
#define FLAGS_MASK 0x247fd7ull

static const struct user_desc segments[] = {
    /* index, base, limit, 32 bit, contents (0 data, 1 expand-down, 2 code), read or execute only, limit in pages, not present, useable */
    {0, CODE, 0xffff, 0, 2, 0, 0, 0, 1},
    {1, DATA, 0xffff, 0, 0, 0, 0, 0, 1},
    {2, CODE, 0xfffff, 1, 2, 0, 0, 0, 1},
    {3, DATA + 0x100, 0x1eff, 0, 0, 1, 0, 0, 1},
    {4, DATA, 0x0fff, 0, 1, 0, 0, 0, 1},
    {5, DATA, 0xffff, 0, 0, 0, 0, 1, 1},
    {6, DATA + 0x80, 0x2f7f, 1, 0, 0, 0, 0, 1},
    {7, CODE, 0xffff, 0, 2, 1, 0, 0, 1},
};

/* Shared by parent and children. */
static struct shared {
  u64 current, output;
} *shared;

static const u8 *input;
static u32 base_count, vector_count;
static const u8 *bases, *base_memory;
static const u8 **vectors;
static u8 *output;
static u8 before[STATE], after[STATE];
static int running;
/* All of the memory file, writable. */
static u8 *setup;

static u64 linear_rip(u64 rip, u16 cs) {
  if ((cs & 4) == 0) return rip;
  u32 index = cs >> 3;
  return index < sizeof segments / sizeof *segments ? segments[index].base_addr + rip : rip;
}

static int in_code(u64 address) {
  return (address >= CODE && address < CODE + CODE_BYTES) || (address >= HIGH + CODE && address < HIGH + CODE + CODE_BYTES);
}

static const u8 *varint(const u8 *at, u32 *value) {
  u32 shift = 0;
  *value = 0;
  do *value |= (u32)(*at & 127) << shift, shift += 7;
  while (*at++ & 128);
  return at;
}

static u8 *put_varint(u8 *at, u32 value) {
  for (; value > 127; value >>= 7) *at++ = value | 128;
  *at++ = value;
  return at;
}

static const u8 *apply(u8 *state, const u8 *at) {
  u32 runs, gap, length, offset = 0;
  for (at = varint(at, &runs); runs > 0; runs--) {
    at = varint(varint(at, &gap), &length);
    offset += gap;
    memcpy(state + offset, at, length);
    offset += length, at += length;
  }
  return at;
}

/* Runs of different bytes; up to two equal bytes between two runs are cheaper inside than a new run. */
static u8 *difference(u8 *out) {
  static u32 starts[STATE], lengths[STATE];
  u32 runs = 0;
  for (u32 at = 0; at < STATE;) {
    if (at % 64 == 0 && at + 64 <= STATE && memcmp(before + at, after + at, 64) == 0) { at += 64; continue; }
    if (before[at] == after[at]) { at++; continue; }
    u32 end = at + 1;
    while (end < STATE && before[end] != after[end]) end++;
    if (runs > 0 && at - (starts[runs - 1] + lengths[runs - 1]) <= 2) lengths[runs - 1] = end - starts[runs - 1];
    else starts[runs] = at, lengths[runs++] = end - at;
    at = end;
  }
  out = put_varint(out, runs);
  for (u32 run = 0, previous = 0; run < runs; run++) {
    out = put_varint(put_varint(out, starts[run] - previous), lengths[run]);
    memcpy(out, after + starts[run], lengths[run]);
    out += lengths[run];
    previous = starts[run] + lengths[run];
  }
  return out;
}

static const int gpr_order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static u64 get64(const u8 *at) { u64 value; memcpy(&value, at, 8); return value; }
static u32 get32(const u8 *at) { u32 value; memcpy(&value, at, 4); return value; }
static u16 get16(const u8 *at) { u16 value; memcpy(&value, at, 2); return value; }
static void put64(u8 *at, u64 value) { memcpy(at, &value, 8); }
static void put32(u8 *at, u32 value) { memcpy(at, &value, 4); }
static void put16(u8 *at, u16 value) { memcpy(at, &value, 2); }

/* The frame has ST(0) to ST(7); the state has R0 to R7, which do not move when TOP does. */
static void x87_registers(u8 *frame, u8 *state, u16 status, int load) {
  u32 top = status >> 11 & 7;
  for (u32 i = 0; i < 8; i++) {
    u8 *st = frame + 32 + 16 * i, *r = state + X87 + 16 * ((top + i) & 7);
    if (load) memset(st + 10, 0, 6), memcpy(st, r, 10);
    else memcpy(r, st, 10);
  }
}

#define READ_SEGMENT(name, index) { u16 value; __asm__ volatile("mov %%" #name ", %0" : "=r"(value)); put16(after + SELECTORS + 2 * index, value); }
#define WRITE_SEGMENT(name, index) { u16 value = get16(before + SELECTORS + 2 * index); __asm__ volatile("mov %0, %%" #name :: "r"(value)); }

/* Linux sets the P bit of a page fault's error code for addresses that are not the program's: such a vector would be false. */
#define USER_END 0x7ffffffff000ull

/* Returns 0 where the vector is of no use. */
static int store_result(ucontext_t *context) {
  greg_t *gregs = context->uc_mcontext.gregs;
  u8 *frame = (u8 *)context->uc_mcontext.fpregs;
  u64 selectors = gregs[REG_CSGSFS];
  u16 cs = selectors, ss = selectors >> 48;
  memcpy(after, before, REGISTERS);
  for (u32 i = 0; i < 16; i++) put64(after + GPR + 8 * i, gregs[gpr_order[i]]);
  u64 value;
  __asm__ volatile("rdfsbase %0" : "=r"(value));
  put64(after + FSBASE, value);
  __asm__ volatile("rdgsbase %0" : "=r"(value));
  put64(after + GSBASE, value);
  READ_SEGMENT(es, ES) READ_SEGMENT(ds, DS) READ_SEGMENT(fs, FS) READ_SEGMENT(gs, GS)
  put16(after + SELECTORS + 2 * CS, cs);
  put16(after + SELECTORS + 2 * SS, ss);
  if (get16(before + SELECTORS + 2 * CS) != 0x33) {
    for (u32 i = 0; i < 8; i++) put32(after + GPR + 8 * i + 4, 0);
    memset(after + GPR + 64, 0, 64);
    memcpy(after + FSBASE, before + FSBASE, 16);
  }
  /* IRET to a 16-bit stack segment loads SP and leaves what the kernel had in the upper half of ESP. */
  u16 stack = get16(before + SELECTORS + 2 * SS);
  if (stack == 0x0f || stack == 0x1f || stack == 0x27) memcpy(after + GPR + 8 * 4 + 2, before + GPR + 8 * 4 + 2, 6);
  put64(after + RIP, gregs[REG_RIP]);
  put64(after + RFLAGS, gregs[REG_EFL] & FLAGS_MASK);
  memcpy(after + FCW, frame, 2);
  memcpy(after + FSW, frame + 2, 2);
  after[FTW] = frame[4];
  memcpy(after + FOP, frame + 6, 18);
  memcpy(after + MXCSR, frame + 24, 4);
  x87_registers(frame, after, get16(frame + 2), 0);
  u64 present = get64(frame + 512);
  for (u32 i = 0; i < 16; i++) {
    memcpy(after + YMM + 32 * i, frame + 160 + 16 * i, 16);
    if (present & 4) memcpy(after + YMM + 32 * i + 16, frame + 576 + 16 * i, 16);
    else memset(after + YMM + 32 * i + 16, 0, 16);
  }
  u64 trap = gregs[REG_TRAPNO], error = gregs[REG_ERR], address = gregs[REG_CR2];
  u64 rip = linear_rip(gregs[REG_RIP], cs);
  u64 start = linear_rip(get64(before + RIP), get16(before + SELECTORS + 2 * CS));
  int completed = rip != start && ((trap == 13 && in_code(rip) && *(u8 *)rip == HLT) || (trap == 14 && address == rip && (error & 16)));
  if (!completed) {
    after[EXCEPTION] = trap + 1;
    put32(after + ERROR, error);
    if (trap == 14) put64(after + ADDRESS, address);
  }
  memcpy(after + REGISTERS, setup + CODE_BYTES, MEMORY);
  return completed || trap != 14 || address < USER_END;
}

static void load_next(ucontext_t *context) {
  const u8 *at = vectors[shared->current];
  greg_t *gregs = context->uc_mcontext.gregs;
  u8 *frame = (u8 *)context->uc_mcontext.fpregs;
  memcpy(before, bases + (u64)*at++ * REGISTERS, REGISTERS);
  memcpy(before + REGISTERS, base_memory, MEMORY);
  u32 length = *at++;
  const u8 *code = at;
  apply(before, at + length);
  u16 cs = get16(before + SELECTORS + 2 * CS);
  u64 start = linear_rip(get64(before + RIP), cs);
  memset(setup, HLT, CODE_BYTES);
  for (u32 i = 0; i < length; i++)
    if (in_code(start + i)) *(u8 *)(start + i) = code[i];
  memcpy(setup + CODE_BYTES, before + REGISTERS, MEMORY);
  for (u32 i = 0; i < 16; i++) gregs[gpr_order[i]] = get64(before + GPR + 8 * i);
  gregs[REG_RIP] = get64(before + RIP);
  gregs[REG_EFL] = get64(before + RFLAGS) | 0x202;
  u64 ss = get16(before + SELECTORS + 2 * SS);
  gregs[REG_CSGSFS] = cs | ss << 48;
  context->uc_flags |= 6; /* UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
  memcpy(frame, before + FCW, 2);
  memcpy(frame + 2, before + FSW, 2);
  frame[4] = before[FTW], frame[5] = 0;
  memcpy(frame + 6, before + FOP, 18);
  memcpy(frame + 24, before + MXCSR, 4);
  x87_registers(frame, before, get16(before + FSW), 1);
  put64(frame + 512, 7);
  for (u32 i = 0; i < 16; i++) {
    memcpy(frame + 160 + 16 * i, before + YMM + 32 * i, 16);
    memcpy(frame + 576 + 16 * i, before + YMM + 32 * i + 16, 16);
  }
  WRITE_SEGMENT(es, ES) WRITE_SEGMENT(ds, DS) WRITE_SEGMENT(fs, FS) WRITE_SEGMENT(gs, GS)
  if (cs == 0x33) {
    __asm__ volatile("wrfsbase %0" ::"r"(get64(before + FSBASE)));
    __asm__ volatile("wrgsbase %0" ::"r"(get64(before + GSBASE)));
  }
}

/* No function of libc that reads thread-local storage: FS is the vector's. */
__attribute__((used)) static void handle(int signal, siginfo_t *information, void *argument) {
  (void)signal, (void)information;
  ucontext_t *context = argument;
  if (running) {
    u8 *out = output + shared->output;
    *out = store_result(context);
    shared->output = (*out ? difference(out + 1) : out + 1) - output;
    shared->current++;
  }
  running = 1;
  if (shared->current == vector_count) _exit(0);
  load_next(context);
}

/* A handler inherits AC, NT and ID: compiled code is not aligned, and rt_sigreturn hands NT and ID on to the next vector. */
void entry(int, siginfo_t *, void *);
__asm__("entry:\n pushfq\n andl $~0x244000, (%rsp)\n popfq\n cld\n jmp handle\n");

static void *map_at(u64 address, u64 bytes, int protection, int file, u64 offset) {
  void *at = mmap((void *)address, bytes, protection, MAP_SHARED | MAP_FIXED_NOREPLACE, file, offset);
  if (at == MAP_FAILED) { perror("mmap"); exit(2); }
  return at;
}

static void map_memory(void) {
  int file = memfd_create("memory", 0);
  if (file < 0 || ftruncate(file, CODE_BYTES + MEMORY) != 0) { perror("memfd_create"); exit(2); }
  setup = mmap(0, CODE_BYTES + MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  for (u64 high = 0; high <= HIGH; high += HIGH) {
    map_at(high + CODE, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, file, 0);
    map_at(high + DATA, 2 * PAGE, PROT_READ | PROT_WRITE, file, CODE_BYTES);
    map_at(high + DATA + 2 * PAGE, PAGE, PROT_READ, file, CODE_BYTES + 2 * PAGE);
  }
}

/* Page faults shall tell of the protection, not of a page that Linux has not entered in the tables yet. */
static void touch_pages(void) {
  for (u64 high = 0; high <= HIGH; high += HIGH) {
    for (u64 at = 0; at < CODE_BYTES; at += PAGE) *(volatile u8 *)(high + CODE + at) = HLT;
    for (u64 at = 0; at < 2 * PAGE; at += PAGE) *(volatile u8 *)(high + DATA + at) = 0;
    (void)*(volatile u8 *)(high + DATA + 2 * PAGE);
  }
}

static void run_child(void) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
  stack_t stack = {.ss_size = 1 << 18};
  stack.ss_sp = mmap(0, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_sigaction = entry, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  for (u32 i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
  for (u32 i = 0; i < sizeof segments / sizeof *segments; i++)
    if (syscall(SYS_modify_ldt, 0x11, &segments[i], sizeof segments[i]) != 0) { perror("modify_ldt"); _exit(2); }
  touch_pages();
  __asm__ volatile("ud2");
  _exit(2);
}

/* A child that makes no progress for so many milliseconds has met a vector that does not end. */
enum { PATIENCE = 1000, STEP = 20 };

static int wait_for(pid_t child) {
  u64 seen = shared->current;
  int status, waited = 0;
  struct timespec pause = {0, STEP * 1000000L};
  while (waitpid(child, &status, WNOHANG) == 0) {
    nanosleep(&pause, 0);
    waited = shared->current == seen ? waited + STEP : 0;
    seen = shared->current;
    if (waited >= PATIENCE) kill(child, SIGKILL);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int count, char **arguments) {
  if (count != 3) { fprintf(stderr, "usage: execute INPUT OUTPUT\n"); return 2; }
  struct stat information;
  int file = open(arguments[1], O_RDONLY);
  if (file < 0 || fstat(file, &information) != 0) { perror(arguments[1]); return 2; }
  input = mmap(0, information.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  base_count = get32(input), vector_count = get32(input + 4);
  bases = input + 8;
  base_memory = bases + (u64)base_count * REGISTERS;
  const u8 *at = base_memory + MEMORY;
  vectors = malloc(sizeof *vectors * (vector_count + 1));
  for (u32 i = 0; i < vector_count; i++) {
    u32 runs, gap, length;
    vectors[i] = at;
    at += 2 + at[1];
    for (at = varint(at, &runs); runs > 0; runs--) at = varint(varint(at, &gap), &length) + length;
  }
  output = mmap(0, 1ull << 32, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  map_memory();
  u32 lost = 0;
  while (shared->current < vector_count) {
    fflush(0);
    pid_t child = fork();
    if (child == 0) run_child();
    int code = wait_for(child);
    if (code == 2) return 2;
    if (shared->current == vector_count) break;
    fprintf(stderr, "lost vector %lu\n", (unsigned long)shared->current);
    output[shared->output++] = 0;
    shared->current++;
    lost++;
  }
  FILE *out = fopen(arguments[2], "wb");
  if (out == 0 || fwrite(output, 1, shared->output, out) != shared->output || fclose(out) != 0) { perror(arguments[2]); return 2; }
  fprintf(stderr, "%u vectors, %u lost\n", vector_count, lost);
  return 0;
}
