/** What every kernel uses: the same checksum and the same numbers as kernel.h. */

/** Mixes a value into a checksum. */
export function mix(sum: u32, value: u32): u32 {
  return rotl<u32>(sum, 5) ^ value;
}

/** The number that follows `seed` (Numerical Recipes' linear congruential generator). */
export function following(seed: u32): u32 {
  return seed * 1664525 + 1013904223;
}
