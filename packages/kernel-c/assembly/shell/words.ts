/**
 * The word stack: words of commands being read and run, operands and operators of expressions.
 *
 * ```
 * entry: 0 u32 value (0: the number is meant)    4 u32 position in the text it came from    8 i64 number
 * ```
 */
import { fail } from './error';
import { release } from './heap';
import { session, WORD_BYTES, WORD_COUNT } from './session';

@unmanaged
export class Word {
  /** Value, held by the entry; 0: a number or an operator. */
  value: usize;
  /** Offset in the text it was read from. */
  position: u32;
  number: i64;
}

export function wordAt(index: u32): Word {
  return changetype<Word>(session.words + index * WORD_BYTES);
}

export function topWord(): Word {
  return wordAt(session.wordCount - 1);
}

/** Puts a word on the stack; the reference to `value` is passed on, and released on failure. */
export function pushWord(value: usize, position: u32, number: i64 = 0): bool {
  if (session.wordCount == WORD_COUNT) {
    release(value);
    fail('too many words');
    return false;
  }
  const word = wordAt(session.wordCount++);
  word.value = value;
  word.position = position;
  word.number = number;
  return true;
}

/** Drops all words from index `from` on. */
export function dropWords(from: u32): void {
  while (session.wordCount > from) release(wordAt(--session.wordCount).value);
}
