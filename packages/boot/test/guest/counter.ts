/** A small application for tests of the image builder: static data that is not zero, a global, a line in the log. */
import { log } from '@drift-os/kernel-w/sdk';

const initial: usize = memory.data<u32>([40, 1, 1]);
let runs: u32 = 0;

export function init(): void {
  runs++;
  store<u32>(initial, load<u32>(initial) + load<u32>(initial, 4) + load<u32>(initial, 8));
  if (load<u32>(initial) == 42 && runs == 1) log('counter begins from pristine data');
  else log('counter finds the data of another run');
}

export function poll(): u32 {
  return 0;
}
