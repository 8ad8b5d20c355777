/**
 * The console: bytes out to the serial line and the screen, bytes in from the serial line and the keyboard.
 * Output can be captured into a buffer instead (command substitution in the shell, tests).
 */
import { keyboardInitialize, keyboardRead } from './keyboard';
import { serialInitialize, serialRead, serialWrite } from './serial';
import { vgaInitialize, vgaWrite } from './vga';

const NEWLINE: u8 = 0x0a;
const RETURN: u8 = 0x0d;

let captureStart: usize = 0;
let captureAt: usize = 0;
let captureEnd: usize = 0;

/** Sets up serial line, screen and keyboard. Needs nothing but the loader's environment. */
export function consoleInitialize(): void {
  serialInitialize();
  vgaInitialize();
  keyboardInitialize();
}

/** One byte of text out. A newline becomes carriage return and newline on the serial line. */
export function consoleWrite(byte: u8): void {
  if (captureStart != 0) {
    if (captureAt < captureEnd) store<u8>(captureAt++, byte);
    return;
  }
  if (byte == NEWLINE) serialWrite(RETURN);
  serialWrite(byte);
  vgaWrite(byte);
}

/** Next byte of input, from the serial line first, then the keyboard; -1 when there is none. */
export function consoleRead(): i32 {
  const byte = serialRead();
  return byte >= 0 ? byte : keyboardRead();
}

/** From here on output goes to `buffer`; what does not fit is dropped. Captures do not nest: see `captureSuspend`. */
export function captureBegin(buffer: usize, bytes: u32): void {
  captureStart = buffer;
  captureAt = buffer;
  captureEnd = buffer + bytes;
}

/** Ends the capture. @returns the number of bytes in the buffer. */
export function captureFinish(): u32 {
  const bytes = <u32>(captureAt - captureStart);
  captureStart = 0;
  return bytes;
}

/** True while output is captured. */
export function capturing(): bool {
  return captureStart != 0;
}
