/** Products of polynomials over GF(2): PCLMULQDQ (SDM 2). */

/**
 * The low 64 bits of a product. With operands that have one bit in four, the sums of an integer product stay below 16, and their lowest bits,
 * which are what counts, do not disturb each other (T. Pornin, BearSSL, "Constant-time Mul").
 */
export function carrylessLow(x: u64, y: u64): u64 {
  const x0 = x & 0x1111_1111_1111_1111;
  const x1 = x & 0x2222_2222_2222_2222;
  const x2 = x & 0x4444_4444_4444_4444;
  const x3 = x & 0x8888_8888_8888_8888;
  const y0 = y & 0x1111_1111_1111_1111;
  const y1 = y & 0x2222_2222_2222_2222;
  const y2 = y & 0x4444_4444_4444_4444;
  const y3 = y & 0x8888_8888_8888_8888;
  const z0 = (x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1);
  const z1 = (x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2);
  const z2 = (x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3);
  const z3 = (x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0);
  return (
    (z0 & 0x1111_1111_1111_1111) |
    (z1 & 0x2222_2222_2222_2222) |
    (z2 & 0x4444_4444_4444_4444) |
    (z3 & 0x8888_8888_8888_8888)
  );
}

/** The high 64 bits: the low ones of the product of what is reversed, reversed. */
export function carrylessHigh(x: u64, y: u64): u64 {
  return reversed(carrylessLow(reversed(x), reversed(y))) >> 1;
}

function reversed(x: u64): u64 {
  x = ((x >> 1) & 0x5555_5555_5555_5555) | ((x & 0x5555_5555_5555_5555) << 1);
  x = ((x >> 2) & 0x3333_3333_3333_3333) | ((x & 0x3333_3333_3333_3333) << 2);
  x = ((x >> 4) & 0x0f0f_0f0f_0f0f_0f0f) | ((x & 0x0f0f_0f0f_0f0f_0f0f) << 4);
  return bswap(x);
}
