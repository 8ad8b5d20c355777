/** The table by opcode: for each map and opcode byte the rows in the order in which they are to be tried. */
import { type OpcodeMap, placeOf, type Row } from '../table/notation.ts';
import { lines, rowAt } from '../table/table.ts';

export interface Candidate {
  readonly row: Row;
  /** A bit for each mode: its number of bits divided by 16. */
  readonly modes: number;
  /** What ModRM.rm may be. Both are true for rows without it, and for MOV of control registers, which ignores ModRM.mod. */
  readonly takesRegister: boolean;
  readonly takesMemory: boolean;
  /** Role V is in use: VEX.vvvv names a register; otherwise it must be 1111b. */
  readonly usesVvvv: boolean;
  /** W0 of a pair whose W1 row exists in 64-bit mode only: elsewhere VEX.W is ignored (SDM 2 2.3.5.3). */
  readonly ignoresW: boolean;
  /** Of the fields behind opcode, ModRM and displacement; an offset as wide as an address counts nothing here. */
  readonly trailingBytes: number;
  readonly hasOffset: boolean;
  /** A gather: destination, index and mask must be three registers. */
  readonly isGather: boolean;
  /** MOV to a segment register, which must not be CS. */
  readonly loadsSegment: boolean;
}

export interface Opcode {
  readonly hasModRm: boolean;
  readonly candidates: readonly Candidate[];
}

interface Place {
  /** Positions of its rows. */
  readonly rows: number[];
  opcode: Opcode | undefined;
}

/** By map, then by opcode byte. */
type Index = Readonly<Record<OpcodeMap, (Place | undefined)[]>>;

let legacyOpcodes: Index | undefined;
let vexOpcodes: Index | undefined;

/** What an opcode byte of a map may be, with VEX or without. Made when first asked for: a program uses few, and who only encodes none. */
export function opcodeOf(vex: boolean, map: OpcodeMap, byte: number): Opcode | undefined {
  let index = vex ? vexOpcodes : legacyOpcodes;
  if (index === undefined) {
    index = indexOf(vex);
    if (vex) vexOpcodes = index;
    else legacyOpcodes = index;
  }
  const place = index[map][byte];
  if (place === undefined) return undefined;
  place.opcode ??= opcodeWith(place.rows.map(rowAt));
  return place.opcode;
}

function indexOf(vex: boolean): Index {
  const index: Index = { '1': [], '0F': [], '0F38': [], '0F3A': [] };
  for (let row = 0; row < lines.length; row++) {
    const line = lines[row] as string;
    if (line.includes('VEX.') !== vex) continue;
    const { map, opcode, count } = placeOf(line);
    const places = index[map];
    for (let byte = opcode; byte < opcode + count; byte++) {
      const place = places[byte];
      if (place === undefined) places[byte] = { rows: [row], opcode: undefined };
      else place.rows.push(row);
    }
  }
  return index;
}

function opcodeWith(some: readonly Row[]): Opcode {
  const sorted = some.toSorted((a, b) => specificity(b) - specificity(a) || a.index - b.index);
  return {
    hasModRm: some.some((row) => row.modRm !== undefined),
    candidates: sorted.map((row) => candidateOf(row, some)),
  };
}

/** @param beside all rows with this opcode */
function candidateOf(row: Row, beside: readonly Row[]): Candidate {
  const kind = row.operands[row.roles.indexOf('M')];
  const ignoresMod = row.operands.some((each) => each.registerClass === 'control' || each.registerClass === 'debug');
  return {
    row,
    modes: row.modes.reduce((set, mode) => set | (mode / 16), 0),
    takesRegister: kind === undefined || kind.registerClass !== undefined,
    takesMemory: kind === undefined || kind.memory || ignoresMod,
    usesVvvv: row.roles.includes('V'),
    ignoresW: row.vex?.w === 0 && beside.some((other) => isWideTwin(row, other)),
    trailingBytes: row.trailing.reduce((sum, { bytes }) => sum + bytes, 0),
    hasOffset: row.trailing.some(({ type }) => type === 'offset'),
    isGather: row.operands.some((each) => each.vectorIndex !== undefined),
    loadsSegment: row.mnemonic === 'mov' && row.operands[0]?.registerClass === 'segment',
  };
}

function isWideTwin(row: Row, other: Row): boolean {
  if (other.map !== row.map || other.opcode !== row.opcode || other.vex?.w !== 1 || other.modes.length !== 1)
    return false;
  if (other.modRm?.value !== row.modRm?.value) return false;
  return other.vex.prefix === row.vex?.prefix && other.vex.length === row.vex.length;
}

/** Rows that ask for more are tried first: ModRM, then the mandatory prefix, then the operand size. */
function specificity(row: Row): number {
  const modRm = row.modRm?.type === 'fixed' ? 2 : row.modRm?.type === 'digit' ? 1 : 0;
  const prefix = row.prefix === 'any' || row.prefix === 'NFx' ? 0 : row.prefix === 'NP' ? 1 : 2;
  const size = row.operandSize === 'any' ? 0 : row.operandSize === 'o32' ? 1 : 2;
  return modRm * 9 + prefix * 3 + size;
}
