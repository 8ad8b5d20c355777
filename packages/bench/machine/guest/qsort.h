/* Quicksort. */

static HOT void quicksort(s32 *a, s32 lo, s32 hi)
{
    while (hi - lo > 12) {
        s32 m = lo + (hi - lo) / 2, i = lo, j = hi, p, t;
        if (a[m] < a[lo]) t = a[m], a[m] = a[lo], a[lo] = t;
        if (a[hi] < a[lo]) t = a[hi], a[hi] = a[lo], a[lo] = t;
        if (a[hi] < a[m]) t = a[hi], a[hi] = a[m], a[m] = t;
        p = a[m];
        do {
            while (a[i] < p) i++;
            while (p < a[j]) j--;
            if (i <= j) t = a[i], a[i] = a[j], a[j] = t, i++, j--;
        } while (i <= j);
        if (j - lo < hi - i) quicksort(a, lo, j), lo = i;
        else quicksort(a, i, hi), hi = j;
    }
    for (s32 i = lo + 1; i <= hi; i++) {
        s32 v = a[i], j = i;
        for (; j > lo && a[j - 1] > v; j--) a[j] = a[j - 1];
        a[j] = v;
    }
}
static HOT void k_qsort(void)
{
    s32 *a = (s32 *)heap;
    const s32 n = MIB;
    u32 pass, h = 0, passes = times(N_QSORT);
    s32 i;
    seed = 7;
    for (i = 0; i < n; i++) a[i] = 0;
    begin("qsort");
    for (pass = 0; pass < passes; pass++) {
        for (i = 0; i < n; i++) a[i] = (s32)rnd();
        quicksort(a, 0, n - 1);
        for (i = 0; i < n; i += 4096) h = fold(h, (u32)a[i]);
    }
    end("qsort", h, passes);
}

