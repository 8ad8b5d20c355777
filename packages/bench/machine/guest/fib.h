/* Recursion, inside a page and across a page edge. */

#define PLAIN_CALLS __attribute__((optimize("no-optimize-sibling-calls")))
static HOT PLAIN_CALLS u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
/* the same with its body across a page boundary */
static NOINLINE PLAIN_CALLS __attribute__((aligned(4096))) u32 fib_pages(u32 n)
{
    __asm__ volatile("jmp 1f\n .skip 4064\n1:");
    return n < 2 ? n : fib_pages(n - 1) + fib_pages(n - 2);
}
static void k_fib(void)
{
    u32 i, s = 0, n = times(N_FIB);
    begin("fib");
    for (i = 0; i < n; i++) s += fib(32);
    end("fib", s, n);
    n = times(N_FIB / 8);
    begin("fib_pages");
    for (s = 0, i = 0; i < n; i++) s += fib_pages(32);
    end("fib_pages", s, n);
}

