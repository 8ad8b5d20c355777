/** Functions of the x87, which processors compute with an error of their own. */
import { X87 } from '@drift-os/x86-vectors';
import type { Compared } from './compare.ts';

const transcendental = /^(f2xm1|fyl2x|fyl2xp1|fptan|fpatan|fsin|fcos|fsincos)$/;
/** C1, which tells of the last bit. */
const ROUNDED_UP = 0x200;

export function isApproximate({ mnemonic = '' }: Compared): boolean {
  return transcendental.test(mnemonic);
}

/** An error of less than one unit in the last place on both sides (SDM 1 8.3.10): the results may be two apart where they are on both sides of the truth. */
export function isClose(
  field: { offset: number; bytes: number; name: string },
  expected: Uint8Array,
  got: Uint8Array,
): boolean {
  const [a, b] = [expected, got].map(
    (state) => new DataView(state.buffer, state.byteOffset + field.offset, field.bytes),
  ) as [DataView, DataView];
  if (field.name === 'fsw') return ((a.getUint16(0, true) ^ b.getUint16(0, true)) & ~ROUNDED_UP) === 0;
  if (field.offset < X87 || field.bytes !== 10 || a.getUint16(8, true) !== b.getUint16(8, true)) return false;
  const distance = a.getBigUint64(0, true) - b.getBigUint64(0, true);
  return distance >= -1n && distance <= 1n;
}
