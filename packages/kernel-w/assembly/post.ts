/** Messages from kernel-w to an application, over its private pair. */
import { LOG_ERROR, APPLICATION_FAILED, STATUS_UNRESPONSIVE } from '@drift-os/abi/layout/messages';
import { Instance } from './instance';
import { logBegin, logEnd, logText } from './log';

/** Room for a message; 0: the application does not read its private channel, and is ended for it. */
export function post(instance: Instance, bytes: u32): usize {
  const at = instance.pair.writer.reserve(bytes);
  if (at == 0) {
    logBegin(LOG_ERROR, instance.number);
    logText('does not read what kernel-w tells it: it is ended');
    logEnd();
    instance.fail(STATUS_UNRESPONSIVE, APPLICATION_FAILED);
  }
  return at;
}

/** Sends what was written to the room. `message` will be called. */
export function postEnd(instance: Instance, bytes: u32, kind: u32): void {
  instance.pair.writer.commit(bytes, kind);
}
