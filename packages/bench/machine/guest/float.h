/* Floating point: scalar double, packed single. */

struct body { double x, y, z, vx, vy, vz, m; };
static struct body bodies[5] = {
    {0, 0, 0, 0, 0, 0, 39.5},
    {4.8, -1.2, -0.1, 0.6, 2.8, -0.02, 0.038},
    {8.3, 4.1, -0.4, -1.0, 1.8, 0.008, 0.011},
    {12.9, -15.1, -0.2, 1.1, 0.9, -0.01, 0.0017},
    {15.4, -25.9, 0.2, 0.98, 0.6, -0.03, 0.002},
};
static HOT void nbody(struct body *b, u32 steps)
{
    const double dt = 0.001;
    while (steps--) {
        for (int i = 0; i < 5; i++)
            for (int j = i + 1; j < 5; j++) {
                double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
                double r2 = dx * dx + dy * dy + dz * dz;
                double mag = dt / (r2 * __builtin_sqrt(r2));
                double mi = b[i].m * mag, mj = b[j].m * mag;
                b[i].vx -= dx * mj, b[i].vy -= dy * mj, b[i].vz -= dz * mj;
                b[j].vx += dx * mi, b[j].vy += dy * mi, b[j].vz += dz * mi;
            }
        for (int i = 0; i < 5; i++) b[i].x += dt * b[i].vx, b[i].y += dt * b[i].vy, b[i].z += dt * b[i].vz;
    }
}
static void k_nbody(void)
{
    u32 h = 0, n = times(N_NBODY);
    begin("nbody");
    nbody(bodies, n);
    for (u32 i = 0; i < sizeof bodies / 4; i++) h = fold(h, ((u32 *)bodies)[i]);
    end("nbody", h, n);
}

/* ----------------------------------------------------- packed float SSE2 -- */
static HOT u32 mandel(void)
{
    __asm__ volatile("");                    /* not a pure function */
    const v4f four = {4, 4, 4, 4}, lane = {0, 1, 2, 3};
    u32 total = 0;
    for (int py = 0; py < 256; py++)
        for (int px = 0; px < 256; px += 4) {
            v4f cx = (lane + (float)px) * (3.0f / 256) - 2.2f;
            float fy = (float)py * (2.4f / 256) - 1.2f;
            v4f cy = {fy, fy, fy, fy}, x = {0}, y = {0};
            v4i n = {0};
            for (int i = 0; i < 256; i++) {
                v4f xx = x * x, yy = y * y;
                v4i in = (v4i)(xx + yy < four);
                if (!__builtin_ia32_movmskps((v4f)in)) break;
                n -= in;
                y = 2.0f * x * y + cy;
                x = xx - yy + cx;
            }
            total += (u32)(n[0] + n[1] + n[2] + n[3]);
        }
    return total;
}
static void k_mandel(void)
{
    u32 s = 0, n = times(N_MANDEL);
    begin("mandel");
    for (u32 i = 0; i < n; i++) {
        s += mandel();
        __asm__ volatile("" ::: "memory");
    }
    end("mandel", s, n);
}
static HOT void saxpy(v4f *y, const v4f *x, float a, u32 n)
{
    v4f va = {a, a, a, a};
    for (u32 i = 0; i < n; i += 4) {
        y[i] += va * x[i], y[i + 1] += va * x[i + 1];
        y[i + 2] += va * x[i + 2], y[i + 3] += va * x[i + 3];
    }
}
static void k_saxpy(void)
{
    float *x = (float *)heap, *y = (float *)(heap + 20480);
    u32 i, h = 0, n = times(N_SAXPY);
    for (i = 0; i < 4096; i++) x[i] = (float)i, y[i] = (float)(4096 - i);
    begin("saxpy");
    for (i = 0; i < n; i++) saxpy((v4f *)y, (const v4f *)x, i & 1 ? 0.5f : -0.25f, 1024);
    for (i = 0; i < 4096; i++) h = fold(h, ((u32 *)y)[i]);
    end("saxpy", h, n);
}

