/**
 * FRAME_EXPRESSION: evaluates an expression from left to right on the word stack, where operands and operators alternate
 * above the frame's first word: operand, operator, operand, ... A `[...]` in it is a frame on top; the right side of && and ||
 * is passed over where the left side decides.
 */
import { failAt, failTextAt } from './error';
import { Frame, popFrame, topFrame } from './frame';
import { retain } from './heap';
import { formatInteger, formattedLength, parsed, parseInteger } from './number';
import { infix, prefixed, setNumber, truth } from './operands';
import {
  AND,
  NEGATE,
  NONE,
  operatorLength,
  OR,
  PARENTHESIS,
  precedence,
  prefixOperator,
  readOperator,
} from './operators';
import { closing, isBlank, isName, OPEN, TOO_DEEP } from './scan';
import { namedVariable, pushSubstitution, readName } from './script';
import { session } from './session';
import { bytesOf, valueOf } from './value';
import { dropWords, pushWord, topWord, Word, wordAt } from './words';

const WANTS_OPERAND: u32 = 0;
const WANTS_OPERATOR: u32 = 1;
/** In an operator's number: its right side is passed over. */
const SKIPS: i64 = 256;

/** Goes on to the end, or to the next `[...]`. */
export function stepExpression(): void {
  const frame = topFrame();
  if (frame.awaits) {
    frame.awaits = false;
    const value = session.result;
    session.result = 0;
    operand(frame, value, frame.at, 0);
  }
  const text = bytesOf(frame.source);
  while (!session.failed) {
    while (frame.at < frame.end && (isBlank(load<u8>(text + frame.at)) || load<u8>(text + frame.at) == 0x0a))
      frame.at++;
    if (frame.phase == WANTS_OPERATOR) {
      if (frame.at == frame.end) {
        finish(frame);
        return;
      }
      readInfix(frame, text);
    } else if (frame.at == frame.end) {
      failAt(frame.at, 'a number or a value is missing here');
    } else {
      readOperand(frame, text);
      if (frame.awaits) return;
    }
  }
}

/** Puts an operand on the stack: a value, whose reference is passed on, or a number where that is 0. */
function operand(frame: Frame, value: usize, position: u32, number: i64): void {
  if (pushWord(value, position, number)) frame.phase = WANTS_OPERATOR;
}

function readOperand(frame: Frame, text: usize): void {
  const at = frame.at;
  const byte = load<u8>(text + at);
  const prefix = prefixOperator(byte);
  if (prefix != NONE || byte == 0x28) {
    frame.at++;
    pushWord(0, at, byte == 0x28 ? PARENTHESIS : prefix);
  } else if (byte == 0x24) {
    const next = readName(text, at, frame.end);
    if (next == OPEN || next == at + 1) {
      failAt(at, 'a name is missing after this $');
      return;
    }
    frame.at = next;
    if (frame.skipping > 0) {
      operand(frame, 0, at, 0);
      return;
    }
    const value = namedVariable(text, at);
    if (value != 0) operand(frame, retain(value), at, 0);
  } else if (byte == 0x5b) {
    const close = closing(text, at, frame.end);
    if (close == OPEN) failAt(at, 'this [ is not closed');
    else if (close == TOO_DEEP) failAt(at, 'nested too deeply');
    else {
      frame.at = close + 1;
      if (frame.skipping > 0) {
        operand(frame, 0, at, 0);
      } else {
        frame.awaits = true;
        pushSubstitution(frame.source, at + 1, close);
      }
    }
  } else if (byte == 0x22 || byte == 0x27) readQuoted(frame, text, byte);
  else if (isName(byte)) readBare(frame, text);
  else failTextAt(at, text + at, 1, 'stands where a number or a value belongs');
}

/** Text in quotes stands for itself: nothing in it is substituted. */
function readQuoted(frame: Frame, text: usize, quote: u8): void {
  const from = frame.at + 1;
  let at = from;
  while (at < frame.end && load<u8>(text + at) != quote) at++;
  if (at == frame.end) {
    failAt(frame.at, 'this quote is not closed');
    return;
  }
  const value = valueOf(text + from, at - from);
  if (value == 0) return;
  operand(frame, value, frame.at, 0);
  frame.at = at + 1;
}

/** A number, or a word of letters, digits, _ and dots. */
function readBare(frame: Frame, text: usize): void {
  const from = frame.at;
  let at = from;
  while (at < frame.end && (isName(load<u8>(text + at)) || load<u8>(text + at) == 0x2e)) at++;
  const length = at - from;
  if (parseInteger(text + from, length)) {
    operand(frame, 0, from, parsed);
  } else {
    const first = load<u8>(text + from);
    if (first >= 0x30 && first <= 0x39) {
      failTextAt(from, text + from, length, 'is not a number');
      return;
    }
    const value = valueOf(text + from, length);
    if (value != 0) operand(frame, value, from, 0);
  }
  frame.at = at;
}

function readInfix(frame: Frame, text: usize): void {
  const at = frame.at;
  if (load<u8>(text + at) == 0x29) {
    reduce(frame, PARENTHESIS + 1);
    if (session.failed) return;
    const below = session.wordCount - 2;
    if (<i32>below < <i32>frame.words || wordAt(below).number != PARENTHESIS) {
      failAt(at, 'this ) closes nothing');
      return;
    }
    memory.copy(changetype<usize>(wordAt(below)), changetype<usize>(topWord()), offsetof<Word>());
    session.wordCount--;
    frame.at++;
    return;
  }
  const operator = readOperator(text, at, frame.end);
  if (operator == NONE) {
    failTextAt(at, text + at, 1, 'stands where an operator belongs');
    return;
  }
  reduce(frame, precedence(operator));
  if (session.failed) return;
  let flags: i64 = 0;
  if ((operator == AND || operator == OR) && frame.skipping == 0 && truth(topWord()) == (operator == OR)) {
    flags = SKIPS;
    frame.skipping++;
  }
  if (session.failed) return;
  frame.at += operatorLength;
  if (pushWord(0, at, operator | flags)) frame.phase = WANTS_OPERAND;
}

/** Applies the operators on the stack that bind at least as strongly as `least`. */
function reduce(frame: Frame, least: u32): void {
  while (session.wordCount - frame.words >= 2 && !session.failed) {
    const entry = wordAt(session.wordCount - 2);
    const operator = <u32>(entry.number & 255);
    if (operator == PARENTHESIS || precedence(operator) < least) return;
    const b = topWord();
    if (operator >= NEGATE) {
      entry.number = frame.skipping > 0 ? 0 : prefixed(operator, b);
      dropWords(session.wordCount - 1);
    } else {
      const a = wordAt(session.wordCount - 3);
      if (entry.number & SKIPS) {
        frame.skipping--;
        setNumber(a, operator == OR ? 1 : 0);
      } else {
        setNumber(a, frame.skipping > 0 ? 0 : infix(operator, a, entry.position, b));
      }
      dropWords(session.wordCount - 2);
    }
  }
}

/** Nothing is left to read: the operand that remains is the result. */
function finish(frame: Frame): void {
  reduce(frame, NONE);
  if (session.failed) return;
  if (session.wordCount - frame.words != 1) {
    failAt(wordAt(session.wordCount - 2).position, 'this ( is not closed');
    return;
  }
  const word = topWord();
  const result = word.value != 0 ? retain(word.value) : valueOf(formatInteger(word.number), formattedLength);
  if (result == 0) return;
  session.result = result;
  popFrame();
}
