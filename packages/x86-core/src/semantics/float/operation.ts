/** Numbers of the operations that the runtime's floating-point functions take. AssemblyScript and TypeScript both import this file. */

/** Arithmetic on lanes: the first operand of SSE's is A, the second B. */
export const ADD = 0;
export const SUBTRACT = 1;
export const MULTIPLY = 2;
export const DIVIDE = 3;
export const MINIMUM = 4;
export const MAXIMUM = 5;
export const SQUARE_ROOT = 6;
/** Even lanes are subtracted, odd ones added. */
export const ADD_SUBTRACT = 7;
/** A * B + C; NEGATE_* and ALTERNATE are added to it. */
export const MULTIPLY_ADD = 8;
export const NEGATE_PRODUCT = 16;
export const NEGATE_ADDEND = 32;
/** The addend's sign is the other one in odd lanes. */
export const ALTERNATE = 64;

export const FLOAT64_TO_FLOAT32 = 0;
export const FLOAT32_TO_FLOAT64 = 1;
export const INT32_TO_FLOAT32 = 2;
export const INT32_TO_FLOAT64 = 3;
export const INT64_TO_FLOAT32 = 4;
export const INT64_TO_FLOAT64 = 5;
export const FLOAT32_TO_INT32 = 6;
export const FLOAT64_TO_INT32 = 7;
export const FLOAT32_TO_INT64 = 8;
export const FLOAT64_TO_INT64 = 9;
export const FLOAT16_TO_FLOAT32 = 10;
export const FLOAT32_TO_FLOAT16 = 11;
/** To an integral value in the same format. */
export const ROUND32 = 12;
export const ROUND64 = 13;

/** Rounding of a conversion: a mode of MXCSR, or MXCSR's own; QUIETLY: inexact results are not reported. */
export const ROUND_AS_MXCSR = 4;
export const QUIETLY = 8;
