/**
 * Where printed text goes: one function at a time. The console installs itself; the shell installs the running session
 * while it runs one, so that whatever a command prints reaches the terminal it was typed on, or is captured.
 */

/** Table index of a `(byte: u8) => void`; 0: text is dropped. */
let sink: u32 = 0;

/** One byte of text out. */
export function writeByte(byte: u8): void {
  if (sink != 0) call_indirect<void>(sink, byte);
}

/** Sends text to the function with table index `to` from now on. @returns the index that was in force. */
export function redirect(to: u32): u32 {
  const previous = sink;
  sink = to;
  return previous;
}
