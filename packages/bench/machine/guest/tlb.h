/* First touch of, and random access to, many pages. */

static u32 tlb_off(u32 page) { return ((page * 37u) & 63) * 64; }
static HOT void k_tlb(void)
{
    u32 i, x = 12345, n = times(N_TLB);
    tlb_setup();
    begin("tlb_fill");                        /* first touch of 65536 pages */
    for (i = 0; i < 65536; i++) *(volatile u32 *)(tlb_area + (uptr)i * 4096 + tlb_off(i)) = i * 2654435761u;
    end("tlb_fill", i, i);
    begin("tlb_rand");                        /* dependent random loads */
    for (i = 0; i < n; i++) {
        u32 page = x >> 16;
        x = x * 1664525u + 1013904223u + *(volatile u32 *)(tlb_area + (uptr)page * 4096 + tlb_off(page));
    }
    end("tlb_rand", x, n);
}

