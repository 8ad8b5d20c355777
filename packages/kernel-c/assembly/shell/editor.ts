/**
 * The line editor: keys of a VT100 and the control keys of Emacs, one byte at a time. `editByte` answers true when Enter ends
 * the line; the line stays in the session until the next one is begun.
 */
import { complete } from './completion';
import { clearTerminal, drawSearch, echoTyped, redraw, showPrompt } from './display';
import { entryLength, nextEntry, previousEntry, searchEntry } from './history';
import { emitRaw, emitTerminal } from './output';
import { insertByte } from './line';
import { LINE_BYTES, session } from './session';

const PLAIN: u32 = 0;
/** ESC has been read; ESC [ and its parameter; ESC O. */
const ESCAPE: u32 = 1;
const BRACKET: u32 = 2;
const SS3: u32 = 3;

const BELL: u8 = 0x07;

/** Begins an empty line behind a prompt. */
export function beginLine(): void {
  session.lineLength = session.cursor = session.scroll = 0;
  session.savedLength = 0;
  session.historyAt = session.historyLength;
  session.escape = PLAIN;
  session.searching = false;
  showPrompt();
}

/** Takes one byte of input. @returns true if the line is complete. */
export function editByte(byte: u8): bool {
  if (session.escape != PLAIN) {
    escapeByte(byte);
    return false;
  }
  if (byte == 0x0a && session.afterReturn) {
    session.afterReturn = false;
    return false;
  }
  session.afterReturn = byte == 0x0d;
  if (session.searching && searchByte(byte)) return false;
  if (byte == 0x0d || byte == 0x0a) {
    moveTo(session.lineLength);
    emitTerminal(0x0a);
    return true;
  }
  if (byte >= 0x20 && byte != 0x7f) insert(byte);
  else control(byte);
  return false;
}

function control(byte: u8): void {
  if (byte == 0x1b) session.escape = ESCAPE;
  else if (byte == 0x7f || byte == 0x08) removeBetween(before(session.cursor), session.cursor);
  else if (byte == 0x09) tab();
  else if (byte == 0x01) moveTo(0);
  else if (byte == 0x02) moveTo(before(session.cursor));
  else if (byte == 0x04) removeBetween(session.cursor, after(session.cursor));
  else if (byte == 0x05) moveTo(session.lineLength);
  else if (byte == 0x06) moveTo(after(session.cursor));
  else if (byte == 0x0b) removeBetween(session.cursor, session.lineLength);
  else if (byte == 0x0c) clearAndRedraw();
  else if (byte == 0x0e) showNext();
  else if (byte == 0x10) showPrevious();
  else if (byte == 0x12) beginSearch();
  else if (byte == 0x15) removeBetween(0, session.cursor);
  else if (byte == 0x17) removeBetween(wordBefore(), session.cursor);
}

function escapeByte(byte: u8): void {
  if (session.escape == ESCAPE) {
    session.escapeParameter = 0;
    session.escape = byte == 0x5b ? BRACKET : byte == 0x4f ? SS3 : PLAIN;
    return;
  }
  if (session.escape == BRACKET && byte >= 0x30 && byte <= 0x3b) {
    if (byte <= 0x39) session.escapeParameter = (session.escapeParameter * 10 + (byte - 0x30)) & 0xff;
    return;
  }
  session.escape = PLAIN;
  if (byte == 0x41) showPrevious();
  else if (byte == 0x42) showNext();
  else if (byte == 0x43) moveTo(after(session.cursor));
  else if (byte == 0x44) moveTo(before(session.cursor));
  else if (byte == 0x48) moveTo(0);
  else if (byte == 0x46) moveTo(session.lineLength);
  else if (byte == 0x7e) tildeKey(session.escapeParameter);
}

/** ESC [ n ~ */
function tildeKey(parameter: u32): void {
  if (parameter == 3) removeBetween(session.cursor, after(session.cursor));
  else if (parameter == 1 || parameter == 7) moveTo(0);
  else if (parameter == 4 || parameter == 8) moveTo(session.lineLength);
}

function isContinuation(at: u32): bool {
  return (load<u8>(session.line + at) & 0xc0) == 0x80;
}

/** Start of the character before offset `at`. */
function before(at: u32): u32 {
  if (at > 0)
    do at--;
    while (at > 0 && isContinuation(at));
  return at;
}

/** End of the character at offset `at`. */
function after(at: u32): u32 {
  if (at < session.lineLength)
    do at++;
    while (at < session.lineLength && isContinuation(at));
  return at;
}

/** Start of the word that the cursor stands in or behind. */
function wordBefore(): u32 {
  let at = session.cursor;
  while (at > 0 && load<u8>(session.line + at - 1) == 0x20) at--;
  while (at > 0 && load<u8>(session.line + at - 1) != 0x20) at--;
  return at;
}

function moveTo(at: u32): void {
  if (at == session.cursor) return;
  session.cursor = at;
  redraw();
}

function insert(byte: u8): void {
  if (!insertByte(byte)) return;
  if (session.cursor == session.lineLength) echoTyped(session.lineLength - 1);
  else redraw();
}

function removeBetween(from: u32, to: u32): void {
  if (from == to) return;
  memory.copy(session.line + from, session.line + to, session.lineLength - to);
  session.lineLength -= to - from;
  session.cursor = from;
  redraw();
}

function clearAndRedraw(): void {
  clearTerminal();
  redraw();
}

/**
 * Tab completes. Where more input is there already it was pasted, and stays what it is; at the start of a continued line it
 * indents.
 */
function tab(): void {
  if (session.inputTail != session.inputHead) {
    insert(0x09);
    return;
  }
  let at: u32 = 0;
  while (at < session.cursor && load<u8>(session.line + at) == 0x20) at++;
  if (at < session.cursor || session.pending == 0) {
    complete();
    return;
  }
  insert(0x20);
  insert(0x20);
}

function showLine(pointer: usize, length: u32): void {
  session.lineLength = session.cursor = length < LINE_BYTES ? length : LINE_BYTES;
  session.scroll = 0;
  memory.copy(session.line, pointer, session.lineLength);
  redraw();
}

function showPrevious(): void {
  const at = previousEntry(session.historyAt);
  if (at < 0) return;
  if (session.historyAt == session.historyLength) {
    memory.copy(session.saved, session.line, session.lineLength);
    session.savedLength = session.lineLength;
  }
  session.historyAt = at;
  showLine(session.history + at, entryLength(at));
}

function showNext(): void {
  if (session.historyAt == session.historyLength) return;
  session.historyAt = nextEntry(session.historyAt);
  if (session.historyAt == session.historyLength) showLine(session.saved, session.savedLength);
  else showLine(session.history + session.historyAt, entryLength(session.historyAt));
}

/** Ctrl-R: the line typed so far becomes what is looked for; the line is kept in `saved`. */
function beginSearch(): void {
  session.searching = true;
  session.searchFound = -1;
  session.savedLength = 0;
  drawFound();
}

function drawFound(): void {
  const found = session.searchFound;
  const at = found < 0 ? session.historyLength : <u32>found;
  drawSearch(session.saved, session.savedLength, session.history + at, found < 0 ? 0 : entryLength(at));
}

/** Looks for `saved` before offset `from`; a search that finds nothing keeps what it had. */
function search(from: u32): void {
  const found = searchEntry(from, session.saved, session.savedLength);
  if (found >= 0) session.searchFound = found;
  else emitRaw(BELL);
  drawFound();
}

/** A byte during the search. @returns false if it ends the search and is to be taken as a key. */
function searchByte(byte: u8): bool {
  if (byte == 0x12) {
    search(session.searchFound < 0 ? session.historyLength : session.searchFound);
  } else if ((byte == 0x7f || byte == 0x08) && session.savedLength > 0) {
    session.savedLength--;
    search(session.historyLength);
  } else if (byte >= 0x20 && byte != 0x7f && session.savedLength < LINE_BYTES) {
    store<u8>(session.saved + session.savedLength++, byte);
    search(session.historyLength);
  } else {
    const found = session.searchFound;
    session.searching = false;
    session.savedLength = 0;
    if (found >= 0 && byte != 0x07) showLine(session.history + found, entryLength(found));
    else redraw();
    return byte == 0x07;
  }
  return true;
}
