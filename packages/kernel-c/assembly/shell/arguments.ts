/** What a command's function sees of its call: its arguments, counted from 1. Argument 0 is the command's name. */
import { failText } from './error';
import { topFrame } from './frame';
import { parsed, parseInteger } from './number';
import { session } from './session';
import { bytesOf, equalText, lengthOf } from './value';
import { wordAt } from './words';

/** How many arguments there are. */
export function argumentCount(): u32 {
  return session.wordCount - topFrame().words - 1;
}

/** Argument `index`, which must exist: a value, not retained. */
export function argument(index: u32): usize {
  return wordAt(topFrame().words + index).value;
}

export function argumentBytes(index: u32): usize {
  return bytesOf(argument(index));
}

export function argumentLength(index: u32): u32 {
  return lengthOf(argument(index));
}

/** True if there is an argument `index`, and it reads `text`. */
export function argumentIs(index: u32, text: string): bool {
  return index <= argumentCount() && equalText(argumentBytes(index), argumentLength(index), text);
}

/** Argument `index` is wrong, for the reason `message`; it goes before the message in quotes. */
export function failArgument(index: u32, message: string): void {
  failText(index, argumentBytes(index), argumentLength(index), message);
}

/** Argument `index` as a number; fails and returns 0 if it is none. */
export function integerArgument(index: u32): i64 {
  if (parseInteger(argumentBytes(index), argumentLength(index))) return parsed;
  failArgument(index, 'is not a number');
  return 0;
}

/** As `integerArgument`, `otherwise` where the argument is left out. */
export function integerArgumentOr(index: u32, otherwise: i64): i64 {
  return index <= argumentCount() ? integerArgument(index) : otherwise;
}

/** Argument `index` as a number between `least` and `most`; fails and returns `least` otherwise. */
export function numberArgument(index: u32, least: i64, most: i64): i64 {
  const value = integerArgument(index);
  if (value >= least && value <= most) return value;
  failArgument(index, value < least ? 'is too small' : 'is too large');
  return least;
}
