/** The first lines on the console: what this is, and what it found. */
import { buildName } from './image';
import { usableBytes } from './e820';
import { newline, print, printCounted, printDecimal, printLine, printSize } from './print';
import { workerCount } from './worker-table';

/** `Drift 0.0.0`, while the machine is found out about: who boots sees at once that it is there. */
export function bannerBegin(): void {
  newline();
  print('Drift ');
  printCounted(buildName());
}

/** The rest of that line, `: 4 cores, 511.9 MiB of memory`, and what follows from there being one core only. */
export function bannerEnd(): void {
  print(': ');
  const cores = workerCount() + 1;
  printDecimal(cores);
  print(cores == 1 ? ' core, ' : ' cores, ');
  printSize(usableBytes());
  printLine(' of memory');
  if (cores == 1)
    printLine('One core only: Thread/C runs alone. There is no Thread/W, so no application can be started.');
  printLine('Type `help` for the commands.');
}
