/**
 * The line being typed, on the terminal: prompt, visible part, cursor. A line longer than the terminal is wide scrolls
 * sideways. What is typed at the end is only echoed; anything else draws the line again, with \r, \b and ESC [ K.
 */
import { emitRaw, emitTerminal } from './output';
import { session } from './session';

const SCROLL_COLUMNS: u32 = 20;

function text(literal: string): void {
  for (let i = 0, length = literal.length; i < length; i++) emitRaw(<u8>literal.charCodeAt(i));
}

function isContinuation(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}

/** Columns of bytes `from` to `to` of the line; its characters are one column wide. */
function columns(from: u32, to: u32): u32 {
  let count: u32 = 0;
  for (let i = from; i < to; i++) count += u32(!isContinuation(load<u8>(session.line + i)));
  return count;
}

function promptColumns(): u32 {
  return session.pending != 0 ? 4 : 7;
}

/** Prints the prompt on a line of its own. Where a part of the line is hidden on the left, the prompt points there. */
export function showPrompt(): void {
  if (session.column != 0) emitTerminal(0x0a);
  if (session.pending != 0) text(session.scroll > 0 ? '<.. ' : '... ');
  else text(session.scroll > 0 ? 'drift< ' : 'drift> ');
  session.column = promptColumns();
}

/** Bytes that are shown as something else than themselves: control characters as ?, a tab as a blank. */
function visible(byte: u8): u8 {
  if (byte == 0x09) return 0x20;
  return byte < 0x20 || byte == 0x7f ? 0x3f : byte;
}

/** Echoes the character that was typed at the end of the line. */
export function echoTyped(from: u32): void {
  if (promptColumns() + columns(session.scroll, session.lineLength) >= session.width) {
    redraw();
    return;
  }
  for (let i = from; i < session.lineLength; i++) emitTerminal(visible(load<u8>(session.line + i)));
}

/** Chooses what is visible: the cursor is, and where the line must move it moves by SCROLL_COLUMNS at once. */
function scrollToCursor(room: u32): void {
  if (session.cursor < session.scroll) session.scroll = session.cursor;
  if (columns(session.scroll, session.cursor) > room) {
    while (columns(session.scroll, session.cursor) > room - SCROLL_COLUMNS) {
      do session.scroll++;
      while (isContinuation(load<u8>(session.line + session.scroll)));
    }
  }
  while (session.scroll > 0 && columns(session.scroll - 1, session.lineLength) <= room - SCROLL_COLUMNS)
    session.scroll--;
}

/** Draws prompt and line again and puts the cursor in its place. */
export function redraw(): void {
  scrollToCursor(session.width - promptColumns() - 1);
  emitRaw(0x0d);
  session.column = 0;
  showPrompt();
  drawFrom(session.scroll, session.width - promptColumns() - 1);
}

function drawFrom(from: u32, room: u32): void {
  let end = from;
  for (let shown: u32 = 0; end < session.lineLength; end++) {
    if (!isContinuation(load<u8>(session.line + end)) && ++shown > room) break;
    emitTerminal(visible(load<u8>(session.line + end)));
  }
  text('\x1b[K');
  for (let left = columns(session.cursor, end); left > 0; left--) {
    emitRaw(0x08);
    session.column--;
  }
}

/** Takes prompt and line off the terminal, so that something else can be printed. */
export function erase(): void {
  text('\r\x1b[K');
  session.column = 0;
}

/** Clears the terminal. */
export function clearTerminal(): void {
  text('\x1b[2J\x1b[H');
  session.column = 0;
}

/** Draws the history search: what is looked for, and the entry found. */
export function drawSearch(pattern: usize, patternLength: u32, found: usize, foundLength: u32): void {
  text('\r(search) ');
  session.column = 9;
  drawPart(pattern, patternLength);
  text(': ');
  drawPart(found, foundLength);
  text('\x1b[K');
}

function drawPart(pointer: usize, length: u32): void {
  for (let i: u32 = 0; i < length && session.column < session.width - 4; i++)
    emitTerminal(visible(load<u8>(pointer + i)));
}
