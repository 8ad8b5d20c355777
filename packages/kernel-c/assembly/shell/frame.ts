/**
 * What the machine has under way: a stack of frames instead of recursion, so that a script can stop between any two steps,
 * and depth is bounded by the stack's size.
 *
 *  - FRAME_SCRIPT reads commands from a text. With `captures`, their output becomes its result: that is `[...]`.
 *  - FRAME_COMMAND is a command under way. Its function is called until it answers DONE; in between it may push a frame and
 *    is called again when that has ended.
 *  - FRAME_EXPRESSION evaluates an expression; its result is a value.
 */
import { fail } from './error';
import { release } from './heap';
import { FRAME_BYTES, FRAME_COUNT, session } from './session';
import { endScope } from './variables';
import { dropWords } from './words';

export const FRAME_SCRIPT: u32 = 1;
export const FRAME_COMMAND: u32 = 2;
export const FRAME_EXPRESSION: u32 = 3;

@unmanaged
export class Frame {
  kind: u32;
  /** Where it stands; its meaning depends on the kind and the command. */
  phase: u32;
  /** First of its words on the word stack. */
  words: u32;
  /** Script, expression: Value of the text, which the frame holds, offset of the next byte, and one past the last. */
  source: usize;
  at: u32;
  end: u32;
  /** Script: the commands' output is captured; `saved` is the capture that was open before. */
  captures: bool;
  /** Script: a `[...]` of the word being read has been pushed; its result is appended when it ends. */
  awaits: bool;
  /** Expression: operators whose right side is not evaluated. */
  skipping: u32;
  /** Script: capture before. Procedure call: local variables before. */
  saved: usize;
  /** Command: its record in the command table; procedure call: 0. */
  command: usize;
  /** Procedure call: Value of its name; `source` is its body. */
  procedure: usize;
  /** Command: free for its use while it is under way. */
  counter: i64;
  limit: i64;
}

export function frameAt(index: u32): Frame {
  return changetype<Frame>(session.frames + index * FRAME_BYTES);
}

/** The frame that runs. There must be one. */
export function topFrame(): Frame {
  return frameAt(session.frameCount - 1);
}

/** A new frame on top, cleared. @returns it, or null after `fail`. */
function push(kind: u32): Frame | null {
  if (session.frameCount == FRAME_COUNT) {
    fail('nested too deeply');
    return null;
  }
  const frame = frameAt(session.frameCount++);
  memory.fill(changetype<usize>(frame), 0, FRAME_BYTES);
  frame.kind = kind;
  frame.words = session.wordCount;
  return frame;
}

/**
 * Runs bytes `at` to `end` of the text `source` next. The frame holds `source` by a reference of its own, which the caller
 * passes on; on failure it is released.
 */
export function pushText(kind: u32, source: usize, at: u32, end: u32): Frame | null {
  const frame = push(kind);
  if (frame == null) {
    release(source);
    return null;
  }
  frame.source = source;
  frame.at = at;
  frame.end = end;
  return frame;
}

/** A command whose words are those from `words` on. */
export function pushCommand(command: usize, words: u32): Frame | null {
  const frame = push(FRAME_COMMAND);
  if (frame == null) return null;
  frame.words = words;
  frame.command = command;
  return frame;
}

/** Ends the top frame, whatever it was doing: its words, its text, its capture and its local variables go. */
export function popFrame(): void {
  const frame = topFrame();
  dropWords(frame.words);
  release(frame.source);
  if (frame.captures) {
    release(session.capture);
    session.capture = frame.saved;
  }
  if (frame.procedure != 0) {
    endScope(frame.saved);
    release(frame.procedure);
  }
  session.frameCount--;
}
