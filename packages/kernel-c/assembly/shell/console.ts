/** The session on the console: what Thread/C's event loop calls. */
import { defineAll } from '../commands/all';
import { consoleWrite } from '../console';
import { BUSY, eraseSession, feedSession, IDLE, openSession, redrawSession, runSession, WAITING } from './index';

/** Nothing to do until input comes: the core may halt. */
export const SHELL_IDLE: u32 = IDLE;
/** Call `shellRun` again at once, after other work. */
export const SHELL_BUSY: u32 = BUSY;
/** Call it again at the next tick: the core may halt until then. */
export const SHELL_WAITING: u32 = WAITING;

/** Steps in one call: other work is never late by more than these take, some tens of microseconds. */
const STEPS: u32 = 64;

let target: usize = 0;

/** Takes all of it: the serial line is written to directly. Carriage returns are the session's own. */
function drain(_argument: usize, pointer: usize, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(pointer + i);
    if (byte != 0x0d || i + 1 == length || load<u8>(pointer + i + 1) != 0x0a) consoleWrite(byte);
  }
  return length;
}

/** Opens the session in `bytes` bytes of zeroed memory at `memory` and shows the first prompt. */
export function shellStart(memory: usize, bytes: u32): void {
  defineAll();
  target = openSession(memory, bytes, <u32>drain.index, 0);
}

/** One byte of input. @returns false if there is no room for it: offer it again later. */
export function shellByte(byte: u8): bool {
  return feedSession(target, byte);
}

/** Goes on with editing and running. @returns SHELL_IDLE, SHELL_BUSY or SHELL_WAITING. */
export function shellRun(): u32 {
  return runSession(target, STEPS);
}

/** Before something else prints on the console: takes the line being typed away. */
export function shellErase(): void {
  if (target != 0) eraseSession(target);
}

/** After it: the line being typed is shown again. */
export function shellRedraw(): void {
  if (target != 0) redrawSession(target);
}
