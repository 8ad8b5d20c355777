/* SHA-256. */

static u32 shak[64];
static void sha_init(void)
{
    /* Fractional bits of cube roots of the first 64 primes, by integer search. */
    u32 n = 0, p, d;
    for (p = 2; n < 64; p++) {
        for (d = 2; d * d <= p && p % d; d++) {}
        if (d * d <= p) continue;
        /* largest x with x^3 <= p * 2^96; x < 2^35, by bits; 128-bit by halves */
        u64 x = 0;
        int bit;
        for (bit = 34; bit >= 0; bit--) {
            u64 y = x | 1ull << bit;
            /* y^3 >> 32 compared with p << 64: y = 2^18 h + l keeps it in u64 pieces */
            u64 hi = y >> 18, lo = y & 0x3ffff;
            /* y^2 = q1*2^36 + q0, exact */
            u64 m = 2 * hi * lo, q0 = lo * lo + ((m & 0x3ffff) << 18), q1 = hi * hi + (m >> 18) + (q0 >> 36);
            q0 &= (1ull << 36) - 1;
            /* y^3 = (q1*2^36+q0)*(hi*2^18+lo) as limbs of 18 bits */
            u64 l0 = (q0 & 0x3ffff) * lo, l1 = (q0 >> 18) * lo + (q0 & 0x3ffff) * hi;
            u64 l2 = q1 * lo + (q0 >> 18) * hi, l3 = q1 * hi;
            l1 += l0 >> 18, l2 += l1 >> 18, l3 += l2 >> 18;   /* y^3 >> 54 == l3 */
            if (l3 < (u64)p << 42) x = y;                      /* p * 2^96 >> 54 */
        }
        shak[n++] = (u32)x;
    }
}
static u32 ror(u32 x, int n) { return x >> n | x << (32 - n); }
static HOT void sha_blocks(u32 *h, const u8 *p, u32 blocks)
{
    while (blocks--) {
        u32 w[64], i, a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
        for (i = 0; i < 16; i++, p += 4) w[i] = (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
        for (; i < 64; i++)
            w[i] = w[i - 16] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
                   (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
        for (i = 0; i < 64; i++) {
            u32 t1 = k + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g)) + shak[i] + w[i];
            u32 t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            k = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += k;
    }
}
static u32 sha256_first_word(const u8 *p, u32 len) /* len: multiple of 64 */
{
    static const u32 iv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u32 h[8], i;
    u8 pad[64];
    for (i = 0; i < 8; i++) h[i] = iv[i];
    sha_blocks(h, p, len / 64);
    for (i = 0; i < 64; i++) pad[i] = 0;
    pad[0] = 0x80;
    for (i = 0; i < 4; i++) pad[63 - i] = (u8)((len << 3) >> (8 * i));
    sha_blocks(h, pad, 1);
    return h[0];
}
static void k_sha256(void)
{
    u32 i, s = 0, n = times(N_SHA);
    sha_init();
    for (i = 0; i < MIB; i++) heap[i] = (u8)i;
    begin("sha256");
    for (i = 0; i < n; i++) heap[0] = (u8)i, s = fold(s, sha256_first_word(heap, MIB));
    end("sha256", s, n);
}

