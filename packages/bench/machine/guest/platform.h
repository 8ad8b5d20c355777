/* What the kernels stand on: counts, services of the bare machine or of Linux, output. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed short s16;
typedef signed int s32;
typedef __UINTPTR_TYPE__ uptr;
typedef float v4f __attribute__((vector_size(16)));
typedef int v4i __attribute__((vector_size(16)));

#define NOINLINE __attribute__((noinline, noclone))
/* Hot functions, all shorter than 1 KiB, must not straddle a page: binary translators may
 * treat such code quite differently, and that is for fib_pages alone to measure. */
#define HOT __attribute__((noinline, noclone, aligned(1024)))
#define MIB (1u << 20)

/* Iteration counts: 0.01 to 0.3 s each on a 2024 server core, up to a minute in an interpreter, which is given fewer: see times(). */
#define N_CORE 1000
#define N_SHA 64        /* x 1 MiB */
#define N_MEM 200       /* x 8 MiB */
#define N_SIEVE 24      /* x 4 Mi numbers */
#define N_FIB 16        /* x fib(32) */
#define N_QSORT 3       /* x 1 Mi ints */
#define N_NBODY 3000000 /* steps */
#define N_MANDEL 24     /* x 256x256 points, 256 iterations */
#define N_SAXPY 600000  /* x 4096 floats */
#define N_INTERP 3      /* x Collatz lengths of 1..100000 */
#define N_TLB 4000000   /* random accesses, 65536 pages of 4 KiB */
#define N_PING 1000000  /* round trips */
#define N_MSG 10000000  /* messages of 64 bytes */
#define N_TRAP 100000

static u64 rdtsc(void)
{
    u32 lo, hi;
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (u64)hi << 32 | lo;
}
static inline void cpu_pause(void) { __asm__ volatile("pause" ::: "memory"); }

/* ------------------------------------------------------------- platform -- */
static u8 *heap;      /* 120 MiB, identity mapped with large pages on bare metal */
static u8 *tlb_area;  /* 256 MiB of 4 KiB pages, physical order scrambled */
static u32 mask;      /* which kernels run: see bench.c */
static u32 scale;     /* counts are divided by 2^scale, for who would take too long */

static u32 times(u32 count) { return count >> scale ? count >> scale : 1; }

#ifdef LINUX
static long sys(long n, long a, long b, long c, long d, long e, long f)
{
    long r;
#ifdef __x86_64__
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
#else
    (void)f; /* the sixth argument, ebp, is only mmap2's offset: always 0 */
    __asm__ volatile("push %%ebp; xor %%ebp,%%ebp; int $0x80; pop %%ebp"
                     : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
#endif
    return r;
}
#ifdef __x86_64__
enum { SYS_write = 1, SYS_mmap = 9, SYS_madvise = 28, SYS_exit = 60, SYS_getppid = 110, SYS_affinity = 203, SYS_exit_group = 231 };
#else
enum { SYS_write = 4, SYS_mmap = 192, SYS_madvise = 219, SYS_exit = 1, SYS_getppid = 64, SYS_affinity = 241, SYS_exit_group = 252 };
#endif
static char obuf[128];
static u32 olen;
static void put(char c)
{
    obuf[olen++] = c;
    if (c == '\n' || olen == sizeof obuf) {
        sys(SYS_write, 1, (long)obuf, olen, 0, 0, 0);
        olen = 0;
    }
}
static void *map(u32 size)
{
    void *p = (void *)sys(SYS_mmap, 0, size, 3, 0x22, -1, 0);
    sys(SYS_madvise, (long)p, size, 15 /* MADV_NOHUGEPAGE */, 0, 0, 0);
    return p;
}
static inline void pin(u32 cpu)
{
    static u64 m[2] = {1, 2};
    sys(SYS_affinity, 0, 8, (long)&m[cpu], 0, 0, 0);
}
static void platform_init(void)
{
    heap = map(120 * MIB);
    tlb_area = map(256 * MIB);
}
static void tlb_setup(void) {}
static void trap(void) { sys(SYS_getppid, 0, 0, 0, 0, 0, 0); }
static void finish(void) { for (;;) sys(SYS_exit_group, 0, 0, 0, 0, 0, 0); }
#else
/* Physical memory map (512 MiB of RAM expected):
 *   0x007c00 boot.asm   0x100000 this program   0x200000 page tables, IDT, TSSs (boot.asm)
 *   0x300000 stack top  0x310000 AP stack top   0x400000 page tables of tlb_area
 *   0x800000 heap       0x8000000..0x18000000 tlb_area
 * The kernels run in ring 3, like an operating system's programs; the instruction ud2
 * enters service() in ring 0 for output, page tables, the second processor and the end. */
#define BOOT_MASK ((volatile u32 *)0x7db0)
#define BOOT_SCALE ((volatile u32 *)0x7db4)
#define BOOT_AP_ENTRY ((void *volatile *)0x7db8)

#define KERNEL_CODE __attribute__((target("general-regs-only")))
static inline KERNEL_CODE void outb(u16 port, u8 v) { __asm__ volatile("outb %0,%1" ::"a"(v), "Nd"(port)); }
static inline KERNEL_CODE void outl(u16 port, u32 v) { __asm__ volatile("outl %0,%1" ::"a"(v), "Nd"(port)); }
static inline KERNEL_CODE u8 inb(u16 port)
{
    u8 v;
    __asm__ volatile("inb %1,%0" : "=a"(v) : "Nd"(port));
    return v;
}
static KERNEL_CODE void delay(u32 n) { while (n--) inb(0x80); }

static KERNEL_CODE void kernel_map(void)  /* page tables of tlb_area */
{
    u32 i;
#ifdef __x86_64__
    volatile u64 *pml4 = (u64 *)0x200000, *pdpt = (u64 *)0x400000, *pd = (u64 *)0x401000, *pt = (u64 *)0x402000;
    for (i = 0; i < 512; i++) pdpt[i] = 0, pd[i] = 0;
    for (i = 0; i < 65536; i++) pt[i] = (0x8000000 + ((i * 40503u) & 65535) * 4096ull) | 7;
    for (i = 0; i < 128; i++) pd[i] = (0x402000 + i * 4096) | 7;
    pdpt[0] = 0x401007;
    pml4[1] = 0x400007;
#else
    volatile u32 *pd = (u32 *)0x200000, *pt = (u32 *)0x402000;
    for (i = 0; i < 65536; i++) pt[i] = (0x8000000 + ((i * 40503u) & 65535) * 4096) | 7;
    for (i = 0; i < 64; i++) pd[256 + i] = (0x402000 + i * 4096) | 7;
#endif
    uptr cr3;
    __asm__ volatile("mov %%cr3,%0; mov %0,%%cr3" : "=r"(cr3)::"memory");
}
/* Ring 0 services, reached by ud2 through boot.asm. */
enum { K_NOP, K_PUT, K_MAP, K_START_AP, K_STOP, K_EXIT };
__attribute__((used)) static KERNEL_CODE void service(u32 op, u32 arg)
{
    volatile u32 *apic = (volatile u32 *)0xfee00000;
    const char *s = "Shutdown";
    switch (op) {
    case K_NOP:
        return;
    case K_PUT:
        while (!(inb(0x3fd) & 0x20)) {}
        outb(0x3f8, (u8)arg);
        return;
    case K_MAP:
        kernel_map();
        return;
    case K_START_AP:
        apic[0xf0 / 4] = 0x1ff;
        apic[0x300 / 4] = 0xc4500;            /* INIT, all but self */
        delay(5000);
        apic[0x300 / 4] = 0xc4608;            /* SIPI 0x8000, twice */
        delay(200);
        apic[0x300 / 4] = 0xc4608;
        return;
    case K_EXIT:
        while (!(inb(0x3fd) & 0x40)) {}       /* transmitter empty */
        outl(0xf4, 0);                        /* QEMU isa-debug-exit */
        while (*s) outb(0x8900, (u8)*s++);    /* Bochs */
    }
    for (;;) __asm__ volatile("cli; hlt");
}
static NOINLINE void kcall(u32 op, u32 arg)
{
    if (mask >> 31) { service(op, arg); return; } /* already in ring 0 */
    __asm__ volatile("ud2" ::"D"(op), "S"(arg) : "memory");
}

static void trap(void) { kcall(K_NOP, 0); }
static void put(char c) { kcall(K_PUT, (u8)c); }
static inline void pin(u32 cpu) { (void)cpu; }
static void platform_init(void)
{
    heap = (u8 *)0x800000;
    mask = *BOOT_MASK;
    scale = *BOOT_SCALE;
}
static void tlb_setup(void)
{
    kcall(K_MAP, 0);
    tlb_area = sizeof(void *) == 8 ? (u8 *)(uptr)(1ull << 39) : (u8 *)0x40000000;
}
static void finish(void) { kcall(K_EXIT, 0); }
#endif

static void puts_(const char *s) { while (*s) put(*s++); }
static void puthex(u64 v, int digits)
{
    while (digits--) put("0123456789abcdef"[(v >> (digits * 4)) & 15]);
}
static u64 t0;
static void begin(const char *name)
{
    puts_("BEGIN "), puts_(name), put('\n');
    t0 = rdtsc();
}
/* n: how many times what the kernel repeats was done */
static void end(const char *name, u32 sum, u32 n)
{
    u64 t = rdtsc() - t0;
    puts_("END "), puts_(name), puts_(" sum="), puthex(sum, 8);
    puts_(" n="), puthex(n, 8), puts_(" tsc="), puthex(t, 16), put('\n');
}

/* gcc may call these even in freestanding code */
NOINLINE __attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memset(void *d, int c, uptr n)
{
    u8 *p = d;
    while (n--) *p++ = (u8)c;
    return d;
}
NOINLINE __attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memcpy(void *d, const void *s, uptr n)
{
    u8 *p = d;
    const u8 *q = s;
    while (n--) *p++ = *q++;
    return d;
}

static u32 seed;
static u32 rnd(void)
{
    seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
    return seed;
}
static u32 fold(u32 h, u32 v) { return (h ^ v) * 16777619u; }

