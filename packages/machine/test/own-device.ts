/** A device of one's own as a module: every read of OWN_PORT answers with a character. */
import type { Device } from '@drift-os/devices';
import type { Attachment } from '../src/index.ts';
import { OWN_PORT } from './echo-disk.ts';

export function answering(machine: Attachment, data: unknown): Device<unknown> | undefined {
  const device = { readPort: () => String(data).charCodeAt(0), writePort: () => {} };
  machine.ports('mine', OWN_PORT, 4, device);
  return undefined;
}

/** Reads of OWN_PORT take the host 200 ms. */
export function stalling(machine: Attachment): Device<unknown> | undefined {
  const readPort = (): number => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    return 0;
  };
  machine.ports('stalling', OWN_PORT, 4, { readPort, writePort: () => {} });
  return undefined;
}
