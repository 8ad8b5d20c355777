/**
 * The state of a processor as one block of bytes, little endian: what a vector starts from and ends in. Offsets in bytes.
 *
 *     0  GPR        rax rcx rdx rbx rsp rbp rsi rdi r8 to r15, 8 bytes each; in 16- and 32-bit code the upper halves and r8 to r15 are 0
 *   128  RIP        offset in CS
 *   136  RFLAGS     without RF, which is 0
 *   144  SELECTORS  es cs ss ds fs gs, 2 bytes each
 *   156  MXCSR
 *   160  FCW, FSW, FTW (a bit for each register R0 to R7 that is not empty, as in FXSAVE), FOP at 166, FIP at 168, FDP at 176
 *   184  FS_BASE, GS_BASE at 192: in 64-bit code; otherwise the selectors' descriptors tell
 *   208  X87        R0 to R7, not ST(0) to ST(7): 10 bytes every 16. MM0 to MM7 are their low 8
 *   352  YMM        ymm0 to ymm15, 32 bytes each
 *   864  EXCEPTION  of the instruction: 0 none, else 1 + vector; ERROR_CODE at 868 (4 bytes), ADDRESS (CR2, of a page fault) at 872
 *   896  MEMORY     three pages at DATA
 *
 * The same physical pages are mapped twice, at the addresses below and at HIGH + those. User mode, CPL 3, CR0.AM and CR0.WP set, IOPL 0.
 *
 *   CODE  two pages of HLT in which the instruction stands; what follows and what stands before is not mapped
 *   DATA  two pages, writable; a third one, read-only; what follows and what stands before is not mapped
 */
export const GPR = 0;
export const RIP = 128;
export const RFLAGS = 136;
export const SELECTORS = 144;
export const MXCSR = 156;
export const FCW = 160;
export const FSW = 162;
export const FTW = 164;
export const FOP = 166;
export const FIP = 168;
export const FDP = 176;
export const FS_BASE = 184;
export const GS_BASE = 192;
export const X87 = 208;
export const YMM = 352;
export const EXCEPTION = 864;
export const ERROR_CODE = 868;
export const ADDRESS = 872;
export const MEMORY = 896;
export const MEMORY_BYTES = 12_288;
export const STATE_BYTES: number = MEMORY + MEMORY_BYTES;

export const CODE = 0x1000_0000n;
export const CODE_BYTES = 8192;
export const DATA = 0x2000_0000n;
export const HIGH = 0x1234_0000_0000n;

/** A descriptor that selectors of the vectors refer to. */
export interface Segment {
  readonly selector: number;
  readonly kind: 'code' | 'data';
  readonly base: bigint;
  /** In bytes, inclusive; for expand-down segments the last offset that is invalid. */
  readonly limit: number;
  /** The D/B bit; 64: L. */
  readonly bits: 16 | 32 | 64;
  /** data: writable; code: readable. */
  readonly access: boolean;
  readonly expandDown: boolean;
  readonly present: boolean;
}

const segment = (
  selector: number,
  kind: Segment['kind'],
  base: bigint,
  limit: number,
  more: Partial<Segment> = {},
): Segment => ({
  selector,
  kind,
  base,
  limit,
  bits: 16,
  access: true,
  expandDown: false,
  present: true,
  ...more,
});

/** All with DPL 3 and accessed. Those with bit 2 are in the LDT, the others in the GDT. */
export const segments: readonly Segment[] = [
  segment(0x23, 'code', 0n, 0xffff_ffff, { bits: 32 }),
  segment(0x2b, 'data', 0n, 0xffff_ffff, { bits: 32 }),
  segment(0x33, 'code', 0n, 0xffff_ffff, { bits: 64 }),
  segment(0x07, 'code', CODE, 0xffff),
  segment(0x0f, 'data', DATA, 0xffff),
  segment(0x17, 'code', CODE, 0xf_ffff, { bits: 32 }),
  segment(0x1f, 'data', DATA + 0x100n, 0x1eff, { access: false }),
  segment(0x27, 'data', DATA, 0x0fff, { expandDown: true }),
  segment(0x2f, 'data', DATA, 0xffff, { present: false }),
  segment(0x37, 'data', DATA + 0x80n, 0x2f7f, { bits: 32 }),
  segment(0x3f, 'code', CODE, 0xffff, { access: false }),
];
