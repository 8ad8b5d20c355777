/** The whole instruction table: the groups' lines, each parsed when somebody asks for it, and indexed by mnemonic. */
import { aliases } from './alias.ts';
import { arithmetic } from './arithmetic.ts';
import { avx2 } from './avx2.ts';
import { avxFloat } from './avx-float.ts';
import { avxInteger } from './avx-integer.ts';
import { crypto } from './crypto.ts';
import { fma } from './fma.ts';
import { mmx } from './mmx.ts';
import { sseFloat } from './sse-float.ts';
import { sseInteger } from './sse-integer.ts';
import { x87Instructions } from './x87.ts';
import { bmi } from './bmi.ts';
import { controlTransfer } from './control-transfer.ts';
import { dataTransfer } from './data-transfer.ts';
import { mnemonicOf, type MnemonicOf, parseRow, type Row } from './notation.ts';
import { shiftAndBit } from './shift-bit.ts';
import { stringAndIo } from './string-io.ts';
import { system } from './system.ts';

type Line =
  | (typeof avx2)[number]
  | (typeof avxFloat)[number]
  | (typeof avxInteger)[number]
  | (typeof crypto)[number]
  | (typeof fma)[number]
  | (typeof mmx)[number]
  | (typeof sseFloat)[number]
  | (typeof sseInteger)[number]
  | (typeof x87Instructions)[number]
  | (typeof arithmetic)[number]
  | (typeof bmi)[number]
  | (typeof controlTransfer)[number]
  | (typeof dataTransfer)[number]
  | (typeof shiftAndBit)[number]
  | (typeof stringAndIo)[number]
  | (typeof system)[number];

/** Every mnemonic of the table, and the second names. */
export type Mnemonic = MnemonicOf<Line> | keyof typeof aliases;

/** Prefixes that stand before a mnemonic. `o16 o32 o64` and `a16 a32 a64` choose a size where the operands do not. */
export type Prefix = 'lock' | 'rep' | 'repe' | 'repne' | 'o16' | 'o32' | 'o64' | 'a16' | 'a32' | 'a64';

export type PrefixedMnemonic = Mnemonic | `${Prefix} ${Mnemonic}`;

/** In the encoder's order of preference among forms of the same length. A program uses few of them, and does not wait until all are parsed. */
export const lines: readonly string[] = [
  arithmetic,
  shiftAndBit,
  bmi,
  dataTransfer,
  controlTransfer,
  stringAndIo,
  system,
  x87Instructions,
  mmx,
  sseInteger,
  sseFloat,
  crypto,
  avxInteger,
  avxFloat,
  avx2,
  fma,
].flat();

const parsed = new Array<Row | undefined>(lines.length);

/** A row by its position. */
export function rowAt(index: number): Row {
  let row = parsed[index];
  if (row === undefined) {
    row = parseRow(lines[index] as string, index);
    parsed[index] = row;
  }
  return row;
}

/** All rows. Their order is the encoder's order of preference among forms of the same length. */
export function rows(): readonly Row[] {
  all ??= Object.freeze(lines.map((_, index) => rowAt(index)));
  return all;
}

let all: readonly Row[] | undefined;

let byMnemonic: ReadonlyMap<string, readonly number[]> | undefined;
const aliasOf: Readonly<Record<string, string>> = aliases;

/** Positions of the rows by mnemonic. */
function mnemonics(): ReadonlyMap<string, readonly number[]> {
  if (byMnemonic === undefined) {
    const positions = new Map<string, number[]>();
    for (const [index, line] of lines.entries()) {
      const mnemonic = mnemonicOf(line);
      const known = positions.get(mnemonic);
      if (known === undefined) positions.set(mnemonic, [index]);
      else known.push(index);
    }
    byMnemonic = positions;
  }
  return byMnemonic;
}

/** The rows of a mnemonic or of the mnemonic that it is a second name of; empty when there is none. */
export function rowsOf(mnemonic: string): readonly Row[] {
  const positions = mnemonics().get(mnemonic) ?? mnemonics().get(aliasOf[mnemonic] ?? '') ?? [];
  return positions.map(rowAt);
}

/** The known mnemonic closest to `text` by edit distance. */
export function nearestMnemonic(text: string): string {
  let best = '';
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const mnemonic of [...mnemonics().keys(), ...Object.keys(aliasOf)]) {
    const distance = editDistance(text, mnemonic);
    if (distance < bestDistance) [best, bestDistance] = [mnemonic, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = (previous[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[column] as number) + 1, (current[column - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}
