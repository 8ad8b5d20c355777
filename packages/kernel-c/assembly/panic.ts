/** The end: Thread/C cannot go on, says why, and halts. Polled serial output, interrupts off. */
import { cli, framePointer, hlt, instructionPointer } from '@drift-os/abi/assembly/generated/cpu';
import { printBacktrace } from './backtrace';
import { consoleWrite } from './console';
import { newline, print, printLine } from './print';
import { redirect } from './sink';

let panicking = false;

/** Routes text to the console and says that this is a panic. A panic within a panic halts at once. */
export function panicBegin(): void {
  cli();
  if (panicking) panicHalt();
  panicking = true;
  redirect(consoleWrite.index);
  newline();
  print('PANIC: Thread/C ');
}

/** The last sentence, then nothing more. */
export function panicHalt(): void {
  for (;;) {
    cli();
    hlt();
  }
}

/** What a user can do about it. */
export function panicAdvice(): void {
  printLine('Drift has stopped. Restart the machine; please report the lines above if this happens again.');
}

/** A broken invariant, or something missing that Drift cannot do without. `cause` completes "Thread/C cannot go on: ...". */
export function panic(cause: string): void {
  panicBegin();
  print('cannot go on: ');
  printLine(cause);
  printBacktrace(instructionPointer(), framePointer());
  panicAdvice();
  panicHalt();
}
