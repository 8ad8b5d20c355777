/* Sieve of Eratosthenes. */

static HOT void k_sieve(void)
{
    const u32 n = 4 * MIB;
    u32 pass, i, j, count = 0, passes = times(N_SIEVE);
    for (i = 0; i < n; i++) heap[i] = 0;
    begin("sieve");
    for (pass = 0; pass < passes; pass++) {
        for (i = 0; i < n; i++) heap[i] = 1;
        for (i = 2; i * i < n; i++)
            if (heap[i])
                for (j = i * i; j < n; j += i) heap[j] = 0;
        for (count = 0, i = 2; i < n; i++) count += heap[i];
    }
    end("sieve", count, passes);
}

