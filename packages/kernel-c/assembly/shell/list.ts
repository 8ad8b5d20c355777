/**
 * Lists: values whose elements stand one behind the other with blanks between them. An element with blanks or braces in it, or
 * an empty one, stands in braces; where braces would not balance, backslashes stand before what has a meaning.
 */
import { fail } from './error';
import { appended, appendedByte, bytesOf, emptyValue, lengthOf, valueOf } from './value';

/** The element that `nextElement` found: its bytes, and whether backslashes in it are to be taken away. */
export let elementStart: u32 = 0;
export let elementEnd: u32 = 0;
let elementEscaped = false;

const BACKSLASH: u8 = 0x5c;

function isSpace(byte: u8): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/**
 * Finds the first element of the list `list` from offset `at` on.
 * @returns the offset behind it; 0 if there is none, or after `fail`.
 */
export function nextElement(list: usize, at: u32): u32 {
  const text = bytesOf(list);
  const end = lengthOf(list);
  while (at < end && isSpace(load<u8>(text + at))) at++;
  if (at >= end) return 0;
  elementEscaped = false;
  if (load<u8>(text + at) != 0x7b) {
    elementStart = at;
    while (at < end && !isSpace(load<u8>(text + at))) {
      if (load<u8>(text + at) == BACKSLASH) {
        elementEscaped = true;
        at++;
      }
      at++;
    }
    elementEnd = at > end ? end : at;
    return elementEnd;
  }
  elementStart = at + 1;
  for (let depth = 0; at < end; at++) {
    const byte = load<u8>(text + at);
    if (byte == BACKSLASH) at++;
    else if (byte == 0x7b) depth++;
    else if (byte == 0x7d && --depth == 0) {
      elementEnd = at;
      return at + 1;
    }
  }
  fail('this is not a list: a { in it is not closed');
  return 0;
}

/** The element that `nextElement` found, as a new value; 0 after `fail`. */
export function elementValue(list: usize): usize {
  const text = bytesOf(list) + elementStart;
  const length = elementEnd - elementStart;
  if (!elementEscaped) return valueOf(text, length);
  let value = emptyValue(length);
  for (let i: u32 = 0; i < length && value != 0; i++) {
    if (load<u8>(text + i) == BACKSLASH && i + 1 < length) i++;
    value = appendedByte(value, load<u8>(text + i));
  }
  return value;
}

/** Number of elements; 0 after `fail`. */
export function listLength(list: usize): u32 {
  let count: u32 = 0;
  for (let at = nextElement(list, 0); at != 0; at = nextElement(list, at)) count++;
  return count;
}

/** Element `index`, from 0, as a new value; 0 if there is none, or after `fail`. */
export function listElement(list: usize, index: u32): usize {
  let left = index;
  for (let at = nextElement(list, 0); at != 0; at = nextElement(list, at)) {
    if (left-- == 0) return elementValue(list);
  }
  return 0;
}

const BARE: u32 = 0;
const BRACED: u32 = 1;
const ESCAPED: u32 = 2;

/** How an element must be written. */
function quoting(pointer: usize, length: u32): u32 {
  let how = length == 0 || load<u8>(pointer) == 0x7b ? BRACED : BARE;
  let depth = 0;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(pointer + i);
    if (byte == BACKSLASH) return ESCAPED;
    if (byte == 0x7b) depth++;
    else if (byte == 0x7d && --depth < 0) return ESCAPED;
    if (isSpace(byte)) how = BRACED;
  }
  return depth != 0 ? ESCAPED : how;
}

/** The list with one more element. The reference to `list` is used up, also on failure, where 0 is returned. */
export function appendedElement(list: usize, pointer: usize, length: u32): usize {
  let value = lengthOf(list) > 0 ? appendedByte(list, 0x20) : list;
  if (value == 0) return 0;
  const how = quoting(pointer, length);
  if (how == BARE) return appended(value, pointer, length);
  if (how == BRACED) {
    value = appendedByte(value, 0x7b);
    if (value != 0) value = appended(value, pointer, length);
    return value != 0 ? appendedByte(value, 0x7d) : 0;
  }
  for (let i: u32 = 0; i < length && value != 0; i++) {
    const byte = load<u8>(pointer + i);
    if (byte == BACKSLASH || byte == 0x7b || byte == 0x7d || isSpace(byte)) value = appendedByte(value, BACKSLASH);
    if (value != 0) value = appendedByte(value, byte);
  }
  return value;
}
