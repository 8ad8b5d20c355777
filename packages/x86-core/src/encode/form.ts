/** A form: one row of the table made ready to emit in one mode, with its prefixes. */
import type { Mode } from '../operand.ts';
import type { Row } from '../table/notation.ts';

export interface Form {
  readonly row: Row;
  readonly mode: Mode;
  /** LOCK, REP, REPNE, or 0. */
  readonly userPrefix: number;
  /** 0x66 for the operand size or as the mandatory prefix. */
  readonly prefix66: boolean;
  /** Set when the row's address size is not the mode's. */
  readonly prefix67: boolean;
  /** F2 or F3 as the mandatory prefix, or 0. */
  readonly mandatory: number;
  /** 8 where REX.W is needed. */
  readonly rexW: number;
  /** Escape bytes of a legacy opcode: 0, 1 or 2 of them. */
  readonly escape: readonly number[];
  /** VEX.mmmmm, and what the third VEX byte holds besides vvvv: W, L, pp. 0 without VEX. */
  readonly vexMap: number;
  readonly vexWLpp: number;
  /** True: a prefix that the mode's default operand size would not need. */
  readonly changesOperandSize: boolean;
}

const escapes = { '1': [], '0F': [0x0f], '0F38': [0x0f, 0x38], '0F3A': [0x0f, 0x3a] } as const;
const vexMaps = { '1': 0, '0F': 1, '0F38': 2, '0F3A': 3 } as const;

/** @returns undefined when the row does not exist in the mode. */
export function prepareForm(row: Row, mode: Mode, userPrefix = 0): Form | undefined {
  if (!row.modes.includes(mode)) return undefined;
  if (row.addressSize === 16 ? mode === 64 : row.addressSize === 64 && mode !== 64) return undefined;
  const size16 = row.operandSize === 'o16';
  const needs66 = (size16 && mode !== 16) || (row.operandSize === 'o32' && mode === 16);
  const rexW = row.operandSize === 'REX.W' ? 8 : 0;
  return {
    row,
    mode,
    userPrefix,
    prefix66: needs66 || row.prefix === 0x66,
    prefix67: row.addressSize !== 0 && row.addressSize !== mode,
    mandatory: row.prefix === 0xf2 || row.prefix === 0xf3 ? row.prefix : 0,
    rexW,
    escape: escapes[row.map],
    vexMap: row.vex === undefined ? 0 : vexMaps[row.map],
    vexWLpp: row.vex === undefined ? 0 : ((row.vex.w ?? 0) << 7) | (row.vex.length === 256 ? 4 : 0) | row.vex.prefix,
    changesOperandSize: needs66 || rexW !== 0,
  };
}
