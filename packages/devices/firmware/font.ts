/**
 * The BIOS' font: code page 437 in cells of 8 by 16. ASCII is drawn after the VGA's own character generator, lines and blocks are
 * computed, and a code without a glyph shows as a frame.
 */

const HEIGHT = 16;
const FIRST_ASCII = 0x20;
const FIRST_LINE = 0xb3;
/** ASCII glyphs start at this row. */
const TOP = 2;
const MIDDLE = 7;

/** From blank to tilde: rows from TOP on, a byte each; what follows is empty. */
const ascii: readonly string[] = (
  ', 183c3c3c181818001818, 66666624, 006c6cfe6c6c6cfe6c6c, 18187cc6c0c07c0606c67c1818, 0000c2c60c183060c686, ' +
  '386c6c3876dccccccc76, 30303060, 0c18303030303030180c, 30180c0c0c0c0c0c1830, 000000663cff3c66, 00000018187e1818, ' +
  '0000000000000018181830, 0000000000fe, 00000000000000001818, 000002060c183060c080, ' +
  '386cc6c6d6d6c6c66c38, 1838781818181818187e, 7cc6060c183060c0c6fe, 7cc606063c060606c67c, 0c1c3c6cccfe0c0c0c1e, ' +
  'fec0c0c0fc060606c67c, 3860c0c0fcc6c6c6c67c, fec606060c1830303030, 7cc6c6c67cc6c6c6c67c, 7cc6c6c67e0606060c78, ' +
  '000018180000001818, 00001818000000181830, 00060c18306030180c06, 000000007e00007e, 006030180c060c183060, ' +
  '7cc6c60c181818001818, 007cc6c6dededcc07c, 10386cc6c6fec6c6c6c6, fc6666667c66666666fc, 3c66c2c0c0c0c0c2663c, ' +
  'f86c6666666666666cf8, fe6662687868606266fe, fe6662687868606060f0, 3c66c2c0c0dec6c6663a, c6c6c6c6fec6c6c6c6c6, ' +
  '3c18181818181818183c, 1e0c0c0c0c0ccccccc78, e6666c6c78786c6666e6, f06060606060606266fe, c6eefefed6c6c6c6c6c6, ' +
  'c6e6f6fedecec6c6c6c6, 7cc6c6c6c6c6c6c6c67c, fc6666667c60606060f0, 7cc6c6c6c6c6c6d6de7c0c0e, fc6666667c6c666666e6, ' +
  '7cc6c660380c06c6c67c, 7e7e5a1818181818183c, c6c6c6c6c6c6c6c6c67c, c6c6c6c6c6c6c66c3810, c6c6c6c6d6d6d6feee6c, ' +
  'c6c66c7c38387c6cc6c6, 666666663c181818183c, fec6860c183060c2c6fe, 3c30303030303030303c, 0080c0e070381c0e0602, ' +
  '3c0c0c0c0c0c0c0c0c3c, 10386cc6, 0000000000000000000000ff, 30180c, 000000780c7ccccccc76, e06060786c666666667c, ' +
  '0000007cc6c0c0c0c67c, 1c0c0c3c6ccccccccc76, 0000007cc6fec0c0c67c, 1c363230783030303078, 00000076cccccccccc7c0ccc78, ' +
  'e060606c7666666666e6, 1818003818181818183c, 0606000e06060606060666663c, e06060666c78786c66e6, 3818181818181818183c, ' +
  '000000ecfed6d6d6d6c6, 000000dc666666666666, 0000007cc6c6c6c6c67c, 000000dc66666666667c6060f0, ' +
  '00000076cccccccccc7c0c0c1e, 000000dc7666606060f0, 0000007cc660380cc67c, 103030fc30303030361c, 000000cccccccccccc76, ' +
  '00000066666666663c18, 000000c6c6d6d6d6fe6c, 000000c66c3838386cc6, 000000c6c6c6c6c6c67e060cf8, 000000fecc183060c6fe, ' +
  '0e18181870181818180e, 18181818001818181818, 701818180e1818181870, 76dc'
).split(', ');

/** Lines from B3h to DAh: strokes up, down, left and right, 0 for none, 1 for single, 2 for double. */
const lines: readonly string[] = (
  '1100 1110 1120 2210 0210 0120 2220 2200 0220 2020 2010 1020 0110 1001 1011 0111 1101 0011 1111 1102 2201 2002 0202 ' +
  '2022 0222 2202 0022 2222 1022 2011 0122 0211 2001 1002 0102 0201 2211 1122 1010 0101'
).split(' ');

const SINGLE_COLUMN = 0x18;
const DOUBLE_COLUMN = 0x24;
const LEFT_HALF = 0xf8;
const RIGHT_HALF = 0x1f;
const FRAME = [0, 0, 0x7e, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x7e];

/** Any code to its rows, where they are computed. */
const blocks: ReadonlyMap<number, (row: number) => number> = new Map<number, (row: number) => number>([
  [0x00, () => 0],
  [0xb0, (row) => (row % 2 === 0 ? 0x22 : 0x88)],
  [0xb1, (row) => (row % 2 === 0 ? 0x55 : 0xaa)],
  [0xb2, (row) => (row % 2 === 0 ? 0xdd : 0x77)],
  [0xdb, () => 0xff],
  [0xdc, (row) => (row >= HEIGHT / 2 ? 0xff : 0)],
  [0xdd, () => 0xf0],
  [0xde, () => 0x0f],
  [0xdf, (row) => (row < HEIGHT / 2 ? 0xff : 0)],
  [0xfa, (row) => (row === MIDDLE || row === MIDDLE + 1 ? 0x18 : 0)],
  [0xfe, (row) => (row >= 5 && row <= 11 ? 0x7c : 0)],
  [0xff, () => 0],
]);

/** @returns 256 glyphs of 16 bytes, a byte to a row, the leftmost pixel in bit 7 */
export function font(): Uint8Array {
  const bytes = new Uint8Array(256 * HEIGHT);
  for (let code = 0; code < 256; code++) {
    for (let row = 0; row < HEIGHT; row++) bytes[code * HEIGHT + row] = glyphRow(code, row);
  }
  return bytes;
}

function glyphRow(code: number, row: number): number {
  const block = blocks.get(code);
  if (block !== undefined) return block(row);
  const line = lines[code - FIRST_LINE];
  if (line !== undefined) return lineRow(line, row);
  const rows = ascii[code - FIRST_ASCII];
  if (rows === undefined) return FRAME[row] ?? 0;
  const at = (row - TOP) * 2;
  return at < 0 || at >= rows.length ? 0 : Number.parseInt(rows.slice(at, at + 2), 16);
}

/** Vertical strokes reach the middle, double ones the outer line of a double crossing; horizontal ones go through row 7, or 6 and 8. */
function lineRow(strokes: string, row: number): number {
  const [up, down, left, right] = Array.from(strokes, Number) as [number, number, number, number];
  const column = (weight: number): number => (weight === 2 ? DOUBLE_COLUMN : weight === 1 ? SINGLE_COLUMN : 0);
  const horizontal = (weight: number): boolean =>
    weight === 2 ? row === MIDDLE - 1 || row === MIDDLE + 1 : weight === 1 && row === MIDDLE;
  const reach = Math.max(left, right) === 2 ? 1 : 0;
  let bits = 0;
  if (row <= MIDDLE + reach) bits |= column(up);
  if (row >= MIDDLE - reach) bits |= column(down);
  if (horizontal(left)) bits |= LEFT_HALF;
  if (horizontal(right)) bits |= RIGHT_HALF;
  return bits;
}
