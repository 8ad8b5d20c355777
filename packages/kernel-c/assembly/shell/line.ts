/** The line being typed, as bytes; nothing here draws it. */
import { emitRaw } from './output';
import { LINE_BYTES, session } from './session';

/** Puts a byte into the line at the cursor without drawing it. @returns false, with a bell, if the line is full. */
export function insertByte(byte: u8): bool {
  if (session.lineLength == LINE_BYTES) {
    emitRaw(0x07);
    return false;
  }
  const at = session.line + session.cursor;
  memory.copy(at + 1, at, session.lineLength - session.cursor);
  store<u8>(at, byte);
  session.lineLength++;
  session.cursor++;
  return true;
}
