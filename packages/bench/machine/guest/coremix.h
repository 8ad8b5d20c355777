/* Lists, a matrix, a state machine and a checksum: an integer mix like CoreMark's. */

static HOT u16 crc16(u32 v, u32 bits, u16 crc)
{
    while (bits--) {
        u32 x = (v ^ crc) & 1;
        v >>= 1, crc >>= 1;
        if (x) crc ^= 0xa001;
    }
    return crc;
}
struct node { struct node *next; s16 key, pos; };

static HOT struct node *list_sort(struct node *l, int by_pos)
{
    u32 size = 1, merges;
    do {                                   /* bottom-up merge sort */
        struct node *p = l, **tail = &l;
        merges = 0;
        while (p) {
            struct node *q = p;
            u32 np = 0, nq = size;
            merges++;
            while (np < size && q) q = q->next, np++;
            while (np || (nq && q)) {
                int takep = np && (!nq || !q || (by_pos ? p->pos <= q->pos : p->key <= q->key));
                struct node *e;
                if (takep) e = p, p = p->next, np--;
                else e = q, q = q->next, nq--;
                *tail = e, tail = &e->next;
            }
            p = q;
        }
        *tail = 0;
        size *= 2;
    } while (merges > 1);
    return l;
}
static HOT u16 list_kernel(struct node *pool, u32 n, u16 crc)
{
    struct node *l = 0, *p, *r;
    u32 i, found = 0;
    for (i = 0; i < n; i++) {
        pool[i].key = (s16)(rnd() & 0x7ff), pool[i].pos = (s16)i;
        pool[i].next = l, l = &pool[i];
    }
    for (i = 0; i < 40; i++) {             /* search and reverse */
        s16 k = (s16)(rnd() & 0x7ff);
        for (p = l; p && p->key != k; p = p->next) {}
        if (p) found++, crc = crc16((u16)p->pos, 16, crc);
        for (r = 0; l; p = l->next, l->next = r, r = l, l = p) {}
        l = r;
    }
    l = list_sort(l, 0);
    for (p = l, i = 0; p; p = p->next, i++) if (!(i & 15)) crc = crc16((u16)p->key, 16, crc);
    l = list_sort(l, 1);
    return crc16(found + (u16)l->key, 16, crc);
}
static HOT u16 matrix_kernel(s16 *a, s16 *b, s32 *c, u32 n, u16 crc)
{
    u32 i, j, k;
    for (i = 0; i < n * n; i++) a[i] = (s16)rnd(), b[i] = (s16)rnd();
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++) {
            u32 s = 0;
            for (k = 0; k < n; k++) s += (u32)(a[i * n + k] * b[k * n + j]);
            c[i * n + j] = (s32)s;
        }
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++) {
            u32 s = 0;
            for (k = 0; k < n; k++) {
                u32 t = (u32)(a[i * n + k] * b[k * n + j]);
                s += ((t >> 2) & 15) * ((t >> 5) & 127);
            }
            c[i * n + j] ^= (s32)s;
        }
    for (i = 0; i < n * n; i += n + 1) crc = crc16((u32)c[i], 32, crc);
    return crc;
}
enum { ST_START, ST_SIGN, ST_INT, ST_FRAC, ST_EXP, ST_EXPNUM, ST_BAD, ST_N };
static HOT u16 state_kernel(u8 *s, u32 n, u16 crc)
{
    u32 count[ST_N] = {0}, st = ST_START, i, pass;
    for (i = 0; i < n; i++) s[i] = (u8)"0123456789+-.eE,,,x5"[rnd() % 20];
    for (pass = 0; pass < 4; pass++) {
        for (i = 0; i < n; i++) {
            u8 c = s[i];
            int digit = c >= '0' && c <= '9';
            if (c == ',') { count[st]++; st = ST_START; continue; }
            switch (st) {
            case ST_START: st = digit ? ST_INT : c == '+' || c == '-' ? ST_SIGN : c == '.' ? ST_FRAC : ST_BAD; break;
            case ST_SIGN: st = digit ? ST_INT : c == '.' ? ST_FRAC : ST_BAD; break;
            case ST_INT: st = digit ? ST_INT : c == '.' ? ST_FRAC : c == 'e' || c == 'E' ? ST_EXP : ST_BAD; break;
            case ST_FRAC: st = digit ? ST_FRAC : c == 'e' || c == 'E' ? ST_EXP : ST_BAD; break;
            case ST_EXP: st = digit || c == '+' || c == '-' ? ST_EXPNUM : ST_BAD; break;
            case ST_EXPNUM: st = digit ? ST_EXPNUM : ST_BAD; break;
            default: break;
            }
        }
        for (i = pass; i < n; i += 7) s[i] ^= 1;
    }
    for (i = 0; i < ST_N; i++) crc = crc16(count[i], 32, crc);
    return crc;
}
static void k_coremix(void)
{
    struct node *pool = (struct node *)heap;
    s16 *a = (s16 *)(heap + MIB), *b = a + 4096;
    s32 *c = (s32 *)(b + 4096);
    u8 *s = heap + 2 * MIB;
    u16 crc = 0;
    u32 i, n = times(N_CORE);
    seed = 1;
    begin("coremix");
    for (i = 0; i < n; i++) {
        crc = list_kernel(pool, 256, crc);
        crc = matrix_kernel(a, b, c, 24, crc);
        crc = state_kernel(s, 2048, crc);
    }
    end("coremix", crc, n);
}

