/**
 * The machine: one small step of the session's top frame at a time. Errors, `break`, `continue`, `return` and Ctrl-C are
 * answered here, by ending frames from the top down to the one that they concern.
 */
import { print, newline } from '../print';
import {
  AGAIN,
  BREAK,
  CONTINUE,
  commandFlags,
  commandRun,
  FLAG_LOOP,
  FLAG_TRY,
  PHASE_FAILED,
  RETURN,
  WAIT,
} from './command-table';
import { clearError, fail } from './error';
import { stepExpression } from './expression';
import { Frame, FRAME_COMMAND, FRAME_EXPRESSION, FRAME_SCRIPT, frameAt, popFrame, pushText, topFrame } from './frame';
import { release, retain } from './heap';
import { dropRest, emitRest, emitValue } from './output';
import { report } from './report';
import { stepScript } from './script';
import { session } from './session';
import { appendedByte, lengthOf } from './value';

/** Begins to run a whole text; the reference to it is passed on. */
export function begin(source: usize): void {
  pushText(FRAME_SCRIPT, source, 0, lengthOf(source));
}

/** True while frames are left to run, or a text to be printed. */
export function isRunning(): bool {
  return session.frameCount > 0 || session.rest != 0;
}

/** One step. Something must be running. */
export function step(): void {
  session.waiting = false;
  if (session.interrupted) {
    abandon();
    print('interrupted');
    newline();
    return;
  }
  if (session.rest != 0) {
    emitRest();
    return;
  }
  const frame = topFrame();
  if (frame.kind == FRAME_SCRIPT) stepScript();
  else if (frame.kind == FRAME_EXPRESSION) stepExpression();
  else stepCommand(frame);
  if (session.failed) unwindError();
}

/** Ends everything that runs. */
export function abandon(): void {
  while (session.frameCount > 0) popFrame();
  dropResult();
  dropRest();
  clearError();
  session.interrupted = false;
}

function dropResult(): void {
  release(session.result);
  session.result = 0;
}

function stepCommand(frame: Frame): void {
  if (frame.command == 0) {
    stepProcedure(frame);
    return;
  }
  const answer = call_indirect<u32>(commandRun(frame.command));
  if (session.failed || answer == AGAIN) return;
  if (answer == WAIT) session.waiting = true;
  else if (answer == BREAK || answer == CONTINUE) unwindLoop(answer);
  else if (answer == RETURN) unwindReturn();
  else popFrame();
}

function stepProcedure(frame: Frame): void {
  if (frame.phase == 1) {
    popFrame();
    return;
  }
  frame.phase = 1;
  pushText(FRAME_SCRIPT, retain(frame.source), 0, lengthOf(frame.source));
}

/** Index of the innermost command frame that `flag` is set for, not beyond a procedure call; -1 if there is none. */
function findFlag(flag: u32, beyondProcedures: bool): i32 {
  for (let i = <i32>session.frameCount - 1; i >= 0; i--) {
    const frame = frameAt(i);
    if (frame.kind != FRAME_COMMAND) continue;
    if (frame.command != 0 && commandFlags(frame.command) & flag && frame.phase < PHASE_FAILED) return i;
    if (frame.procedure != 0 && !beyondProcedures) return -1;
  }
  return -1;
}

function popTo(index: i32): void {
  while (<i32>session.frameCount - 1 > index) popFrame();
}

/** `continue` ends what the loop has started; the loop's function goes on with its next turn. `break` ends the loop too. */
function unwindLoop(answer: u32): void {
  const loop = findFlag(FLAG_LOOP, false);
  if (loop < 0) {
    fail('there is no loop around this');
    return;
  }
  popTo(answer == CONTINUE ? loop : loop - 1);
}

/** Ends the procedure, or at the top the script, and prints the result where the caller's output goes. */
function unwindReturn(): void {
  let call = <i32>session.frameCount - 1;
  while (call >= 0 && frameAt(call).procedure == 0) call--;
  popTo(call - 1);
  const result = session.result;
  session.result = 0;
  if (result != 0) emitValue(appendedByte(result, 0x0a));
}

/** A `try` around it takes the error; otherwise it is reported and the script ends. */
function unwindError(): void {
  const handler = findFlag(FLAG_TRY, true);
  dropResult();
  if (handler >= 0) {
    popTo(handler);
    topFrame().phase = PHASE_FAILED;
    clearError();
    return;
  }
  report();
  abandon();
}
