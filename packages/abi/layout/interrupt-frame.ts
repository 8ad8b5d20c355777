/**
 * What an interrupt stub leaves on the stack, lowest address first; the kernels get its address.
 * The stubs push zero as error code where the CPU pushes none (SDM 3A 6.14.2).
 *
 * ```
 * 0 r15  8 r14  16 r13  24 r12  32 r11  40 r10  48 r9  56 r8  64 rdi  72 rsi  80 rbp  88 rbx  96 rdx  104 rcx  112 rax
 * 120 vector  128 error  136 rip  144 cs  152 rflags  160 rsp  168 ss
 * ```
 */
export const FRAME_R15_AT = 0;
export const FRAME_R14_AT = 8;
export const FRAME_R13_AT = 16;
export const FRAME_R12_AT = 24;
export const FRAME_R11_AT = 32;
export const FRAME_R10_AT = 40;
export const FRAME_R9_AT = 48;
export const FRAME_R8_AT = 56;
export const FRAME_RDI_AT = 64;
export const FRAME_RSI_AT = 72;
export const FRAME_RBP_AT = 80;
export const FRAME_RBX_AT = 88;
export const FRAME_RDX_AT = 96;
export const FRAME_RCX_AT = 104;
export const FRAME_RAX_AT = 112;
export const FRAME_VECTOR_AT = 120;
export const FRAME_ERROR_AT = 128;
export const FRAME_RIP_AT = 136;
export const FRAME_CS_AT = 144;
export const FRAME_RFLAGS_AT = 152;
export const FRAME_RSP_AT = 160;
export const FRAME_SS_AT = 168;
export const FRAME_BYTES = 176;
