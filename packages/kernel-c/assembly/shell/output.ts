/**
 * Output of a session: to its terminal through a ring that the terminal drains, or into the innermost open capture.
 * `emit` is what the print functions write to while a session runs.
 */
import { release } from './heap';
import { OUTPUT_BYTES, session } from './session';
import { appendedByte, bytesOf, lengthOf } from './value';

/** Room that must be free before the next step runs. What a step prints beyond it can be lost on a terminal that takes nothing. */
export const OUTPUT_RESERVE: u32 = 4096;

/** One byte to the terminal as it is, whatever is captured. */
export function emitRaw(byte: u8): void {
  if (session.outputHead - session.outputTail == OUTPUT_BYTES) flush();
  if (session.outputHead - session.outputTail == OUTPUT_BYTES) {
    session.outputLost++;
    return;
  }
  store<u8>(session.output + (session.outputHead++ & (OUTPUT_BYTES - 1)), byte);
}

/** One byte of text to the terminal; a newline becomes carriage return and newline. */
export function emitTerminal(byte: u8): void {
  if (byte == 0x0a) {
    emitRaw(0x0d);
    session.column = 0;
  } else if ((byte & 0xc0) != 0x80) session.column++;
  emitRaw(byte);
}

/** One byte of a command's output. A command that has failed prints nothing more. */
export function emit(byte: u8): void {
  if (session.failed) return;
  if (session.capture == 0) {
    emitTerminal(byte);
  } else {
    session.column = byte == 0x0a ? 0 : session.column + u32((byte & 0xc0) != 0x80);
    session.capture = appendedByte(session.capture, byte);
  }
}

export function emitBytes(pointer: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) emit(load<u8>(pointer + i));
}

/** What is printed of a long text in one step. */
const PIECE_BYTES: u32 = 1024;

/**
 * Prints a value, whose reference is passed on. A long text goes out in the steps that follow, so that no terminal is too slow
 * for it; nothing else runs in between. 0 prints nothing: making the value has failed.
 */
export function emitValue(value: usize): void {
  if (value == 0) return;
  if (session.capture == 0 && lengthOf(value) > PIECE_BYTES && session.rest == 0) {
    session.rest = value;
    session.restAt = 0;
    return;
  }
  emitBytes(bytesOf(value), lengthOf(value));
  release(value);
}

/** Prints the next piece of a long text. */
export function emitRest(): void {
  const value = session.rest;
  const left = lengthOf(value) - session.restAt;
  const piece = left < PIECE_BYTES ? left : PIECE_BYTES;
  emitBytes(bytesOf(value) + session.restAt, piece);
  session.restAt += piece;
  if (piece == left) dropRest();
}

/** Prints no more of it. */
export function dropRest(): void {
  release(session.rest);
  session.rest = 0;
}

/** Spaces up to column `column`, at least one. */
export function columnTo(column: u32): void {
  do emit(0x20);
  while (session.column < column);
}

/** Offers what is waiting to the terminal. @returns true if all of it was taken. */
export function flush(): bool {
  while (session.outputTail != session.outputHead) {
    const at = session.outputTail & (OUTPUT_BYTES - 1);
    let length = session.outputHead - session.outputTail;
    if (length > OUTPUT_BYTES - at) length = OUTPUT_BYTES - at;
    const taken = call_indirect<u32>(session.drain, session.drainArgument, session.output + at, length);
    session.outputTail += taken < length ? taken : length;
    if (taken < length) return false;
  }
  return true;
}

/** True if a step may run: what it prints has room. */
export function hasRoom(): bool {
  return OUTPUT_BYTES - (session.outputHead - session.outputTail) >= OUTPUT_RESERVE;
}
