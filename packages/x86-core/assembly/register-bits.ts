/** Bits of registers, and where some general ones are: what src/system/register-bits.ts says of them, for AssemblyScript. */
import { GPR } from '../src/semantics/state';

export const CR0_PE: u32 = 1;
export const CR0_MP: u32 = 2;
export const CR0_EM: u32 = 4;
export const CR0_TS: u32 = 8;
export const CR0_WP: u32 = 1 << 16;
export const CR0_AM: u32 = 1 << 18;
export const CR0_PG: u32 = 1 << 31;

export const CR4_PSE: u32 = 1 << 4;
export const CR4_PAE: u32 = 1 << 5;
export const CR4_PGE: u32 = 1 << 7;
export const CR4_OSFXSR: u32 = 1 << 9;
export const CR4_LA57: u32 = 1 << 12;
export const CR4_OSXSAVE: u32 = 1 << 18;
export const CR4_SMEP: u32 = 1 << 20;
export const CR4_SMAP: u32 = 1 << 21;
export const CR4_PKE: u32 = 1 << 22;

export const EFER_SCE: u32 = 1;
export const EFER_NXE: u32 = 1 << 11;
export const XCR0_AVX: u32 = 4;

export const RFLAGS_TF: u32 = 1 << 8;
export const RFLAGS_IF: u32 = 1 << 9;
export const RFLAGS_IOPL: u32 = 3 << 12;
export const RFLAGS_NT: u32 = 1 << 14;
export const RFLAGS_RF: u32 = 1 << 16;
export const RFLAGS_VM: u32 = 1 << 17;
export const RFLAGS_AC: u32 = 1 << 18;

export const RCX: usize = GPR + 8;
export const RSP: usize = GPR + 8 * 4;
export const R11: usize = GPR + 8 * 11;
