import { line, log, now, quit, wakeAt } from '@drift-os/kernel-w/sdk';

export function init(): void {
  log('Hello');
  wakeAt(now() + 1000);
}

export function poll(): u32 {
  line().text('it is ').number(now()).log();
  quit();
  return 0;
}
