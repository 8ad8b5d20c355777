/** When the application runs, and its end. */
import { Quit, Timer } from '@drift-os/abi/assembly/generated/application';
import { LOG_ERROR, STATUS_ABORTED } from '@drift-os/abi/layout/messages';
import { abandon } from './kernel-w';
import { log } from './log';
import { reserve, send } from './outbox';

/** Calls `poll` at this time (`now()` plus ticks) at the latest, also if the worker sleeps. Once; a later call replaces it. */
export function wakeAt(deadline: u64): void {
  Timer.at(reserve(Timer.BYTES)).deadline = deadline;
  send(Timer.BYTES, Timer.ID);
}

/** This application is done: when the entry point returns, `stop` is called and everything goes back. `exitStatus` is in the log. */
export function quit(exitStatus: u32 = 0): void {
  Quit.at(reserve(Quit.BYTES)).exitStatus = exitStatus;
  send(Quit.BYTES, Quit.ID);
}

/** Ends this instance here and now, with a sentence in the log; `stop` is not called. Does not return. */
export function fail(sentence: string): void {
  log(sentence, LOG_ERROR);
  abandon(STATUS_ABORTED);
}
