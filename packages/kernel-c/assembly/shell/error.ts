/**
 * Errors of the running script. A function that cannot do its work calls one of these and returns; the machine sees
 * `session.failed` when the command comes back. The text lies in a buffer of its own: saying that memory is used up takes none.
 */
import { ERROR_BYTES, session } from './session';

/** The message goes with no word and no offset of its own: the running command is named. */
const NOWHERE: i32 = -1;

function append(byte: u8): void {
  if (session.errorLength < ERROR_BYTES) store<u8>(session.error + session.errorLength++, byte);
}

function appendText(text: string): void {
  for (let i = 0, length = text.length; i < length; i++) append(<u8>text.charCodeAt(i));
}

function appendBytes(pointer: usize, length: u32): void {
  const shown: u32 = length > 40 ? 37 : length;
  for (let i: u32 = 0; i < shown; i++) {
    const byte = load<u8>(pointer + i);
    append(byte < 0x20 || byte == 0x7f ? 0x3f : byte);
  }
  if (shown < length) appendText('...');
}

/** Begins an error, if none is under way: the first one is the cause. */
function begin(): bool {
  if (session.failed) return false;
  session.failed = true;
  session.errorLength = 0;
  session.errorWord = NOWHERE;
  session.errorAt = NOWHERE;
  session.errorUsage = false;
  session.errorBare = false;
  return true;
}

/** The running command fails. */
export function fail(message: string): void {
  if (begin()) appendText(message);
}

/** The text at offset `at` of the top frame's source is wrong. */
export function failAt(at: u32, message: string): void {
  if (!begin()) return;
  appendText(message);
  session.errorAt = at;
}

/** As `failAt`, with the offending text in quotes in front: `'foo' is not ...`. */
export function failTextAt(at: u32, pointer: usize, length: u32, message: string): void {
  if (!begin()) return;
  appendText("'");
  appendBytes(pointer, length);
  appendText("' ");
  appendText(message);
  session.errorAt = at;
}

/** Word `word` of the running command is wrong; `pointer`, `length` are its text. */
export function failText(word: u32, pointer: usize, length: u32, message: string): void {
  if (!begin()) return;
  appendText("'");
  appendBytes(pointer, length);
  appendText("' ");
  appendText(message);
  session.errorWord = word;
}

/** The running command fails with a text that is composed elsewhere. `bare`: it is reported without the command's name. */
export function failWith(pointer: usize, length: u32, bare: bool): void {
  if (!begin()) return;
  session.errorBare = bare;
  for (let i: u32 = 0; i < length; i++) append(load<u8>(pointer + i));
}

/** The report of the error that has just been raised shows how the command is used. */
export function suggestUsage(): void {
  session.errorUsage = true;
}

/** Forgets the error: it has been handled. */
export function clearError(): void {
  session.failed = false;
}

/** The running command fails; the message is two literals. */
export function failWithText(message: string, more: string): void {
  if (!begin()) return;
  appendText(message);
  appendText(more);
}
