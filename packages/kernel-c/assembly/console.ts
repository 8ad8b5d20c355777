/**
 * The console: bytes out to the serial line and the screen, bytes in from the serial line and the keyboard.
 * What is printed comes here unless the sink is redirected.
 */
import { keyboardInitialize, keyboardRead } from './keyboard';
import { serialInitialize, serialRead, serialWrite } from './serial';
import { redirect } from './sink';
import { vgaInitialize, vgaWrite } from './vga';

const NEWLINE: u8 = 0x0a;
const RETURN: u8 = 0x0d;

/** Sets up serial line, screen and keyboard. Needs nothing but the loader's environment. */
export function consoleInitialize(): void {
  serialInitialize();
  vgaInitialize();
  keyboardInitialize();
  redirect(consoleWrite.index);
}

/** One byte of text out. A newline becomes carriage return and newline on the serial line. */
export function consoleWrite(byte: u8): void {
  if (byte == NEWLINE) serialWrite(RETURN);
  consoleWriteRaw(byte);
}

/** One byte to a terminal, as it is. */
export function consoleWriteRaw(byte: u8): void {
  serialWrite(byte);
  vgaWrite(byte);
}

/** Next byte of input, from the serial line first, then the keyboard; -1 when there is none. */
export function consoleRead(): i32 {
  const byte = serialRead();
  return byte >= 0 ? byte : keyboardRead();
}
