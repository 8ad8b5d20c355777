/* Two processors: ping-pong of a word, a stream of messages. */

/* Bits of the mask: one second processor serves both kernels. */
#define SMP_PING 11
#define SMP_STREAM 13

#ifdef __x86_64__
#define RING 1024
struct msg { u64 w[8]; };
static struct {
    u32 ready __attribute__((aligned(64)));
    u32 ping __attribute__((aligned(64)));
    u32 pong __attribute__((aligned(64)));
    u32 go __attribute__((aligned(64)));
    u32 head __attribute__((aligned(64))); /* written by the producer */
    u32 tail __attribute__((aligned(64))); /* written by the consumer */
    u64 sum __attribute__((aligned(64)));
    u32 done;
    u32 pings, messages; /* how many there will be: 0 where the kernel is not wanted */
} smp;
#define LOADA(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define STORER(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

static HOT void ap_work(void)
{
    struct msg *ring = (struct msg *)heap;
    const u32 pings = smp.pings, messages = smp.messages;
    u32 i, head;
    u64 s = 0;
    STORER(&smp.ready, 1);
    for (i = 1; i <= pings; i++) {
        while (LOADA(&smp.ping) != i) cpu_pause();
        STORER(&smp.pong, i);
    }
    while (messages != 0 && !LOADA(&smp.go)) cpu_pause();
    for (i = 0; i < messages;) {                 /* consumer */
        while ((head = LOADA(&smp.head)) == i) cpu_pause();
        for (; i != head; i++) {
            const struct msg *m = &ring[i % RING];
            for (u32 k = 0; k < 8; k++) s += *(const volatile u64 *)&m->w[k];
            if (!(i & 15)) STORER(&smp.tail, i);
        }
        STORER(&smp.tail, i);
    }
    smp.sum = s;
    STORER(&smp.done, 1);
}

#ifdef LINUX
__attribute__((noreturn, used)) static void ap_main(void)
{
    pin(1);
    ap_work();
    for (;;) sys(SYS_exit, 0, 0, 0, 0, 0, 0);
}
static void ap_start(void)
{
    long r, flags = 0x50f00; /* CLONE_VM|FS|FILES|SIGHAND|THREAD|SYSVSEM */
    u8 *stack = heap + 119 * MIB;
    __asm__ volatile("syscall; test %%eax,%%eax; jnz 1f; xor %%ebp,%%ebp; call ap_main; 1:"
                     : "=a"(r) : "a"(56L), "D"(flags), "S"(stack), "d"(0L) : "rcx", "r11", "memory");
}
#else
static void ap_main(void)
{
    ap_work();
    kcall(K_STOP, 0);
}
static void ap_start(void)
{
    *BOOT_AP_ENTRY = (void *)ap_main;
    kcall(K_START_AP, 0);
}
#endif

static HOT void k_smp(void)
{
    struct msg *ring = (struct msg *)heap;
    u32 i, tail = 0, pings, messages;
    for (i = 0; i < sizeof(struct msg) * RING / 4; i++) ((u32 *)heap)[i] = 0;
    pings = smp.pings = mask >> SMP_PING & 1 ? times(N_PING) : 0;
    messages = smp.messages = mask >> SMP_STREAM & 1 ? times(N_MSG) : 0;
    pin(0);
    ap_start();
    for (i = 0; !LOADA(&smp.ready); i++) {
        if (i == 20000000) { puts_("SKIP smp: no second processor\n"); return; }
        cpu_pause();
    }
    if (pings != 0) {
        begin("smp_ping");
        for (i = 1; i <= pings; i++) {
            STORER(&smp.ping, i);
            while (LOADA(&smp.pong) != i) cpu_pause();
        }
        end("smp_ping", i, pings);
    }
    if (messages == 0) return;
    begin("smp_stream");
    STORER(&smp.go, 1);
    for (i = 0; i < messages; i++) {          /* producer */
        struct msg *m = &ring[i % RING];
        while (i - tail >= RING) {
            tail = LOADA(&smp.tail);
            if (i - tail >= RING) cpu_pause();
        }
        for (u32 k = 0; k < 8; k++) *(volatile u64 *)&m->w[k] = i + k;
        STORER(&smp.head, i + 1);
    }
    while (!LOADA(&smp.done)) cpu_pause();
    end("smp_stream", (u32)smp.sum, messages);
}
#else
static void k_smp(void) {}
#endif

