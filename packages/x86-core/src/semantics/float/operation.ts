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

/** Functions of ST(0), by the low five bits of their opcodes behind D9. */
export const CHANGE_SIGN = 0x00;
export const ABSOLUTE = 0x01;
export const TWO_TO_X_MINUS_1 = 0x10;
export const Y_LOG2_X = 0x11;
export const PARTIAL_TANGENT = 0x12;
export const PARTIAL_ARCTANGENT = 0x13;
export const EXTRACT = 0x14;
export const PARTIAL_REMAINDER_1 = 0x15;
export const PARTIAL_REMAINDER = 0x18;
export const Y_LOG2_X_PLUS_1 = 0x19;
export const ROOT = 0x1a;
export const SINE_AND_COSINE = 0x1b;
export const ROUND_TO_INTEGER = 0x1c;
export const SCALE = 0x1d;
export const SINE = 0x1e;
export const COSINE = 0x1f;
