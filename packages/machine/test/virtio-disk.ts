/** A device of one's own as a module: a virtio disk over bytes that the test has too. */
import { BufferDisk, type Device, VirtioBlock, VirtioPci } from '@drift-os/devices';
import type { Attachment } from '../src/index.ts';

export function virtioDisk(machine: Attachment, data: unknown): Device<unknown> {
  const device = new VirtioPci(new VirtioBlock({ disk: new BufferDisk(data as Uint8Array) }), machine);
  machine.pci(device.pci);
  return device;
}
