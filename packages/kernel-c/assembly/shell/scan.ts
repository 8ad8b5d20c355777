/**
 * The outer shape of a text: which byte closes a brace, bracket or quote. Blocks are texts of commands, so quotes, comments
 * and brackets inside them are seen: a brace in quotes does not close a block.
 */

export const OPEN: u32 = 0xffffffff;
/** More than NEST_LIMIT levels. */
export const TOO_DEEP: u32 = 0xfffffffe;

const NEST_LIMIT: u32 = 128;
const levels: usize = memory.data(128);

const QUOTE: u8 = 0x22;
const APOSTROPHE: u8 = 0x27;
const BRACE: u8 = 0x7b;
const BRACE_CLOSE: u8 = 0x7d;
const BRACKET: u8 = 0x5b;
const BRACKET_CLOSE: u8 = 0x5d;
const BACKSLASH: u8 = 0x5c;
const DOLLAR: u8 = 0x24;

export function isBlank(byte: u8): bool {
  return byte == 0x20 || byte == 0x09 || byte == 0x0d;
}

/** Ends a command: newline or semicolon. */
export function isSeparator(byte: u8): bool {
  return byte == 0x0a || byte == 0x3b;
}

/** May stand in a variable's name. */
export function isName(byte: u8): bool {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || byte == 0x5f || (byte >= 0x30 && byte <= 0x39);
}

/** Offset of the end of the comment that begins at `at`: its newline, or `end`. */
export function commentEnd(text: usize, at: u32, end: u32): u32 {
  while (at < end && load<u8>(text + at) != 0x0a) at++;
  return at;
}

/**
 * Where what opens at `at` (`{`, `[` or `"`) is closed.
 * @returns the offset of the closing byte; OPEN if the text ends first; TOO_DEEP.
 */
export function closing(text: usize, at: u32, end: u32): u32 {
  store<u8>(levels, load<u8>(text + at));
  return scan(text, at + 1, end, 1);
}

/** Whether a script typed so far is complete. @returns OPEN if something is still open in it. */
export function completeness(text: usize, length: u32): u32 {
  store<u8>(levels, 0);
  return scan(text, 0, length, 1);
}

function scan(text: usize, from: u32, end: u32, depth: u32): u32 {
  let wordStart = true;
  for (let at = from; at < end; at++) {
    const byte = load<u8>(text + at);
    const level = load<u8>(levels + depth - 1);
    if (byte == BACKSLASH) {
      if (at + 1 == end && level != QUOTE) return OPEN;
      wordStart = at + 1 < end && load<u8>(text + at + 1) == 0x0a;
      at++;
      continue;
    }
    if (byte == DOLLAR && at + 1 < end && load<u8>(text + at + 1) == BRACE) {
      do at++;
      while (at < end && load<u8>(text + at) != BRACE_CLOSE);
      wordStart = false;
      continue;
    }
    if (level == QUOTE) {
      if (byte == QUOTE) {
        if (--depth == 0) return at;
        wordStart = false;
      } else if (byte == BRACKET) {
        if (depth == NEST_LIMIT) return TOO_DEEP;
        store<u8>(levels + depth++, byte);
        wordStart = true;
      }
      continue;
    }
    if ((byte == BRACE_CLOSE && level == BRACE) || (byte == BRACKET_CLOSE && level == BRACKET)) {
      if (--depth == 0) return at;
      wordStart = false;
    } else if (byte == BRACKET || (byte == BRACE && (wordStart || level != 0)) || (byte == QUOTE && wordStart)) {
      if (depth == NEST_LIMIT) return TOO_DEEP;
      store<u8>(levels + depth++, byte);
      wordStart = byte != QUOTE;
    } else if (wordStart && byte == APOSTROPHE) {
      do at++;
      while (at < end && load<u8>(text + at) != APOSTROPHE);
      if (at == end) return OPEN;
      wordStart = false;
    } else if (wordStart && byte == 0x23) {
      at = commentEnd(text, at, end);
    } else if (isSeparator(byte)) {
      wordStart = true;
    } else if (isBlank(byte)) {
      wordStart = true;
    } else {
      wordStart = false;
    }
  }
  return depth == 1 && load<u8>(levels) == 0 ? 0 : OPEN;
}
