/** Names of vector shapes. */

export function isFloatShape(shape: string): boolean {
  return shape === 'f32x4' || shape === 'f64x2';
}

/** Bits of a lane. */
export function laneBits(shape: string): 8 | 16 | 32 | 64 {
  const bits = Number(/^[if](\d+)x/.exec(shape)?.[1]);
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) throw new Error(`no vector shape ${shape}`);
  return bits;
}
