/*
 * Kernels that processors and emulators of them are measured with.
 *
 * One program, four builds:
 *   bare machine, 32-bit and 64-bit  booted by boot.asm, output on COM1
 *   Linux, 32-bit and 64-bit         static ELF without libc, output on stdout
 *
 * Every kernel prints
 *     BEGIN name
 *     END name sum=<checksum> n=<repetitions, hex> tsc=<guest TSC ticks, hex>
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
    u32 i, n = times(N_TRAP);
    begin("trap");
    for (i = 0; i < n; i++) trap();
    end("trap", i, n);
}

/* ------------------------------------------------------------------ main -- */
static const struct {
    u32 bits;             /* of the mask: any of them */
    void (*run)(void);
} kernels[] = {
    {1 << 0, k_coremix}, {1 << 1, k_sha256}, {1 << 2, k_mem}, {1 << 3, k_sieve}, {1 << 4, k_fib}, {1 << 5, k_qsort},
    {1 << 6, k_nbody}, {1 << 7, k_mandel}, {1 << 8, k_saxpy}, {1 << 9, k_interp}, {1 << 10, k_tlb},
    {1 << SMP_PING | 1 << SMP_STREAM, k_smp}, {1 << 12, k_trap},
};
static NOINLINE void run_all(void)
{
    platform_init();
    puts_("\nBENCH bits="), puthex(sizeof(void *) == 8 ? 0x64 : 0x32, 2), put('\n');
    for (u32 i = 0; i < sizeof kernels / sizeof *kernels; i++)
        if (mask & kernels[i].bits) kernels[i].run();
    puts_("DONE\n");
    finish();
}

#ifdef LINUX
static u32 decimal(const char *s)
{
    u32 n = 0;
    for (; *s; s++) n = n * 10 + (u32)(*s - '0');
    return n;
}
__attribute__((used)) static void linux_main(long *sp)
{
    mask = sp[0] > 1 ? decimal((const char *)sp[2]) : ~0u;    /* argv[1]: kernel mask */
    scale = sp[0] > 2 ? decimal((const char *)sp[3]) : 0;     /* argv[2]: scale */
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
