/** Says who it is, allocates, and ends. */
import { argument, instanceNumber, line, log, quit, worker } from '@drift-os/kernel-w/sdk';

class Point {
  constructor(
    public x: i32,
    public y: i32,
  ) {}
}

let starts: u32 = 0;

export function init(): void {
  starts++;
  log(`Hello, ${argument()}`);
  line()
    .text('instance ')
    .number(instanceNumber())
    .text(' on worker ')
    .number(worker())
    .text(', start ')
    .number(starts)
    .log();
  const point = new Point(3, 4);
  log((point.x + point.y).toString());
  quit(7);
}

export function stop(): void {
  log('bye');
}
