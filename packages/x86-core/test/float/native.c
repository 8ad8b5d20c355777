/* Runs instructions on the processor. Reads cases from standard input and writes them back as they are afterwards, 1040 bytes each:
   128 bytes of code (afterwards: the number of the signal, 8 bytes), 64 bytes of memory at RSI, RAX, RFLAGS, an XSAVE area with x87, SSE and AVX. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct state {
  unsigned char code[128];
  unsigned char memory[64];
  uint64_t rax, rflags;
  unsigned char area[832];
};

struct state current __attribute__((aligned(64)));
unsigned char area[832] __attribute__((aligned(64)));
unsigned char *code;
static sigjmp_buf back;
void run(void);

__asm__("run:\n push %rbx\n push %rbp\n push %r12\n"
        "lea current(%rip), %rsi\n lea area(%rip), %r12\n"
        "mov $7, %eax\n xor %edx, %edx\n xrstor64 (%r12)\n"
        "pushq 200(%rsi)\n popfq\n mov 192(%rsi), %rax\n lea 128(%rsi), %rsi\n call *code(%rip)\n"
        "lea current(%rip), %rsi\n mov %rax, 192(%rsi)\n pushfq\n popq 200(%rsi)\n"
        "mov $7, %eax\n xor %edx, %edx\n xsave64 (%r12)\n fninit\n"
        "movl $0x1f80, -8(%rsp)\n ldmxcsr -8(%rsp)\n"
        "pop %r12\n pop %rbp\n pop %rbx\n ret\n");

static void handler(int number, siginfo_t *info, void *context) {
  (void)info;
  ucontext_t *at = context;
  memset(current.code, 0, 8);
  current.code[0] = (unsigned char)number;
  current.rax = (uint64_t)at->uc_mcontext.gregs[REG_RAX];
  current.rflags = (uint64_t)at->uc_mcontext.gregs[REG_EFL];
  memcpy(area, at->uc_mcontext.fpregs, sizeof area);
  siglongjmp(back, 1);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGILL, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return 1;
  while (fread(&current, sizeof current, 1, stdin) == 1) {
    memcpy(code, current.code, sizeof current.code);
    memcpy(area, current.area, sizeof area);
    memset(current.code, 0, 8);
    if (sigsetjmp(back, 1) == 0) run();
    memcpy(current.area, area, sizeof area);
    fwrite(&current, sizeof current, 1, stdout);
  }
  return 0;
}
