/** The S-box of AES and its inverse, computed from their definition: FIPS 197 5.1.1. */

/** Product modulo x^8 + x^4 + x^3 + x + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0, shifted = a; bit < 8; bit++) {
    if (((b >> bit) & 1) !== 0) product ^= shifted;
    shifted = (shifted << 1) ^ ((shifted & 0x80) === 0 ? 0 : 0x11b);
  }
  return product;
}

/** Powers of 3, which generates all elements of the field but 0. */
const powers: number[] = [];
for (let power = 1; powers.length < 255; power = multiply(power, 3)) powers.push(power);

/** The inverse in the field, and 0 for 0. */
function inverse(a: number): number {
  return a === 0 ? 0 : (powers[(255 - powers.indexOf(a)) % 255] as number);
}

/** "b'(i) = b(i) + b(i+4) + b(i+5) + b(i+6) + b(i+7) + c(i)", c being 0x63. */
function affine(b: number): number {
  const twice = b | (b << 8);
  return (b ^ (twice >> 4) ^ (twice >> 5) ^ (twice >> 6) ^ (twice >> 7) ^ 0x63) & 0xff;
}

export const substitution: readonly number[] = Array.from({ length: 256 }, (_, byte) => affine(inverse(byte)));
export const inverseSubstitution: readonly number[] = Array.from({ length: 256 }, (_, byte) =>
  substitution.indexOf(byte),
);
