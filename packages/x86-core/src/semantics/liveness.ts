/**
 * Which instructions of a block set flags that nobody reads, by the flags column of the table.
 *
 * A flag is read by an instruction that tests it, and by everything that may leave the block: branches, and whatever may fault, since a
 * fault shows all flags. Rows that write a flag in every case end its life; shifts by a count that may be 0 do not, nor repeated string comparisons.
 */
import type { Instruction } from '../decode/instruction.ts';
import type { FlagEffects } from '../table/notation.ts';

const STATUS = 'oszapc';

/** An instruction, and whether it may show all flags to what is outside of the run. */
export interface FlagUser {
  readonly instruction: Instruction;
  readonly mayLeave: boolean;
}

/** @returns for each instruction of a straight run whether its flags are dead. What follows the run reads everything. */
export function deadFlags(run: readonly FlagUser[]): boolean[] {
  const dead: boolean[] = [];
  const live = new Set(STATUS);
  for (const { instruction, mayLeave } of run.toReversed()) {
    const { flags } = instruction.row;
    const written = writtenFlags(flags);
    dead.unshift(written.length > 0 && written.every((flag) => !live.has(flag)));
    if (!keepsFlagsAtTimes(instruction)) for (const flag of written) live.delete(flag);
    for (const flag of mayLeave ? STATUS : flags.tested) live.add(flag);
  }
  return dead;
}

/** Whether anything in a run, or behind it, may read a flag that was set before it. */
export function needsFlagsAtEntry(run: readonly FlagUser[]): boolean {
  const waiting = new Set(STATUS);
  for (const { instruction, mayLeave } of run) {
    const { flags } = instruction.row;
    if (mayLeave || Array.from(flags.tested).some((flag) => waiting.has(flag))) return true;
    if (!keepsFlagsAtTimes(instruction)) for (const flag of writtenFlags(flags)) waiting.delete(flag);
    if (waiting.size === 0) return false;
  }
  return true;
}

function writtenFlags({ written, cleared, set, undefined: unknown }: FlagEffects): string[] {
  return Array.from(written + cleared + set + unknown).filter((flag) => STATUS.includes(flag));
}

/** Rows whose flags depend on a count: "if the count is 0, the flags are not affected" (SDM 2). The flags column has no word for it. */
const counted: ReadonlySet<string> = new Set([
  ...['shl', 'sal', 'shr', 'sar', 'shld', 'shrd'],
  ...['rol', 'ror', 'rcl', 'rcr'],
]);

/** Whether the instruction may change no flag: shifts and rotates by a count that is not known, or 0, and string comparisons, whose REP may be of 0. */
function keepsFlagsAtTimes({ row, operands, operandSize }: Instruction): boolean {
  if (!counted.has(row.mnemonic)) return row.repeat === 'repz';
  const count = operands.at(-1);
  if (typeof count !== 'number') return true;
  const masked = count & (operandSize === 64 ? 63 : 31);
  // Through CF, bytes and words come round after 9 and 17.
  return masked === 0 || (row.mnemonic.startsWith('rc') && masked >= 9);
}
