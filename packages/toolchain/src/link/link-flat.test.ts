import { expect, test } from 'vitest';
import type { ObjectModule, RelocationKind } from '../object.ts';
import { LinkError } from './link-error.ts';
import { linkFlat } from './link-flat.ts';

/** Eight zero bytes of text with one relocation to `target`, which stands `distance` bytes behind the start of the text. */
function sample(kind: RelocationKind, distance: number, addend = 0): ObjectModule {
  return {
    name: 'sample',
    sections: [
      { name: 'text', bytes: new Uint8Array(8), zeroBytes: 0, alignment: 1, address: undefined },
      { name: 'data', bytes: Uint8Array.of(9), zeroBytes: 3, alignment: 16, address: undefined },
    ],
    symbols: [{ name: 'target', section: 0, offset: distance, size: 0, kind: 'label', global: false }],
    relocations: [{ section: 0, offset: 0, kind, symbol: 'target', addend }],
    functions: [],
    files: [],
    lines: [],
    traps: [],
  };
}

test('sections follow each other at their alignment, zero-filled tails included', () => {
  const { bytes } = linkFlat([sample('abs32', 4)], 0x7c04);
  expect(bytes.length).toBe(0x7c10 - 0x7c04 + 4);
  expect(bytes[12]).toBe(9);
});

const at = 0x7c00;
test.each([
  ['abs16', 6, 0, at + 6, 2],
  ['abs32', 6, -2, at + 4, 4],
  ['abs32s', 6, 0, at + 6, 4],
  ['abs64', 6, 0, at + 6, 8],
  ['rel8', 6, 0, 5, 1],
  ['rel16', 6, 0, 4, 2],
  ['rel32', 6, 0, 2, 4],
  ['rel32', 0, 0, -4, 4],
  ['rel8', 0x80, 0, 0x7f, 1],
  ['rel8', -0x7f, 0, -0x80, 1],
] as const)('%s to +%i with addend %i stores %i', (kind, distance, addend, value, size) => {
  const { bytes } = linkFlat([sample(kind, distance, addend)], at);
  const stored = new DataView(bytes.buffer).getBigInt64(0, true);
  expect(BigInt.asIntN(size * 8, stored)).toBe(BigInt(value));
});

test.each([
  ['abs16', 0x10000 - at],
  ['rel8', 0x81],
  ['rel8', -0x80],
  ['rel16', 0x8002],
  ['abs32', -at - 1],
] as const)('%s to +%i does not fit', (kind, distance) => {
  expect(() => linkFlat([sample(kind, distance)], at)).toThrow(LinkError);
});
