/** When the application runs, and its end. */
import { Quit, Timer } from '@drift-os/abi/assembly/generated/application';
import { reserve, send } from './private-channel';

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
