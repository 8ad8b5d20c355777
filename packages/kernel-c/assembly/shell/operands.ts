/** Operands on the word stack as numbers, as truth, in order; and what operators make of them. */
import { failAt, failTextAt } from './error';
import { release } from './heap';
import { formatInteger, formattedLength, parsed, parseInteger } from './number';
import {
  AND,
  calculate,
  COMPLEMENT,
  compares,
  DIVIDE,
  isComparison,
  NEGATE,
  NOT,
  OR,
  REMAINDER,
  SHIFT_LEFT,
  SHIFT_RIGHT,
} from './operators';
import { session } from './session';
import { bytesOf, compareBytes, equalText, lengthOf } from './value';
import { Word } from './words';

/** Makes the entry a number. */
export function setNumber(word: Word, number: i64): void {
  release(word.value);
  word.value = 0;
  word.number = number;
}

/** The operand as a number; 0 after `fail`. */
function number(word: Word): i64 {
  if (word.value == 0) return word.number;
  if (parseInteger(bytesOf(word.value), lengthOf(word.value))) return parsed;
  failTextAt(word.position, bytesOf(word.value), lengthOf(word.value), 'is not a number');
  return 0;
}

/** Whether a value counts as true: a number other than 0, or the word true. Fails for what is neither number nor true or false. */
export function isTrue(value: usize, position: u32): bool {
  const text = bytesOf(value);
  const length = lengthOf(value);
  if (parseInteger(text, length)) return parsed != 0;
  if (equalText(text, length, 'true')) return true;
  if (!equalText(text, length, 'false')) failTextAt(position, text, length, 'is neither a number nor true nor false');
  return false;
}

export function truth(word: Word): bool {
  return word.value == 0 ? word.number != 0 : isTrue(word.value, word.position);
}

/** `operator word`. */
export function prefixed(operator: u32, word: Word): i64 {
  if (operator == NOT) return i64(!truth(word));
  const value = number(word);
  return operator == NEGATE ? -value : operator == COMPLEMENT ? ~value : value;
}

/** `a operator b`; `position` is the operator's. */
export function infix(operator: u32, a: Word, position: u32, b: Word): i64 {
  if (operator == AND) return i64(truth(a) && truth(b));
  if (operator == OR) return i64(truth(a) || truth(b));
  if (isComparison(operator)) return i64(compares(operator, order(a, b)));
  const left = number(a);
  const right = number(b);
  if ((operator == DIVIDE || operator == REMAINDER) && right == 0) failAt(position, 'division by zero');
  if ((operator == SHIFT_LEFT || operator == SHIFT_RIGHT) && (right < 0 || right > 63)) {
    failAt(position, 'a shift goes by 0 to 63 bits');
  }
  return session.failed ? 0 : calculate(operator, left, right);
}

/** Two numbers by their value; if one of the two is no number, both by their text. */
function order(a: Word, b: Word): i32 {
  if (isNumeric(a) && isNumeric(b)) {
    const left = number(a);
    const right = number(b);
    return left < right ? -1 : i32(left > right);
  }
  // At most one of them is a number without a text: its text is made in one buffer.
  const left = a.value != 0 ? bytesOf(a.value) : formatInteger(a.number);
  const leftLength = a.value != 0 ? lengthOf(a.value) : formattedLength;
  const right = b.value != 0 ? bytesOf(b.value) : formatInteger(b.number);
  const rightLength = b.value != 0 ? lengthOf(b.value) : formattedLength;
  return compareBytes(left, leftLength, right, rightLength);
}

function isNumeric(word: Word): bool {
  return word.value == 0 || parseInteger(bytesOf(word.value), lengthOf(word.value));
}
