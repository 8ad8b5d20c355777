/**
 * Lines entered before. They stand one behind the other in the session's buffer, oldest first, each ended by a zero byte; when
 * room is needed the oldest go.
 */
import { HISTORY_BYTES, session } from './session';
import { equalBytes } from './value';

/** Offset of the entry before the one at `at`, or -1. */
export function previousEntry(at: u32): i32 {
  if (at == 0) return -1;
  let start = at - 1;
  while (start > 0 && load<u8>(session.history + start - 1) != 0) start--;
  return start;
}

export function entryLength(at: u32): u32 {
  let length: u32 = 0;
  while (load<u8>(session.history + at + length) != 0) length++;
  return length;
}

/** Offset behind the entry at `at`: the next entry, or `historyLength`. */
export function nextEntry(at: u32): u32 {
  return at + entryLength(at) + 1;
}

/** Remembers a line. Empty lines and repetitions of the last one are not kept. */
export function remember(line: usize, length: u32): void {
  session.historyAt = session.historyLength;
  if (length == 0 || length + 1 > HISTORY_BYTES) return;
  const last = previousEntry(session.historyLength);
  if (last >= 0 && equalBytes(session.history + last, entryLength(last), line, length)) return;
  while (session.historyLength + length + 1 > HISTORY_BYTES) {
    const cut = nextEntry(0);
    session.historyLength -= cut;
    memory.copy(session.history, session.history + cut, session.historyLength);
  }
  memory.copy(session.history + session.historyLength, line, length);
  session.historyLength += length;
  store<u8>(session.history + session.historyLength++, 0);
  session.historyAt = session.historyLength;
}

/** True if the bytes of `pattern` occur in the entry at `at`. */
function contains(at: u32, pattern: usize, patternLength: u32): bool {
  const length = entryLength(at);
  for (let i: u32 = 0; i + patternLength <= length; i++) {
    if (memory.compare(session.history + at + i, pattern, patternLength) == 0) return true;
  }
  return false;
}

/** The last entry before offset `before` with `pattern` in it, or -1. */
export function searchEntry(before: u32, pattern: usize, length: u32): i32 {
  for (let at = previousEntry(before); at >= 0; at = previousEntry(at)) {
    if (contains(at, pattern, length)) return at;
  }
  return -1;
}
