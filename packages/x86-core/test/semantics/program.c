/* Runs programs on the processor: reads cases, writes them as they are afterwards. A case is what `struct state` says, then 1024 bytes of code that
   end in RET. The data page is at a fixed address, so that programs may name it. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#define DATA ((unsigned char *)0x10000)
#define DATA_BYTES 8192
#define CODE_BYTES 1024

struct state {
  uint64_t gpr[16]; /* rax rcx rdx rbx rsp rbp rsi rdi r8 to r15; rsp is not loaded */
  uint64_t rflags;
  uint64_t mxcsr;
  unsigned char ymm[16][32];
  unsigned char data[DATA_BYTES];
} state;

unsigned char *code;
uint64_t stack_pointer;
void run(void);

#define REGISTERS(X) \
  X(rax, 0) X(rcx, 8) X(rdx, 16) X(rbx, 24) X(rbp, 40) X(rsi, 48) X(rdi, 56) X(r8, 64) X(r9, 72) X(r10, 80) X(r11, 88) \
  X(r12, 96) X(r13, 104) X(r14, 112) X(r15, 120)
#define VECTORS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD(name, at) "mov state+" #at "(%rip), %" #name "\n"
#define SAVE(name, at) "mov %" #name ", state+" #at "(%rip)\n"
#define LOAD_VECTOR(n) "vmovdqu state+144+32*" #n "(%rip), %ymm" #n "\n"
#define SAVE_VECTOR(n) "vmovdqu %ymm" #n ", state+144+32*" #n "(%rip)\n"

__asm__("run:\n push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n mov %rsp, stack_pointer(%rip)\n"
        "ldmxcsr state+136(%rip)\n push state+128(%rip)\n popfq\n" VECTORS(LOAD_VECTOR) REGISTERS(LOAD) "call *code(%rip)\n"
        REGISTERS(SAVE) VECTORS(SAVE_VECTOR) "pushfq\n pop state+128(%rip)\n cld\n stmxcsr state+136(%rip)\n"
        "mov stack_pointer(%rip), %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n vzeroupper\n ret\n");

int main(void) {
  int rights = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
  code = mmap(0, CODE_BYTES, rights | PROT_EXEC, kind, -1, 0);
  if (code == MAP_FAILED || mmap(DATA, DATA_BYTES, rights, kind | MAP_FIXED, -1, 0) != DATA) return 1;
  while (fread(&state, sizeof state, 1, stdin) == 1 && fread(code, CODE_BYTES, 1, stdin) == 1) {
    __builtin_memcpy(DATA, state.data, DATA_BYTES);
    run();
    __builtin_memcpy(state.data, DATA, DATA_BYTES);
    fwrite(&state, sizeof state, 1, stdout);
  }
  return 0;
}
