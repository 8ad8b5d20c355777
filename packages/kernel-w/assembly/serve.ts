/** The two functions that applications call: `kernel-w.serve` and `kernel-w.abandon` of the SDK and of drift.h. */
import { pause } from '@drift-os/abi/assembly/generated/cpu';
import { APPLICATION_FAILED } from '@drift-os/abi/layout/messages';
import { ringUsed } from '@drift-os/ring/assembly';
import { announce, controlClosed } from './control';
import { handleControl } from './dispatch';
import { abandonEntry, runningInstance } from './entry';
import { INSTANCE_ENDED } from './instance';
import { handleRequests } from './requests';
import { flush, flushIsDue } from './worker';

/**
 * Passes on what the calling application wrote to its private ring. `wait` 1: and returns only when there is something for it to read.
 * Does not return to an instance that has been ended meanwhile.
 */
export function serve(wait: u32): void {
  const instance = runningInstance();
  if (instance === null) return;
  do {
    handleRequests(instance);
    if (instance.state == INSTANCE_ENDED) return abandonEntry();
    announce();
    if (wait == 0 || ringUsed(instance.pair.writer.ring) != 0) return;
    if (flushIsDue()) flush();
    if (!handleControl()) pause();
  } while (!controlClosed());
}

/** Ends the calling instance with a STATUS_*; its `stop` is not called. Does not return. */
export function abandon(status: u32): void {
  const instance = runningInstance();
  if (instance === null) return;
  handleRequests(instance);
  instance.fail(status, APPLICATION_FAILED);
  abandonEntry();
}
