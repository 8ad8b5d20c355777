/** What this application says to kernel-w over the private channel. */
import { STATUS_PROTOCOL } from '@drift-os/abi/layout/messages';
import { privatePair } from './context';
import { abandon, serve } from './kernel-w';

/** Number of the last request; 0 is kernel-w's own. */
let requests: u32 = 0;

export function newRequest(): u32 {
  return ++requests;
}

/** Room for a message of this size. Makes kernel-w read what is there when it is full. */
export function reserve(bytes: u32): usize {
  const writer = privatePair().writer;
  let at = writer.reserve(bytes);
  if (at == 0) {
    serve(0);
    at = writer.reserve(bytes);
    // kernel-w has read everything: what does not fit now never will.
    if (at == 0) abandon(STATUS_PROTOCOL);
  }
  return at;
}

/** Sends what was written to the room reserved last. kernel-w reads it when the entry point returns, or in `serve`. */
export function send(bytes: u32, kind: u32): void {
  privatePair().writer.commit(bytes, kind);
}
