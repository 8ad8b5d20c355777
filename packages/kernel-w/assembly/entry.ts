/** Calls into application code. Its globals are relative to FS, whose base is written only when another instance has its turn. */
import { APPLICATION_GLOBALS } from '@drift-os/abi/layout/application-context';
import { writeFsBase } from '@drift-os/abi/assembly/generated/cpu';
import { enter, leave } from './gate';
import { Instance } from './instance';
import { gateSave, setCurrentModule } from './worker';

/** Context that FS belongs to. */
let current: usize = 0;
/** Instance whose code runs, 0: none. */
let running: usize = 0;

/** Calls an entry point out of the image directory; 0 stands for one that the module does not have, and nothing happens. */
export function callEntry(instance: Instance, entry: u32, argument: u32): u32 {
  if (entry == 0) return 0;
  if (current != instance.context) {
    current = instance.context;
    writeFsBase(current + APPLICATION_GLOBALS);
  }
  running = changetype<usize>(instance);
  setCurrentModule(instance.moduleIndex + 1);
  const result = <u32>enter(entry, argument, gateSave());
  setCurrentModule(0);
  running = 0;
  return result;
}

/** The instance whose code runs, or null. */
export function runningInstance(): Instance | null {
  return changetype<Instance | null>(running);
}

/** Out of the application's code, back to `callEntry`. Does not return. */
export function abandonEntry(): void {
  leave(gateSave(), 0);
}

/** The pages of this context are about to go away. */
export function forgetContext(context: usize): void {
  if (current == context) current = 0;
}
