/**
 * The shell as Thread/C's event loop sees it: sessions are fed with bytes and run a few steps at a time. Nothing here waits;
 * a script that never ends only means that `runSession` answers BUSY for ever.
 */
import { newline, print, printBytes, printDecimal } from '../print';
import { redirect } from '../sink';
import { beginLine, editByte } from './editor';
import { erase, redraw } from './display';
import { clearError } from './error';
import { remember } from './history';
import { abandon, begin, isRunning, step } from './machine';
import { emit, flush, hasRoom } from './output';
import { release } from './heap';
import { completeness, OPEN } from './scan';
import { createSession, enter, INPUT_BYTES, Session, session, STATE_EDITING, STATE_RUNNING } from './session';
import { appended, appendedByte, bytesOf, emptyValue, lengthOf } from './value';

/** Nothing to do until input comes. */
export const IDLE: u32 = 0;
/** There is more to do: call again soon. */
export const BUSY: u32 = 1;
/** A command waits for time to pass, or the terminal takes no more output: call again at the next tick. */
export const WAITING: u32 = 2;

const CTRL_C: u8 = 0x03;
/** Prompt, scrolled columns, and some text to see. */
const LEAST_COLUMNS: u32 = 40;
const MOST_COLUMNS: u32 = 1000;

/**
 * Makes a session in `bytes` bytes of zeroed memory and shows its first prompt.
 * @param drain table index of a `(argument: usize, pointer: usize, length: u32) => u32` that takes output, and returns how much.
 * @returns the session, or 0 if the memory is too little.
 */
export function openSession(memory: usize, bytes: u32, drain: u32, argument: usize): usize {
  const made = createSession(memory, bytes, drain, argument);
  if (made == 0) return 0;
  const before = enterSession(made);
  beginLine();
  flush();
  leave(before);
  return made;
}

let outer: u32 = 0;

/** Makes it the session that runs, and the target of what is printed. @returns the one that was before. */
function enterSession(next: usize): usize {
  const before = changetype<usize>(session);
  if (before == 0) outer = redirect(<u32>emit.index);
  enter(changetype<Session>(next));
  return before;
}

function leave(before: usize): void {
  enter(changetype<Session>(before));
  if (before == 0) redirect(outer);
}

/**
 * Gives the session one byte of input.
 * @returns false if it has no room: offer the byte again after `runSession`.
 */
export function feedSession(target: usize, byte: u8): bool {
  const its = changetype<Session>(target);
  if (byte == CTRL_C && its.state == STATE_RUNNING) {
    its.interrupted = true;
    its.inputTail = its.inputHead;
    return true;
  }
  if (its.inputHead - its.inputTail == INPUT_BYTES) return false;
  store<u8>(its.input + (its.inputHead++ & (INPUT_BYTES - 1)), byte);
  return true;
}

/** Tells the session how many columns its terminal has: 40 to 1000, anything else is ignored. */
export function resizeSession(target: usize, columns: u32): void {
  if (columns >= LEAST_COLUMNS && columns <= MOST_COLUMNS) changetype<Session>(target).width = columns;
}

/** Runs up to `steps` steps: bytes of input edited, steps of a script. @returns IDLE, BUSY or WAITING. */
export function runSession(target: usize, steps: u32): u32 {
  const before = enterSession(target);
  const answer = run(steps);
  leave(before);
  return answer;
}

function run(steps: u32): u32 {
  for (let left = steps; left > 0; left--) {
    if (!hasRoom() && !flush() && !hasRoom() && !session.interrupted) return WAITING;
    if (session.state == STATE_RUNNING) {
      step();
      if (!isRunning()) finishCommand();
      else if (session.waiting) {
        flush();
        return WAITING;
      }
    } else if (session.inputTail != session.inputHead) {
      edit(load<u8>(session.input + (session.inputTail++ & (INPUT_BYTES - 1))));
    } else return flush() ? IDLE : WAITING;
  }
  flush();
  return BUSY;
}

function edit(byte: u8): void {
  if (byte == CTRL_C) {
    dropPending();
    emit(0x5e);
    emit(0x43);
    beginLine();
  } else if (editByte(byte)) enterLine();
}

function dropPending(): void {
  release(session.pending);
  session.pending = 0;
}

/** The line is complete: the script goes on in the next one, or it runs. */
function enterLine(): void {
  remember(session.line, session.lineLength);
  let script = session.pending != 0 ? appendedByte(session.pending, 0x0a) : emptyValue(session.lineLength);
  session.pending = 0;
  if (script != 0) script = appended(script, session.line, session.lineLength);
  if (script != 0 && isOpen(script)) {
    session.pending = script;
    beginLine();
    return;
  }
  session.state = STATE_RUNNING;
  session.interrupted = takeTypedInterrupt();
  if (script != 0) begin(script);
  if (!isRunning()) {
    refuse();
    finishCommand();
  }
}

/** A Ctrl-C that has been typed behind the line already: it is for the script, and takes what stands before it along. */
function takeTypedInterrupt(): bool {
  for (let at = session.inputTail; at != session.inputHead; at++) {
    if (load<u8>(session.input + (at & (INPUT_BYTES - 1))) != CTRL_C) continue;
    session.inputTail = at + 1;
    return true;
  }
  return false;
}

function isOpen(script: usize): bool {
  return completeness(bytesOf(script), lengthOf(script)) == OPEN;
}

/** There is no memory to even begin. */
function refuse(): void {
  const length = session.errorLength;
  clearError();
  print('error: ');
  printBytes(session.error, length);
  newline();
  abandon();
}

function finishCommand(): void {
  session.state = STATE_EDITING;
  if (session.outputLost > 0) {
    const lost = session.outputLost;
    session.outputLost = 0;
    printDecimal(lost);
    print(' bytes of output were lost: the terminal took nothing\n');
  }
  beginLine();
}

/** Takes prompt and line off the session's terminal, so that something else can be printed there. Then `redrawSession`. */
export function eraseSession(target: usize): void {
  if (changetype<Session>(target).state == STATE_RUNNING) return;
  const before = enterSession(target);
  erase();
  flush();
  leave(before);
}

/** Draws prompt and line again. */
export function redrawSession(target: usize): void {
  if (changetype<Session>(target).state == STATE_RUNNING) return;
  const before = enterSession(target);
  redraw();
  flush();
  leave(before);
}
