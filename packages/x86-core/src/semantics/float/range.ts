/**
 * The numbers that the host's arithmetic may take and give: see fast-path.ts. Exponents that are neither 0, nor 1, nor the last.
 *
 * A lane is doubled, which drops the sign, and biased: then the wrong exponents are the lowest signed numbers, and one comparison tells. Of 64-bit lanes
 * the upper halves count. The two vectors lie in the state, for V8 takes three instructions to make a constant and one to load it. While MXCSR does not
 * allow the host's arithmetic, the limit is above every (even) number.
 *
 * Plain constants: AssemblyScript imports this file too.
 */
export const BIAS32 = -0x7f00_0000;
export const LIMIT32 = -0x7d00_0000;
export const BIAS64 = -0x7fe0_0000;
export const LIMIT64 = -0x7fa0_0000;
export const NO_LIMIT = 0x7fff_ffff;

/** The last exponent, that of NaNs and infinite numbers, passes too. */
export const CALM_BIAS = -0x8000_0000;
export const CALM_LIMIT32 = -0x7e00_0000;
export const CALM_LIMIT64 = -0x7fc0_0000;
