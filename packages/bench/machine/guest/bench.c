/*
 * Kernels that processors and emulators of them are measured with.
 *
 * One program, four builds:
 *   bare machine, 32-bit and 64-bit  booted by boot.asm, output on COM1
 *   Linux, 32-bit and 64-bit         static ELF without libc, output on stdout
 *
 * Every kernel prints
 *     BEGIN name
 *     END name sum=<checksum> tsc=<guest TSC ticks, hex>
 * and the host times the interval between the newline of BEGIN and the 'E' of END,
 * because the clocks of guests cannot be compared. Checksums are equal on every
 * correct processor.
 *
 * Interrupts stay off; a fault prints '#' and a letter (boot.asm) and stops.
 */
#include "platform.h"
#include "coremix.h"
#include "sha256.h"
#include "memory.h"
#include "sieve.h"
#include "fib.h"
#include "qsort.h"
#include "float.h"
#include "interp.h"
#include "tlb.h"
#include "smp.h"

/* ------------------------------------- ring 3 -> ring 0 -> ring 3 round trips
 * bare metal: exception (ud2) and iret; Linux: the cheapest system call */
static void k_trap(void)
{
    u32 i;
    begin("trap");
    for (i = 0; i < N_TRAP; i++) trap();
    end("trap", i);
}

/* ------------------------------------------------------------------ main -- */
static void (*const kernels[])(void) = {
    k_coremix, k_sha256, k_mem, k_sieve, k_fib, k_qsort, k_nbody, k_mandel, k_saxpy, k_interp, k_tlb, k_smp, k_trap,
};
static NOINLINE void run_all(void)
{
    platform_init();
    puts_("\nBENCH bits="), puthex(sizeof(void *) == 8 ? 0x64 : 0x32, 2), put('\n');
    for (u32 i = 0; i < sizeof kernels / sizeof *kernels; i++)
        if (mask >> i & 1) kernels[i]();
    puts_("DONE\n");
    finish();
}

#ifdef LINUX
__attribute__((used)) static void linux_main(long *sp)
{
    mask = ~0u;
    if (sp[0] > 1) {                          /* argv[1]: kernel mask, decimal */
        const char *s = (const char *)sp[2];
        for (mask = 0; *s; s++) mask = mask * 10 + (u32)(*s - '0');
    }
    run_all();
}
#ifdef __x86_64__
__asm__(".globl _start\n_start: xor %ebp,%ebp; mov %rsp,%rdi; and $-16,%rsp; call linux_main");
#else
__asm__(".globl _start\n_start: xor %ebp,%ebp; mov %esp,%eax; and $-16,%esp; sub $12,%esp; push %eax; call linux_main");
#endif
#else
__attribute__((used)) static void start(void) { run_all(); }
__asm__(".pushsection .entry,\"ax\"\n jmp start\n .balign 16\n jmp service\n .popsection");
#endif
