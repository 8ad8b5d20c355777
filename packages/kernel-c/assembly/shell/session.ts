/**
 * A session: one terminal's shell, with its own editor, variables, procedures and memory. Everything a session owns lies in
 * the memory it was given, so that sessions cannot disturb each other and their cost is known beforehand.
 *
 * ```
 * Session | input ring | output ring | line | saved line | history | frames | words | heap ...
 * ```
 *
 * Thread/C runs one session at a time; `session` is that one. All of the shell's code works on it.
 */

export const INPUT_BYTES: u32 = 4096;
export const OUTPUT_BYTES: u32 = 8192;
/** Longest line that can be typed. */
export const LINE_BYTES: u32 = 2048;
export const HISTORY_BYTES: u32 = 4096;
export const FRAME_COUNT: u32 = 160;
export const FRAME_BYTES: u32 = 64;
export const WORD_COUNT: u32 = 1024;
export const WORD_BYTES: u32 = 16;
export const ERROR_BYTES: u32 = 256;
/** Least memory for a session: its buffers and a heap of 16 KiB. */
export const SESSION_MINIMUM_BYTES: u32 = 0x11000;

export const STATE_EDITING: u32 = 0;
export const STATE_RUNNING: u32 = 1;

@unmanaged
export class Session {
  /** Table index of a `(argument: usize, pointer: usize, length: u32) => u32` that takes output and returns how much it took. */
  drain: u32;
  drainArgument: usize;
  state: u32;
  /** Ctrl-C was typed while a script ran. */
  interrupted: bool;
  /** The command that runs waits for time to pass. */
  waiting: bool;

  input: usize;
  inputHead: u32;
  inputTail: u32;
  output: usize;
  outputHead: u32;
  outputTail: u32;
  /** Bytes dropped because the terminal took nothing for too long. */
  outputLost: u32;
  /** Column that the next byte of output goes to. */
  column: u32;
  /** Columns of the terminal. */
  width: u32;

  line: usize;
  lineLength: u32;
  /** Byte offset of the cursor in the line. */
  cursor: u32;
  /** First byte of the line that is visible, where it is longer than the terminal is wide. */
  scroll: u32;
  saved: usize;
  savedLength: u32;
  escape: u32;
  escapeParameter: u32;
  /** The last byte was a carriage return: a newline right behind it belongs to it. */
  afterReturn: bool;
  history: usize;
  historyLength: u32;
  /** Byte offset of the entry that is shown; historyLength: the line being typed. */
  historyAt: u32;
  searching: bool;
  /** Offset in `history` of the entry that the search found, or -1. */
  searchFound: i32;
  /** Value: lines typed so far of a script that is not complete; 0 for none. */
  pending: usize;

  frames: usize;
  frameCount: u32;
  words: usize;
  wordCount: u32;

  heap: usize;
  heapEnd: usize;
  rover: usize;
  heapUsed: u32;

  /** First node of the global variables. */
  globals: usize;
  /** Block whose first word is the first node of the local variables; 0 outside procedures. */
  locals: usize;
  procedures: usize;

  /** Value: innermost capture that is open; 0: output goes to the terminal. */
  capture: usize;
  /** Value: a long text that is being printed piece by piece, and how far it is; 0 for none. */
  rest: usize;
  restAt: u32;
  /** Value that the frame which ended last delivers, owned by whoever takes it. */
  result: usize;

  failed: bool;
  error: usize;
  errorLength: u32;
  /** Where it happened: word of the running command, or an offset in the top frame's text. */
  errorWord: i32;
  errorAt: i32;
  /** The report shows the command's usage. */
  errorUsage: bool;
  /** It is reported without the command's name. */
  errorBare: bool;
}

export let session: Session = changetype<Session>(0);

/** Makes `next` the session that everything works on. */
export function enter(next: Session): void {
  session = next;
}

/**
 * Lays a session out in `bytes` bytes of zeroed memory at `memory`.
 * @returns the session, or 0 if that is less than SESSION_MINIMUM_BYTES.
 */
export function createSession(memory: usize, bytes: u32, drain: u32, drainArgument: usize): usize {
  if (bytes < SESSION_MINIMUM_BYTES) return 0;
  const made = changetype<Session>(memory);
  let at = memory + ((offsetof<Session>() + 15) & ~15);
  made.drain = drain;
  made.drainArgument = drainArgument;
  made.width = 80;
  made.searchFound = -1;
  made.input = at;
  at += INPUT_BYTES;
  made.output = at;
  at += OUTPUT_BYTES;
  made.line = at;
  at += LINE_BYTES;
  made.saved = at;
  at += LINE_BYTES;
  made.history = at;
  at += HISTORY_BYTES;
  made.error = at;
  at += ERROR_BYTES;
  made.frames = at;
  at += FRAME_COUNT * FRAME_BYTES;
  made.words = at;
  at += WORD_COUNT * WORD_BYTES;
  made.heap = at;
  made.heapEnd = (memory + bytes) & ~15;
  made.rover = at;
  store<u32>(at, <u32>(made.heapEnd - at));
  return memory;
}
