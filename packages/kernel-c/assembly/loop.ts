/**
 * Thread/C's event loop: console input to the shell, workers' requests, timers; and sleep when there is nothing.
 *
 * No wake-up is lost: interrupts are off from the last look at everything until HLT, which lets a pending one in; workers and
 * their applications see that Thread/C sleeps on their ring (a Dekker handshake in the ring) and send an interrupt then.
 */
import { cli, pause, rdtsc, sti, stiHlt } from '@drift-os/abi/assembly/generated/cpu';
import { ticksOf, wakeAt, wakeNever } from './clock';
import { consoleRead, consoleWriteRaw } from './console';
import { keyboardReceive } from './keyboard';
import { logPending, logShow } from './log';
import { requestsServe } from './requests';
import { BUSY, WAITING, eraseSession, feedSession, redrawSession, runSession } from './shell/index';
import { serialReceive } from './serial';
import { sessionsPrepareSleep, sessionsRun, sessionsWakeUp } from './shell-service';
import { crashPending, crashesReport } from './supervisor';
import { timersNext, timersRun } from './timers';
import { controlPrepareSleep, controlWakeUp } from './control-stream';
import { workerCount } from './worker-table';

/** Steps of a script between two looks at the workers. */
const STEPS: u32 = 64;
/** Longest sleep while a command waits, or the devices have to be polled. */
const TICK_MICROSECONDS: u64 = 10_000;
const NOTHING: i32 = -1;

let session: usize = 0;
let polled: bool = false;
/** A byte of input that the shell had no room for. */
let held: i32 = NOTHING;
let sleeps: u64 = 0;
let sleptTsc: u64 = 0;

/** Takes what a shell session prints; its lines end in \r\n already. */
export function drainToConsole(argument: usize, pointer: usize, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) consoleWriteRaw(load<u8>(pointer + i));
  return length;
}

/** Runs for ever. `devicesPolled`: no interrupt tells of console input. */
export function loop(shell: usize, devicesPolled: bool): void {
  session = shell;
  polled = devicesPolled;
  for (;;) {
    if (polled) receive();
    let more = feed();
    if (requestsServe()) more = true;
    if (timersRun(rdtsc()) != 0) more = true;
    if (crashPending() || logPending()) report();
    const shellState = runSession(session, STEPS);
    const others = sessionsRun(STEPS);
    if (shellState == BUSY || others == BUSY) more = true;
    if (more) pause();
    else sleep(shellState == WAITING || others == WAITING || polled);
  }
}

/** How often the loop slept, and for how many counter ticks in all. */
export function loopSleeps(): u64 {
  return sleeps;
}

export function loopSleptTsc(): u64 {
  return sleptTsc;
}

function receive(): void {
  cli();
  serialReceive();
  keyboardReceive();
  sti();
}

/** @returns true if a byte was taken. */
function feed(): bool {
  let taken = false;
  for (;;) {
    if (held == NOTHING) held = consoleRead();
    if (held == NOTHING || !feedSession(session, <u8>held)) break;
    held = NOTHING;
    taken = true;
  }
  return taken;
}

/** What nobody asked for goes above the line being typed. */
function report(): void {
  eraseSession(session);
  crashesReport();
  logShow();
  redrawSession(session);
}

function sleep(ticking: bool): void {
  // Before the rings say that Thread/C sleeps: an interrupt that comes of it stays pending until HLT.
  cli();
  let ready = sessionsPrepareSleep();
  for (let worker: u32 = 1; worker <= workerCount(); worker++) if (!controlPrepareSleep(worker)) ready = false;
  if (held == NOTHING) held = consoleRead();
  if (ready && held == NOTHING && !crashPending()) {
    const now = rdtsc();
    const deadline = min(timersNext(), ticking ? now + ticksOf(TICK_MICROSECONDS) : u64.MAX_VALUE);
    if (deadline == u64.MAX_VALUE) wakeNever();
    else wakeAt(deadline);
    stiHlt();
    sleeps++;
    sleptTsc += rdtsc() - now;
  }
  sti();
  for (let worker: u32 = 1; worker <= workerCount(); worker++) controlWakeUp(worker);
  sessionsWakeUp();
}
