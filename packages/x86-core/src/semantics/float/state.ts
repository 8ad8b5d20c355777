/** Parts of a core's state that only floating point uses: continues ../state.ts. AssemblyScript imports this file too. */

/** 0 while the host's arithmetic may stand for SSE's, else 1: see fast-path.ts (4 bytes). */
export const SSE_SLOW = 0x1e8;

/** Operands and result of the runtime's functions, 32 bytes each. */
export const FLOAT_A = 0xb00;
export const FLOAT_B = 0xb20;
export const FLOAT_C = 0xb40;
export const FLOAT_RESULT = 0xb60;

/** Two vectors each, bias and limit of range.ts: for lanes of 32 bits, and of 64. */
export const SSE_RANGE32 = 0xb80;
export const SSE_RANGE64 = 0xba0;
