/**
 * All commands that are built in. This table is the only source of their names, usage, completion and help.
 *
 * Usage is a row of words: capitals stand for something (`ADDRESS`), small letters and digits for themselves, `a|b` for one of
 * them, `[...]` may be left out, `...` means any number more. The count of arguments is checked against it, and Tab offers what
 * it says.
 *
 * ```
 * record: 0 string name    4 string usage    8 string summary    12 string example    16 u32 function    20 u32 flags
 * ```
 */
import { equalText } from './value';

const RECORD_BYTES: u32 = 24;
const LIMIT: u32 = 128;
const records: usize = memory.data(RECORD_BYTES * LIMIT);
let count: u32 = 0;

/** The command has ended. */
export const DONE: u32 = 0;
/** Call the function again: after the frame it has pushed, or in the next step. */
export const AGAIN: u32 = 1;
/** Call it again when time has passed. */
export const WAIT: u32 = 2;
/** Leave the innermost loop, go on with its next turn, leave the procedure with `session.result`. */
export const BREAK: u32 = 3;
export const CONTINUE: u32 = 4;
export const RETURN: u32 = 5;

/** `break` and `continue` end here. */
export const FLAG_LOOP: u32 = 1;
/** Errors end here: the function is called with phase PHASE_FAILED. */
export const FLAG_TRY: u32 = 2;
/** Not a command: `name` is the heading of those that follow. */
export const FLAG_HEADING: u32 = 4;

export const PHASE_FAILED: u32 = 100;

/** The commands that are defined from here on are shown under `name`. */
export function heading(name: string): void {
  add(name, '', '', '', 0, FLAG_HEADING);
}

/** Adds a command. `run` answers DONE, AGAIN, ... above; `example` is what help shows. */
export function define(
  name: string,
  usage: string,
  summary: string,
  example: string,
  run: () => u32,
  flags: u32 = 0,
): void {
  add(name, usage, summary, example, <u32>run.index, flags);
}

function add(name: string, usage: string, summary: string, example: string, run: u32, flags: u32): void {
  if (count == LIMIT) return;
  const record = records + count++ * RECORD_BYTES;
  store<usize>(record, changetype<usize>(name));
  store<usize>(record + 4, changetype<usize>(usage));
  store<usize>(record + 8, changetype<usize>(summary));
  store<usize>(record + 12, changetype<usize>(example));
  store<u32>(record + 16, run);
  store<u32>(record + 20, flags);
}

export function commandCount(): u32 {
  return count;
}

/** Record `index`; headings are among them. */
export function commandAt(index: u32): usize {
  return records + index * RECORD_BYTES;
}

export function commandName(record: usize): string {
  return changetype<string>(load<usize>(record));
}

export function commandUsage(record: usize): string {
  return changetype<string>(load<usize>(record + 4));
}

export function commandSummary(record: usize): string {
  return changetype<string>(load<usize>(record + 8));
}

export function commandExample(record: usize): string {
  return changetype<string>(load<usize>(record + 12));
}

export function commandRun(record: usize): u32 {
  return load<u32>(record + 16);
}

export function commandFlags(record: usize): u32 {
  return load<u32>(record + 20);
}

/** The command of that name, or 0. */
export function findCommand(name: usize, length: u32): usize {
  for (let i: u32 = 0; i < count; i++) {
    const record = commandAt(i);
    if ((commandFlags(record) & FLAG_HEADING) == 0 && equalText(name, length, commandName(record))) return record;
  }
  return 0;
}
