/** The table by opcode: for each map and opcode byte the rows in the order in which they are to be tried. */
import type { OpcodeMap, Row } from '../table/notation.ts';
import { rows } from '../table/table.ts';

export interface Candidate {
  readonly row: Row;
  /** What ModRM.rm may be. Both are true for rows without it, and for MOV of control registers, which ignores ModRM.mod. */
  readonly takesRegister: boolean;
  readonly takesMemory: boolean;
  /** Role V is in use: VEX.vvvv names a register; otherwise it must be 1111b. */
  readonly usesVvvv: boolean;
  /** W0 of a pair whose W1 row exists in 64-bit mode only: elsewhere VEX.W is ignored (SDM 2 2.3.5.3). */
  readonly ignoresW: boolean;
}

export interface Opcode {
  readonly hasModRm: boolean;
  readonly candidates: readonly Candidate[];
}

type Index = Readonly<Record<OpcodeMap, readonly (Opcode | undefined)[]>>;

let legacyOpcodes: Index | undefined;
let vexOpcodes: Index | undefined;

/** The opcodes of a map, with VEX or without; made when first asked for, since who only encodes needs none. */
export function opcodesOf(vex: boolean, map: OpcodeMap): readonly (Opcode | undefined)[] {
  if (vex) {
    vexOpcodes ??= buildIndex(rows.filter((row) => row.vex !== undefined));
    return vexOpcodes[map];
  }
  legacyOpcodes ??= buildIndex(rows.filter((row) => row.vex === undefined));
  return legacyOpcodes[map];
}

function buildIndex(some: readonly Row[]): Index {
  const maps: Record<OpcodeMap, Candidate[][]> = { '1': [], '0F': [], '0F38': [], '0F3A': [] };
  for (const row of some) {
    const count = row.plusRegister && row.modRm === undefined ? 8 : 1;
    for (let i = 0; i < count; i++) {
      const list = maps[row.map];
      list[row.opcode + i] ??= [];
      list[row.opcode + i]?.push(candidateOf(row, some));
    }
  }
  const finish = (list: Candidate[][]): (Opcode | undefined)[] =>
    Array.from({ length: 256 }, (_, opcode) => {
      const candidates = list[opcode];
      if (candidates === undefined) return undefined;
      const sorted = candidates.toSorted(
        (a, b) => specificity(b.row) - specificity(a.row) || a.row.index - b.row.index,
      );
      return { hasModRm: candidates.some(({ row }) => row.modRm !== undefined), candidates: sorted };
    });
  return {
    '1': finish(maps['1']),
    '0F': finish(maps['0F']),
    '0F38': finish(maps['0F38']),
    '0F3A': finish(maps['0F3A']),
  };
}

function candidateOf(row: Row, all: readonly Row[]): Candidate {
  const kind = row.operands[row.roles.indexOf('M')];
  const ignoresMod = row.operands.some((each) => each.registerClass === 'control' || each.registerClass === 'debug');
  return {
    row,
    takesRegister: kind === undefined || kind.registerClass !== undefined,
    takesMemory: kind === undefined || kind.memory || ignoresMod,
    usesVvvv: row.roles.includes('V'),
    ignoresW: row.vex?.w === 0 && all.some((other) => isWideTwin(row, other)),
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
