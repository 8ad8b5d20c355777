/* Memory bandwidth. */

static HOT void copy_rep(void *d, const void *s, uptr n)
{
    n /= 4;
    __asm__ volatile("rep movsl" : "+D"(d), "+S"(s), "+c"(n)::"memory");
}
static HOT void k_mem(void)
{
    const u32 n = 8 * MIB;
    /* b is not a power of two away from a; alias is, so that a and alias share the
     * entries of a direct-mapped software TLB */
    u8 *a = heap, *b = heap + 9 * MIB + 0x15000, *alias = heap + 32 * MIB;
    const u32 rounds = times(N_MEM), few = times(N_MEM / 10), half = times(N_MEM / 2);
    u32 i, j, s;
    for (i = 0; i < n; i += 4) *(u32 *)(a + i) = i, *(u32 *)(b + i) = 0, *(u32 *)(alias + i) = 0;

    begin("memset_rep");
    for (i = 0; i < rounds; i++) {
        void *d = b;
        uptr c = n / 4;
        __asm__ volatile("rep stosl" : "+D"(d), "+c"(c) : "a"(i) : "memory");
    }
    end("memset_rep", *(u32 *)(b + n - 4), rounds);

    begin("memcpy_rep");
    for (i = 0; i < rounds; i++) copy_rep(b, a, n);
    end("memcpy_rep", *(u32 *)(b + n - 4), rounds);

    begin("memcpy_alias");
    for (i = 0; i < few; i++) copy_rep(alias, a, n);
    end("memcpy_alias", *(u32 *)(alias + n - 4), few);

    begin("memcpy_sse");
    for (i = 0; i < rounds; i++) {
        volatile v4i *d = (volatile v4i *)b;
        const v4i *q = (const v4i *)a;
        for (j = 0; j < n / 16; j += 4) {
            v4i w = q[j], x = q[j + 1], y = q[j + 2], z = q[j + 3];
            d[j] = w, d[j + 1] = x, d[j + 2] = y, d[j + 3] = z;
        }
    }
    end("memcpy_sse", *(u32 *)(b + n - 4), rounds);

    begin("read_u32");                       /* scalar read-modify stream */
    for (s = 0, i = 0; i < half; i++)
        for (j = 0; j < n / 4; j += 4) {
            const volatile u32 *q = (const volatile u32 *)a + j;
            s += q[0] ^ i, s += q[1], s += q[2] ^ i, s += q[3];
        }
    end("read_u32", s, half);
}

