/**
 * FRAME_SCRIPT: reads a text command by command, builds the words of one, and starts it.
 *
 * A word is bare (`a$b[c]`), quoted (`"..."`, with substitution), literal (`'...'`) or a block (`{...}`, literal too). What is
 * substituted is never read again: a value with blanks stays one word.
 */
import { execute } from './execute';
import { fail, failAt, failTextAt } from './error';
import { Frame, FRAME_SCRIPT, popFrame, pushText, topFrame } from './frame';
import { isSole, release, retain } from './heap';
import { closing, commentEnd, isBlank, isName, isSeparator, OPEN, TOO_DEEP } from './scan';
import { session } from './session';
import { appended, appendedByte, bytesOf, emptyValue, lengthOf, setLength, valueOf } from './value';
import { findVariable } from './variables';
import { pushWord, topWord, Word } from './words';

const BETWEEN_COMMANDS: u32 = 0;
const BETWEEN_WORDS: u32 = 1;
const IN_BARE: u32 = 2;
const IN_QUOTED: u32 = 3;

/** Reads one word's part, or one word, or starts one command. */
export function stepScript(): void {
  const frame = topFrame();
  if (frame.phase == BETWEEN_COMMANDS) nextCommand(frame);
  else if (frame.phase == BETWEEN_WORDS) nextWord(frame);
  else if (frame.awaits) takeSubstitution(frame);
  else nextPart(frame);
}

function nextCommand(frame: Frame): void {
  const text = bytesOf(frame.source);
  let at = frame.at;
  for (; at < frame.end; at++) {
    const byte = load<u8>(text + at);
    if (byte == 0x23) at = commentEnd(text, at, frame.end);
    else if (!isBlank(byte) && !isSeparator(byte)) break;
  }
  if (at >= frame.end) {
    finish(frame);
    return;
  }
  frame.at = at;
  frame.phase = BETWEEN_WORDS;
}

/** The text has ended. What it printed, if that is captured, is its result, without the newlines at the end. */
function finish(frame: Frame): void {
  if (frame.captures) {
    const captured = session.capture;
    let length = lengthOf(captured);
    while (length > 0 && load<u8>(bytesOf(captured) + length - 1) == 0x0a) length--;
    setLength(captured, length);
    session.result = retain(captured);
  }
  popFrame();
}

function nextWord(frame: Frame): void {
  const text = bytesOf(frame.source);
  const end = frame.end;
  let at = frame.at;
  while (at < end && (isBlank(load<u8>(text + at)) || isFoldedLine(text, at, end)))
    at += load<u8>(text + at) == 0x5c ? 2 : 1;
  if (at < end && load<u8>(text + at) == 0x23) at = commentEnd(text, at, end);
  frame.at = at;
  if (at == end || isSeparator(load<u8>(text + at))) {
    frame.phase = BETWEEN_COMMANDS;
    if (session.wordCount > frame.words) execute(frame);
    return;
  }
  const byte = load<u8>(text + at);
  if (byte == 0x7b) block(frame, text);
  else if (byte == 0x27) literal(frame, text);
  else if (byte == 0x7d) failAt(at, "this } closes nothing (write '}' for the character)");
  else {
    if (!pushWord(emptyValue(0), at)) return;
    frame.phase = byte == 0x22 ? IN_QUOTED : IN_BARE;
    frame.at = at + u32(byte == 0x22);
  }
}

/** Backslash and newline: the command goes on in the next line. */
function isFoldedLine(text: usize, at: u32, end: u32): bool {
  return load<u8>(text + at) == 0x5c && at + 1 < end && load<u8>(text + at + 1) == 0x0a;
}

function block(frame: Frame, text: usize): void {
  const close = closing(text, frame.at, frame.end);
  if (close == OPEN) failAt(frame.at, 'this { is not closed');
  else if (close == TOO_DEEP) failAt(frame.at, 'nested too deeply');
  else wholeWord(frame, text, close);
}

function literal(frame: Frame, text: usize): void {
  let close = frame.at + 1;
  while (close < frame.end && load<u8>(text + close) != 0x27) close++;
  if (close == frame.end) failAt(frame.at, "this ' is not closed");
  else wholeWord(frame, text, close);
}

/** Pushes what stands between the delimiters at `frame.at` and `close`. */
function wholeWord(frame: Frame, text: usize, close: u32): void {
  const value = valueOf(text + frame.at + 1, close - frame.at - 1);
  if (value == 0 || !pushWord(value, frame.at)) return;
  frame.at = close + 1;
  endWord(frame, text);
}

/** After a closing delimiter a blank, a separator or the end must follow. */
function endWord(frame: Frame, text: usize): void {
  frame.phase = BETWEEN_WORDS;
  if (frame.at >= frame.end) return;
  const byte = load<u8>(text + frame.at);
  if (!isBlank(byte) && !isSeparator(byte) && !isFoldedLine(text, frame.at, frame.end)) {
    failAt(frame.at, 'a blank is missing here, after the closing quote or brace');
  }
}

/** Appends to the word being read; on failure the word is empty. */
function append(word: Word, pointer: usize, length: u32): void {
  word.value = appended(word.value, pointer, length);
}

/** Reads a run of plain bytes, or one escape, variable or substitution, of a bare or quoted word. */
function nextPart(frame: Frame): void {
  const text = bytesOf(frame.source);
  const quoted = frame.phase == IN_QUOTED;
  const from = frame.at;
  let at = from;
  for (; at < frame.end; at++) {
    const byte = load<u8>(text + at);
    if (byte == 0x24 || byte == 0x5b || byte == 0x5c) break;
    if (quoted ? byte == 0x22 : isBlank(byte) || isSeparator(byte)) break;
  }
  frame.at = at;
  if (at > from) append(topWord(), text + from, at - from);
  if (session.failed) return;
  if (at == frame.end) {
    if (quoted) failAt(topWord().position, 'this " is not closed');
    else frame.phase = BETWEEN_WORDS;
    return;
  }
  const byte = load<u8>(text + at);
  if (byte == 0x24) variable(frame, text);
  else if (byte == 0x5b) substitution(frame, text);
  else if (byte == 0x5c) escape(frame, text, quoted);
  else if (quoted) {
    frame.at = at + 1;
    endWord(frame, text);
  } else frame.phase = BETWEEN_WORDS;
}

/** Where the name of the variable at `$` begins and ends; `nameEnd` <= `nameStart`: it is just a dollar sign. */
let nameStart: u32 = 0;
let nameEnd: u32 = 0;

/** Reads `$name` or `${name}` at `at`. @returns the offset behind it, or OPEN if the brace is not closed. */
export function readName(text: usize, at: u32, end: u32): u32 {
  nameStart = nameEnd = at + 1;
  if (nameStart < end && load<u8>(text + nameStart) == 0x7b) {
    nameEnd = ++nameStart;
    while (nameEnd < end && load<u8>(text + nameEnd) != 0x7d) nameEnd++;
    return nameEnd == end ? OPEN : nameEnd + 1;
  }
  while (nameEnd < end && isName(load<u8>(text + nameEnd))) nameEnd++;
  return nameEnd;
}

/** The value of the variable that `readName` read at `at`, not retained; 0 after `fail`. */
export function namedVariable(text: usize, at: u32): usize {
  const value = findVariable(text + nameStart, nameEnd - nameStart);
  if (value == 0) failTextAt(at, text + nameStart, nameEnd - nameStart, 'is not a variable');
  return value;
}

function variable(frame: Frame, text: usize): void {
  const at = frame.at;
  const next = readName(text, at, frame.end);
  if (next == OPEN) {
    failAt(at, 'this ${ is not closed');
  } else if (next == at + 1) {
    append(topWord(), text + at, 1);
    frame.at = next;
  } else {
    const value = namedVariable(text, at);
    if (value == 0) return;
    frame.at = next;
    deliver(topWord(), retain(value));
  }
}

/** Puts `value`, whose reference is passed on, behind what the word has; an empty word becomes that value. */
function deliver(word: Word, value: usize): void {
  if (lengthOf(word.value) == 0) {
    release(word.value);
    word.value = value;
  } else {
    append(word, bytesOf(value), lengthOf(value));
    release(value);
  }
}

function substitution(frame: Frame, text: usize): void {
  const at = frame.at;
  const close = closing(text, at, frame.end);
  if (close == OPEN) failAt(at, 'this [ is not closed');
  else if (close == TOO_DEEP) failAt(at, 'nested too deeply');
  else {
    frame.at = close + 1;
    frame.awaits = true;
    pushSubstitution(frame.source, at + 1, close);
  }
}

/** Runs a part of `source` and captures what it prints; that is its result. */
export function pushSubstitution(source: usize, at: u32, end: u32): void {
  const capture = emptyValue(48);
  if (capture == 0) return;
  const inner = pushText(FRAME_SCRIPT, retain(source), at, end);
  if (inner == null) {
    release(capture);
    return;
  }
  inner.captures = true;
  inner.saved = session.capture;
  session.capture = capture;
}

function takeSubstitution(frame: Frame): void {
  frame.awaits = false;
  deliver(topWord(), session.result);
  session.result = 0;
}

function hexDigit(byte: u8): i32 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** \n \t \r \e, \xHH; before any other byte the backslash takes away its meaning. */
function escape(frame: Frame, text: usize, quoted: bool): void {
  const at = frame.at;
  if (at + 1 == frame.end) {
    failAt(at, 'nothing follows this \\');
    return;
  }
  let byte = load<u8>(text + at + 1);
  if (!quoted && byte == 0x0a) {
    frame.phase = BETWEEN_WORDS;
    return;
  }
  frame.at = at + 2;
  if (byte == 0x6e || byte == 0x0a) byte = byte == 0x6e ? 0x0a : 0x20;
  else if (byte == 0x74) byte = 0x09;
  else if (byte == 0x72) byte = 0x0d;
  else if (byte == 0x65) byte = 0x1b;
  else if (byte == 0x78) {
    const high = at + 2 < frame.end ? hexDigit(load<u8>(text + at + 2)) : -1;
    const low = at + 3 < frame.end ? hexDigit(load<u8>(text + at + 3)) : -1;
    if (high < 0 || low < 0) {
      failAt(at, '\\x takes two hexadecimal digits');
      return;
    }
    byte = <u8>((high << 4) | low);
    frame.at = at + 4;
  }
  const word = topWord();
  word.value = appendedByte(word.value, byte);
}
