/** What a person sees of an error that nothing caught: the message, the line it happened in with a mark below, the calls around it. */
import { newline, print, printBytes, printDecimal, printSpaces } from '../print';
import { writeByte } from '../sink';
import { commandName, commandUsage } from './command-table';
import { clearError } from './error';
import { Frame, FRAME_COMMAND, frameAt } from './frame';
import { session } from './session';
import { bytesOf, lengthOf } from './value';
import { wordAt } from './words';

/** Columns of a line that are shown, at most. */
const SHOWN: u32 = 68;

/** Prints the error to the terminal, whatever is captured. The frames must still be there. */
export function report(): void {
  clearError();
  const capture = session.capture;
  session.capture = 0;
  if (session.column != 0) newline();
  print('error: ');
  const top = frameAt(session.frameCount - 1);
  if (top.kind == FRAME_COMMAND && top.command != 0 && !session.errorBare) {
    print(commandName(top.command));
    print(': ');
  }
  printBytes(session.error, session.errorLength);
  newline();
  showPlace(top);
  showUsage(top);
  showCalls();
  session.capture = capture;
}

/** The text that was being read or run, and the offset in it that the error concerns. */
function showPlace(top: Frame): void {
  const isCommand = top.kind == FRAME_COMMAND;
  // A command frame stands right above the script frame that read its words.
  const reader = isCommand ? frameAt(session.frameCount - 2) : top;
  let at = session.errorAt;
  if (at < 0 && top.words < session.wordCount) {
    at = wordAt(top.words + (session.errorWord > 0 ? session.errorWord : 0)).position;
  }
  if (at < 0) at = reader.at;
  const text = bytesOf(reader.source);
  let from: u32 = at;
  while (from > 0 && load<u8>(text + from - 1) != 0x0a) from--;
  let to: u32 = at;
  while (to < lengthOf(reader.source) && load<u8>(text + to) != 0x0a) to++;
  if (<u32>at - from > SHOWN - 8) from = at - (SHOWN - 8);
  if (to - from > SHOWN) to = from + SHOWN;
  printSpaces(2);
  const margin = 2 + showLineNumber(text, from, lengthOf(reader.source));
  for (let i = from; i < to; i++) writeByte(load<u8>(text + i) < 0x20 ? 0x20 : load<u8>(text + i));
  newline();
  printSpaces(margin + columns(text + from, at - from));
  print('^');
  newline();
}

/** The number of the line that begins at `from`, where the text has several. @returns the columns it takes. */
function showLineNumber(text: usize, from: u32, length: u32): i32 {
  let line: u64 = 1;
  let lines = 1;
  for (let i: u32 = 0; i < length; i++) {
    if (load<u8>(text + i) != 0x0a) continue;
    lines++;
    if (i < from) line++;
  }
  if (lines == 1) return 0;
  printDecimal(line);
  print(': ');
  return line > 99 ? 5 : line > 9 ? 4 : 3;
}

/** Columns that `length` bytes of UTF-8 take. */
function columns(pointer: usize, length: u32): i32 {
  let count = 0;
  for (let i: u32 = 0; i < length; i++) count += i32((load<u8>(pointer + i) & 0xc0) != 0x80);
  return count;
}

function showUsage(top: Frame): void {
  if (!session.errorUsage || top.kind != FRAME_COMMAND || top.command == 0) return;
  print('usage: ');
  print(commandName(top.command));
  print(' ');
  print(commandUsage(top.command));
  newline();
}

/** The procedures that were under way, innermost first. A long row of calls is cut. */
function showCalls(): void {
  let shown = 0;
  let left = 0;
  for (let i = <i32>session.frameCount - 1; i >= 0; i--) {
    const name = frameAt(i).procedure;
    if (name == 0) continue;
    if (shown == 5) {
      left++;
      continue;
    }
    shown++;
    print('  in procedure ');
    printBytes(bytesOf(name), lengthOf(name));
    newline();
  }
  if (left == 0) return;
  print('  and ');
  printDecimal(left);
  print(' calls more');
  newline();
}
