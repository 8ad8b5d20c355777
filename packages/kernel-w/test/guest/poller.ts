/** Works a few times, then sleeps by the clock. */
import { line, log, now, ticksPerSecond, wakeAt } from '@drift-os/kernel-w/sdk';

let polls: u32 = 0;
let due: u64 = 0;

export function poll(): u32 {
  if (++polls < 5) return 1;
  if (polls == 5) {
    due = now() + ticksPerSecond() / 1000;
    wakeAt(due);
    log('sleeps');
  } else if (due != 0 && now() >= due) {
    due = 0;
    log('woken in time');
  }
  return 0;
}

export function stop(): void {
  line()
    .text('stopped after ')
    .number(polls > 5 ? 1 : 0)
    .log();
}
