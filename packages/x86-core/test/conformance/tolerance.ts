/** Instructions whose results processors compute differently: approximations by specification, and functions of the x87. */
import { X87, YMM } from '@drift-os/x86-vectors';
import type { Compared } from './compare.ts';

const reciprocals = /^v?r(cp|sqrt)(ss|ps)$/;
const transcendental = /^(f2xm1|fyl2x|fyl2xp1|fptan|fpatan|fsin|fcos|fsincos)$/;

export function isApproximate({ mnemonic = '' }: Compared): boolean {
  return reciprocals.test(mnemonic) || transcendental.test(mnemonic);
}

/**
 * RCP and RSQRT: a relative error of at most 1.5 * 2^-12 on both sides (SDM 2 RCPPS). Transcendental functions: less than one unit in the last place
 * on both sides (SDM 1 8.3.10), and C1 with it.
 */
export function isClose(
  { mnemonic = '' }: Compared,
  field: { offset: number; bytes: number; name: string },
  expected: Uint8Array,
  got: Uint8Array,
): boolean {
  const [a, b] = [expected, got].map(
    (state) => new DataView(state.buffer, state.byteOffset + field.offset, field.bytes),
  ) as [DataView, DataView];
  if (reciprocals.test(mnemonic)) {
    if (field.offset < YMM || field.bytes !== 32) return false;
    return [0, 4, 8, 12, 16, 20, 24, 28].every((at) => {
      const [x, y] = [a.getFloat32(at, true), b.getFloat32(at, true)];
      return a.getUint32(at, true) === b.getUint32(at, true) || Math.abs(x - y) <= 3 * 2 ** -12 * Math.abs(x);
    });
  }
  if (field.name === 'fsw') return ((a.getUint16(0, true) ^ b.getUint16(0, true)) & ~0x200) === 0;
  if (field.offset < X87 || field.bytes !== 10 || a.getUint16(8, true) !== b.getUint16(8, true)) return false;
  const distance = a.getBigUint64(0, true) - b.getBigUint64(0, true);
  return distance >= -2n && distance <= 2n;
}
