/** Integer arithmetic for which WebAssembly has no operator: see src/semantics/runtime-integer.ts. */

/**
 * (high * 2^64 + low) / divisor, unsigned; high is below the divisor, so that the quotient fits.
 * Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, with two digits of 32 bits.
 */
export function divide128(high: u64, low: u64, divisor: u64): u64 {
  if (high == 0) return low / divisor;
  const shift = clz(divisor);
  const d = divisor << shift;
  const upper = shift == 0 ? high : (high << shift) | (low >> (64 - shift));
  const lower = low << shift;
  const first = quotientDigit(upper, lower >> 32, d);
  const rest = ((upper << 32) | (lower >> 32)) - first * d;
  return (first << 32) | quotientDigit(rest, lower & 0xffff_ffff, d);
}

/** One digit of (rest * 2^32 + next) / d, where d has its top bit set and rest is below it. The estimate is at most 2 too large. */
function quotientDigit(rest: u64, next: u64, d: u64): u64 {
  const dHigh = d >> 32;
  const dLow = d & 0xffff_ffff;
  let digit = rest / dHigh;
  let remainder = rest % dHigh;
  while (digit >> 32 != 0 || digit * dLow > ((remainder << 32) | next)) {
    digit--;
    remainder += dHigh;
    if (remainder >> 32 != 0) break;
  }
  return digit;
}

/** PDEP: the low bits of `source` go, in order, to where `mask` has ones. */
export function depositBits(source: u64, mask: u64): u64 {
  let result: u64 = 0;
  for (let rest = mask; rest != 0; rest &= rest - 1) {
    if (source & 1) result |= rest & (0 - rest);
    source >>= 1;
  }
  return result;
}

/** PEXT: the bits of `source` where `mask` has ones, side by side. */
export function extractBits(source: u64, mask: u64): u64 {
  let result: u64 = 0;
  let bit: u64 = 1;
  for (let rest = mask; rest != 0; rest &= rest - 1) {
    if (source & (rest & (0 - rest))) result |= bit;
    bit <<= 1;
  }
  return result;
}

/** CRC-32C of `bytes` bytes of data (1 to 8), reflected, without inversion at either end: polynomial 0x11EDC6F41. */
export function crc32c(crc: u64, data: u64, bytes: u64): u64 {
  let result = (crc & 0xffff_ffff) ^ data;
  // What lies above the bytes that are divided now is not touched by the first steps, and comes down.
  for (let bit = bytes * 8; bit != 0; bit--) {
    result = (result >> 1) ^ (0x82f6_3b78 & (0 - (result & 1)));
  }
  return result;
}
