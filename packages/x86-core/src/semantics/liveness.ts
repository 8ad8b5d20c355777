/**
 * Which instructions of a block set flags that nobody reads, by the flags column of the table.
 *
 * A flag is read by an instruction that tests it, and by everything that may leave the block: branches, and whatever may fault, since a
 * fault shows all flags. Rows that write a flag in every case end its life; shifts by a count that may be 0 do not, nor repeated string comparisons.
 */
import type { Instruction } from '../decode/instruction.ts';
import type { Row } from '../table/notation.ts';

/** Sets of status flags are numbers: a bit for each letter. */
const LETTERS = 'oszapc';
/** What follows a run reads every flag. */
export const ALL_FLAGS: number = (1 << LETTERS.length) - 1;

interface FlagSets {
  readonly written: number;
  readonly tested: number;
}

const setsOfRows = new WeakMap<Row, FlagSets>();

function setsOf(row: Row): FlagSets {
  let sets = setsOfRows.get(row);
  if (sets === undefined) {
    const { written, cleared, set, undefined: unknown, tested } = row.flags;
    sets = { written: setOf(written + cleared + set + unknown), tested: setOf(tested) };
    setsOfRows.set(row, sets);
  }
  return sets;
}

function setOf(letters: string): number {
  let set = 0;
  for (const letter of letters) {
    const position = LETTERS.indexOf(letter);
    if (position >= 0) set |= 1 << position;
  }
  return set;
}

/** An instruction, and whether it may show all flags to what is outside of the run. */
export interface FlagUser {
  readonly instruction: Instruction;
  readonly mayLeave: boolean;
}

/** What an instruction does with the flags, for one step backwards through a run. */
export interface FlagUse {
  readonly written: number;
  /** Those that it writes in every case. */
  readonly ended: number;
  readonly read: number;
}

export function flagUseOf({ instruction, mayLeave }: FlagUser): FlagUse {
  const { written, tested } = setsOf(instruction.row);
  const ended = written !== 0 && !keepsFlagsAtTimes(instruction) ? written : 0;
  return { written, ended, read: mayLeave ? ALL_FLAGS : tested };
}

/** @param live flags that are read behind the instruction */
export function areDead(written: number, live: number): boolean {
  return written !== 0 && (written & live) === 0;
}

/** @returns flags that are read behind whatever comes before the instruction */
export function liveBefore(ended: number, read: number, live: number): number {
  return (live & ~ended) | read;
}

/** @returns for each instruction of a straight run whether its flags are dead. What follows the run reads everything. */
export function deadFlags(run: readonly FlagUser[]): boolean[] {
  const dead = new Array<boolean>(run.length);
  let live = ALL_FLAGS;
  for (let position = run.length - 1; position >= 0; position--) {
    const { written, ended, read } = flagUseOf(run[position] as FlagUser);
    dead[position] = areDead(written, live);
    live = liveBefore(ended, read, live);
  }
  return dead;
}

/** What a run does with the flags that were set before it: some are read; all are overwritten; or some are kept, so that what follows decides. */
export function flagsAcross(run: readonly FlagUser[]): 'read' | 'overwritten' | 'kept' {
  let waiting = ALL_FLAGS;
  for (const { instruction, mayLeave } of run) {
    const { written, tested } = setsOf(instruction.row);
    if (mayLeave || (tested & waiting) !== 0) return 'read';
    if (!keepsFlagsAtTimes(instruction)) waiting &= ~written;
    if (waiting === 0) return 'overwritten';
  }
  return 'kept';
}

/** Rows whose flags depend on a count: "if the count is 0, the flags are not affected" (SDM 2). The flags column has no word for it. */
const counted: ReadonlySet<string> = new Set([
  ...['shl', 'sal', 'shr', 'sar', 'shld', 'shrd'],
  ...['rol', 'ror', 'rcl', 'rcr'],
]);

/** Whether an immediate of the instruction decides which flags it writes. */
export function countsByImmediate({ row, operands }: Instruction): boolean {
  return counted.has(row.mnemonic) && row.trailing.length > 0 && typeof operands.at(-1) === 'number';
}

/** Whether the instruction may change no flag: shifts and rotates by a count that is not known, or 0, and string comparisons, whose REP may be of 0. */
function keepsFlagsAtTimes({ row, operands, operandSize }: Instruction): boolean {
  if (!counted.has(row.mnemonic)) return row.repeat === 'repz';
  const count = operands.at(-1);
  if (typeof count !== 'number') return true;
  const masked = count & (operandSize === 64 ? 63 : 31);
  // Through CF, bytes and words come round after 9 and 17.
  return masked === 0 || (row.mnemonic.startsWith('rc') && masked >= 9);
}
