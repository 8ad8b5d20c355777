/* A bytecode interpreter. */

enum { I_HALT, I_LI, I_MOV, I_ADD, I_ADDI, I_MULI, I_ANDI, I_SHRI, I_XOR, I_BEQI, I_BLT, I_JMP, I_ST, I_LD };
struct insn { u8 op, a, b; s32 imm; };
static u32 vmem[256];
static HOT u32 interpret(const struct insn *code, u64 *executed)
{
    u32 r[8] = {0};
    const struct insn *p = code;
    u64 n = 0;
    for (;; n++) {
        switch (p->op) {
        case I_LI: r[p->a] = (u32)p->imm; p++; break;
        case I_MOV: r[p->a] = r[p->b]; p++; break;
        case I_ADD: r[p->a] += r[p->b]; p++; break;
        case I_ADDI: r[p->a] += (u32)p->imm; p++; break;
        case I_MULI: r[p->a] *= (u32)p->imm; p++; break;
        case I_ANDI: r[p->a] = r[p->b] & (u32)p->imm; p++; break;
        case I_SHRI: r[p->a] >>= p->imm; p++; break;
        case I_XOR: r[p->a] ^= r[p->b]; p++; break;
        case I_BEQI: p += r[p->a] == p->b ? p->imm : 1; break;
        case I_BLT: p += r[p->a] < r[p->b] ? p->imm : 1; break;
        case I_JMP: p += p->imm; break;
        case I_ST: vmem[r[p->a] & 255] = r[p->b]; p++; break;
        case I_LD: r[p->a] = vmem[r[p->b] & 255]; p++; break;
        default: *executed = n; return r[2];
        }
    }
}
static void k_interp(void)
{
    static const struct insn code[] = {       /* sum of Collatz lengths of 1..r1-1, kept below 2^32 */
        {I_LI, 0, 0, 1}, {I_LI, 1, 0, 100000},
        {I_MOV, 3, 0, 0}, {I_LI, 4, 0, 0},                       /* 2: outer */
        {I_BEQI, 3, 1, 9},                                        /* 4: inner -> 13 */
        {I_ADDI, 4, 0, 1}, {I_ANDI, 5, 3, 1}, {I_BEQI, 5, 0, 4},  /* even -> 11 */
        {I_MULI, 3, 0, 3}, {I_ADDI, 3, 0, 1}, {I_JMP, 0, 0, -6},  /* odd */
        {I_SHRI, 3, 0, 1}, {I_JMP, 0, 0, -8},                     /* even */
        {I_ADD, 2, 4, 0}, {I_ST, 0, 2, 0}, {I_LD, 6, 4, 0}, {I_XOR, 2, 6, 0}, /* 13 */
        {I_ADDI, 0, 0, 1}, {I_BLT, 0, 1, -16}, {I_HALT, 0, 0, 0},
    };
    u32 s = 0, rounds = times(N_INTERP);
    u64 n;
    begin("interp");
    for (u32 i = 0; i < rounds; i++) s = fold(s, interpret(code, &n)), s = fold(s, (u32)n);
    end("interp", s, rounds);
}

