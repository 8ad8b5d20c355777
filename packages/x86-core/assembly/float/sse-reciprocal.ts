/**
 * RCPxx and RSQRTxx, as Intel's processors have computed them since the Pentium III: the correctly rounded 12-bit function value of the middle of the
 * interval in which the operand lies. An interval has 11 bits of the fraction (RCP), or 10 and the parity of the exponent (RSQRT).
 * Neither knows MXCSR: denormals are zero, tiny results too, and there are no exceptions (SDM 2 RCPPS).
 */
import { FLOAT_B, FLOAT_RESULT } from '../../src/semantics/float/state';

const INFINITY: u32 = 0x7f800000;
const SIGN: u32 = 0x80000000;
const QUIET: u32 = 0x400000;

/** @param root 1: of the square root. */
export function reciprocals(core: usize, root: i32, lanes: i32): void {
  for (let lane = 0; lane < lanes; lane++) {
    const at = core + 4 * lane;
    const x = load<u32>(at, FLOAT_B);
    store<u32>(at, root != 0 ? reciprocalRoot(x) : reciprocal(x), FLOAT_RESULT);
  }
}

function reciprocal(x: u32): u32 {
  const sign = x & SIGN;
  const exponent = (x >> 23) & 255;
  if (exponent == 255) return (x & 0x7fffff) != 0 ? x | QUIET : sign;
  if (exponent == 0) return sign | INFINITY;
  if (exponent >= 253) return sign;
  // In 4096ths the interval's middle is 4096 + 2 i + 1.
  const middle = 4097 + 2 * ((x >> 12) & 2047);
  const quotient = ((1 << 26) / middle + 1) >> 1;
  return sign | ((253 - exponent) << 23) | ((quotient & 0xfff) << 11);
}

function reciprocalRoot(x: u32): u32 {
  const exponent = <i32>(x >> 23) & 255;
  if (exponent == 255 && (x & 0x7fffff) != 0) return x | QUIET;
  if (exponent == 0) return (x & SIGN) | INFINITY;
  if ((x & SIGN) != 0) return 0xffc00000;
  if (exponent == 255) return 0;
  const odd = (exponent & 1) == 0;
  const middle = <f64>(2049 + 2 * ((x >> 13) & 1023)) * (odd ? 2 : 1);
  const root = <u32>(8192.0 * Math.sqrt(2048.0 / middle) + 0.5);
  return ((<u32>(126 - ((exponent - 127) >> 1))) << 23) | ((root & 0xfff) << 11);
}
