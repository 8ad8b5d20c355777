/**
 * VGA text mode: 80 by 25 cells at VGA_TEXT, scrolling, hardware cursor. Runs on core 0 only.
 *
 * The screen can be given away: while another thread has custody of the text memory, `vgaWrite` does nothing.
 */
import { inb, outb } from '@drift-os/abi/assembly/generated/cpu';
import { VGA_TEXT } from '@drift-os/abi/layout/memory-map';

const COLUMNS: u32 = 80;
const ROWS: u32 = 25;
const CELLS: u32 = COLUMNS * ROWS;
/** Light grey on black. */
const BLANK: u16 = 0x0720;
const CRTC_INDEX: u16 = 0x3d4;
const CRTC_DATA: u16 = 0x3d5;
const CURSOR_START: u8 = 0x0a;
const CURSOR_HIGH: u8 = 0x0e;
const CURSOR_LOW: u8 = 0x0f;

const ESCAPE: u8 = 0x1b;
const SEQUENCE_NONE: u32 = 0;
const SEQUENCE_ESCAPE: u32 = 1;
/** After ESC [: parameters, until a byte from 0x40 on. */
const SEQUENCE_CONTROL: u32 = 2;

let sequence: u32 = SEQUENCE_NONE;
let cursor: u32 = 0;
let owned: bool = true;

function cell(index: u32): usize {
  return <usize>VGA_TEXT + index * 2;
}

function showCursor(): void {
  outb(CRTC_INDEX, CURSOR_HIGH);
  outb(CRTC_DATA, <u8>(cursor >> 8));
  outb(CRTC_INDEX, CURSOR_LOW);
  outb(CRTC_DATA, <u8>cursor);
}

/** Clears the screen and makes the cursor visible. */
export function vgaInitialize(): void {
  outb(CRTC_INDEX, CURSOR_START);
  outb(CRTC_DATA, inb(CRTC_DATA) & ~0x20); // bit 5 disables the cursor
  vgaClear();
}

/** Clears the screen; the cursor goes to the upper left corner. */
export function vgaClear(): void {
  if (!owned) return;
  erase(0, CELLS);
  cursor = 0;
  showCursor();
}

function scroll(): void {
  for (let i: u32 = 0; i < CELLS - COLUMNS; i++) atomic.store<u16>(cell(i), atomic.load<u16>(cell(i + COLUMNS)));
  erase(CELLS - COLUMNS, CELLS);
  cursor -= COLUMNS;
}

function erase(from: u32, to: u32): void {
  for (let i = from; i < to; i++) atomic.store<u16>(cell(i), BLANK);
}

/** The last byte of a control sequence: K erases to the end of the line, J the screen, H goes to the upper left corner. */
function control(final: u8): void {
  if (final == 0x4b) erase(cursor, cursor - (cursor % COLUMNS) + COLUMNS);
  else if (final == 0x4a) erase(0, CELLS);
  else if (final == 0x48) cursor = 0;
}

/**
 * Shows one byte at the cursor. Understands \n, \r, \b, \t and the control sequences (ESC [) that the shell sends; other
 * control bytes show nothing.
 */
export function vgaWrite(byte: u8): void {
  if (!owned) return;
  if (sequence == SEQUENCE_NONE) {
    if (byte == ESCAPE) sequence = SEQUENCE_ESCAPE;
    else text(byte);
  } else if (sequence == SEQUENCE_ESCAPE) {
    sequence = byte == 0x5b ? SEQUENCE_CONTROL : SEQUENCE_NONE;
  } else if (byte >= 0x40) {
    sequence = SEQUENCE_NONE;
    control(byte);
  }
  showCursor();
}

function text(byte: u8): void {
  if (byte == 0x0a) cursor += COLUMNS - (cursor % COLUMNS);
  else if (byte == 0x0d) cursor -= cursor % COLUMNS;
  else if (byte == 0x08) cursor -= u32(cursor % COLUMNS != 0);
  else if (byte == 0x09) cursor += 8 - (cursor % 8);
  else if (byte >= 0x20) atomic.store<u16>(cell(cursor++), (BLANK & 0xff00) | byte);
  if (cursor >= CELLS) scroll();
}

/** Gives the text memory away (false) or takes it back (true); a screen that comes back is cleared. */
export function vgaSetOwned(value: bool): void {
  if (owned == value) return;
  owned = value;
  if (value) vgaClear();
}
