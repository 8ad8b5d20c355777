/* Runs short programs on the processor: reads cases (128 bytes of code, seven 64-bit words), writes the seven words as they are afterwards.
   The words: rax, rcx, rdx, rbx, r9, r15, RFLAGS. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

uint64_t words[7];
unsigned char *code;
void run(void);

__asm__("run:\n push %rbx\n push %r15\n push %rbp\n"
        "mov words+48(%rip), %r10\n push %r10\n popfq\n"
        "mov words(%rip), %rax\n mov words+8(%rip), %rcx\n mov words+16(%rip), %rdx\n mov words+24(%rip), %rbx\n"
        "mov words+32(%rip), %r9\n mov words+40(%rip), %r15\n call *code(%rip)\n"
        "mov %rax, words(%rip)\n mov %rcx, words+8(%rip)\n mov %rdx, words+16(%rip)\n mov %rbx, words+24(%rip)\n"
        "mov %r9, words+32(%rip)\n mov %r15, words+40(%rip)\n pushfq\n pop %r10\n mov %r10, words+48(%rip)\n"
        "pop %rbp\n pop %r15\n pop %rbx\n ret\n");

int main(void) {
  code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return 1;
  while (fread(code, 128, 1, stdin) == 1 && fread(words, sizeof words, 1, stdin) == 1) {
    run();
    fwrite(words, sizeof words, 1, stdout);
  }
  return 0;
}
