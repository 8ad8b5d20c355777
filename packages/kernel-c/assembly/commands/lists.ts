/** Lists and strings. */
import { newline, printDecimal, printHex, printSigned } from '../print';
import {
  argument,
  argumentBytes,
  argumentCount,
  argumentIs,
  argumentLength,
  failArgument,
  integerArgument,
  integerArgumentOr,
  numberArgument,
} from '../shell/arguments';
import { DONE, define, heading } from '../shell/command-table';
import { fail, suggestUsage } from '../shell/error';
import { release, retain } from '../shell/heap';
import { appendedElement, elementValue, listElement, listLength, nextElement } from '../shell/list';
import { formatInteger, formattedLength } from '../shell/number';
import { emitValue } from '../shell/output';
import { session } from '../shell/session';
import { appended, appendedByte, bytesOf, emptyValue, lengthOf, valueOf } from '../shell/value';
import { findVariable, setVariable } from '../shell/variables';
import { checkName } from './variables';

/** Most elements that `range` makes. */
const RANGE_LIMIT: i64 = 10_000;

/** Prints a value and a newline, and lets go of it. 0 prints nothing: making it has failed. */
function printTaken(value: usize): u32 {
  if (value != 0) emitValue(appendedByte(value, 0x0a));
  return DONE;
}

function listCommand(): u32 {
  let list = emptyValue(32);
  for (let i: u32 = 1; i <= argumentCount() && list != 0; i++) {
    list = appendedElement(list, argumentBytes(i), argumentLength(i));
  }
  return printTaken(list);
}

function lengthCommand(): u32 {
  const count = listLength(argument(1));
  printDecimal(count);
  newline();
  return DONE;
}

/** item LIST INDEX, from 0; negative from the end. */
function itemCommand(): u32 {
  let index = integerArgument(2);
  const count = <i64>listLength(argument(1));
  if (index < 0) index += count;
  if (session.failed) return DONE;
  if (index < 0 || index >= count) {
    failArgument(2, 'is beyond the end of the list');
    return DONE;
  }
  return printTaken(listElement(argument(1), <u32>index));
}

/** append NAME WORD ...: more elements for the list in a variable. */
function appendCommand(): u32 {
  if (!checkName(1)) return DONE;
  const before = findVariable(argumentBytes(1), argumentLength(1));
  let list = before != 0 ? retain(before) : emptyValue(32);
  for (let i: u32 = 2; i <= argumentCount() && list != 0; i++) {
    list = appendedElement(list, argumentBytes(i), argumentLength(i));
  }
  setVariable(argumentBytes(1), argumentLength(1), list);
  return DONE;
}

function rangeCommand(): u32 {
  const first = integerArgument(1);
  const last = integerArgument(2);
  const step = integerArgumentOr(3, first <= last ? 1 : -1);
  if (session.failed) return DONE;
  if (step == 0) {
    failArgument(3, 'gets nowhere');
    return DONE;
  }
  let list = emptyValue(64);
  let count: i64 = 0;
  for (let at = first; (step > 0 ? at <= last : at >= last) && list != 0; at += step) {
    if (++count > RANGE_LIMIT) {
      release(list);
      fail('more than 10000 elements');
      return DONE;
    }
    if (count > 1) list = appendedByte(list, 0x20);
    if (list != 0) list = appended(list, formatInteger(at), formattedLength);
    // The next number would not be one any more.
    if (step > 0 ? at > i64.MAX_VALUE - step : at < i64.MIN_VALUE - step) break;
  }
  return printTaken(list);
}

/** split TEXT [SEPARATOR]: without a separator, by lines. */
function splitCommand(): u32 {
  const text = argumentBytes(1);
  const length = argumentLength(1);
  if (argumentCount() == 2 && argumentLength(2) != 1) {
    failArgument(2, 'is not one character');
    return DONE;
  }
  const separator: u8 = argumentCount() == 2 ? load<u8>(argumentBytes(2)) : 0x0a;
  let list = emptyValue(length + 16);
  let from: u32 = 0;
  for (let i: u32 = 0; i <= length && list != 0; i++) {
    if (i < length && load<u8>(text + i) != separator) continue;
    list = appendedElement(list, text + from, i - from);
    from = i + 1;
  }
  return printTaken(list);
}

function joinCommand(): u32 {
  const list = argument(1);
  let text = emptyValue(lengthOf(list));
  let first = true;
  for (let at = nextElement(list, 0); at != 0 && text != 0; at = nextElement(list, at)) {
    if (!first && argumentCount() == 2) text = appended(text, argumentBytes(2), argumentLength(2));
    else if (!first) text = appendedByte(text, 0x20);
    first = false;
    const element = elementValue(list);
    if (element == 0 || text == 0) {
      release(element);
      break;
    }
    text = appended(text, bytesOf(element), lengthOf(element));
    release(element);
  }
  return printTaken(text);
}

function lengthOfText(): u32 {
  let count: u64 = 0;
  for (let i: u32 = 0; i < argumentLength(2); i++) count += u64((load<u8>(argumentBytes(2) + i) & 0xc0) != 0x80);
  printDecimal(count);
  newline();
  return DONE;
}

/** The text in capitals or small letters, as far as it is ASCII. */
function changeCase(first: u8): u32 {
  const text = valueOf(argumentBytes(2), argumentLength(2));
  if (text == 0) return DONE;
  for (let i: u32 = 0; i < lengthOf(text); i++) {
    const byte = load<u8>(bytesOf(text) + i);
    if (byte >= first && byte < first + 26) store<u8>(bytesOf(text) + i, byte ^ 0x20);
  }
  return printTaken(text);
}

function trimText(): u32 {
  let from: u32 = 0;
  let to = argumentLength(2);
  while (from < to && load<u8>(argumentBytes(2) + from) <= 0x20) from++;
  while (to > from && load<u8>(argumentBytes(2) + to - 1) <= 0x20) to--;
  return printTaken(valueOf(argumentBytes(2) + from, to - from));
}

/** Prints the offset of the first occurrence, or -1. */
function findText(): u32 {
  const length = argumentLength(2);
  const wanted = argumentLength(3);
  let at: i64 = -1;
  for (let i: u32 = 0; i + wanted <= length; i++) {
    if (memory.compare(argumentBytes(2) + i, argumentBytes(3), wanted) != 0) continue;
    at = i;
    break;
  }
  printSigned(at);
  newline();
  return DONE;
}

/** string slice TEXT FROM [COUNT], in bytes. */
function sliceText(): u32 {
  const length = <i64>argumentLength(2);
  const from = numberArgument(3, 0, length);
  let count = length - from;
  if (argumentCount() == 4) count = numberArgument(4, 0, i64.MAX_VALUE);
  if (session.failed) return DONE;
  if (count > length - from) count = length - from;
  return printTaken(valueOf(argumentBytes(2) + <u32>from, <u32>count));
}

function stringCommand(): u32 {
  const extra = argumentCount() - 2;
  if (argumentIs(1, 'find') && extra == 1) return findText();
  if (argumentIs(1, 'slice') && extra > 0) return sliceText();
  if (extra == 0) {
    if (argumentIs(1, 'length')) return lengthOfText();
    if (argumentIs(1, 'upper')) return changeCase(0x61);
    if (argumentIs(1, 'lower')) return changeCase(0x41);
    if (argumentIs(1, 'trim')) return trimText();
  }
  failArgument(1, 'is not what string can do with these arguments');
  suggestUsage();
  return DONE;
}

/** hex NUMBER [DIGITS] */
function hexCommand(): u32 {
  const value = integerArgument(1);
  const digits = argumentCount() == 2 ? <i32>numberArgument(2, 1, 16) : 1;
  if (session.failed) return DONE;
  printHex(<u64>value, digits);
  newline();
  return DONE;
}

export function defineLists(): void {
  heading('Lists and text');
  define('list', '[WORD ...]', 'Makes a list of its words.', "set colours [list red 'light blue']", listCommand);
  define('length', 'LIST', 'Prints the number of elements.', 'length {a b c}', lengthCommand);
  define('item', 'LIST INDEX', 'Prints one element; the first is 0, the last -1.', 'item {a b c} -1', itemCommand);
  define(
    'append',
    'VARIABLE WORD ...',
    'Adds elements to the list in a variable.',
    'append colours green',
    appendCommand,
  );
  define(
    'range',
    'FIRST LAST [STEP]',
    'Prints a list of numbers.',
    'foreach i [range 0 100 25] {echo $i}',
    rangeCommand,
  );
  define(
    'split',
    'TEXT [SEPARATOR]',
    'Makes a list of the lines of a text. With a separator, of the parts between them.',
    'foreach line [split [cores]] {echo "> $line"}',
    splitCommand,
  );
  define(
    'join',
    'LIST [TEXT]',
    'Puts the elements of a list together. Between them stands a blank, or the text.',
    'join {a b c} ", "',
    joinCommand,
  );
  define(
    'string',
    'length|upper|lower|trim|find|slice TEXT [ARGUMENT] [COUNT]',
    'Works on a text. Its length, in capitals, in small letters, without blanks around it, where another text is in it (-1: nowhere), a part from an offset on.',
    'string slice "hello world" 6 3',
    stringCommand,
  );
  define('hex', 'NUMBER [DIGITS]', 'Prints a number in hexadecimal.', 'hex 255 4', hexCommand);
}
