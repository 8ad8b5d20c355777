import { findCommand, qemuProgram } from '@drift-os/hypervisor';
import { describe, expect, it } from 'vitest';
import { compare, measureInGuest } from '../src/index.ts';

const qemu = await findCommand(qemuProgram.command);
const gcc = await findCommand('gcc');
if (qemu === undefined)
  console.log('Skipped, QEMU is not installed (apt-get install qemu-system-x86): the guest measurement.');

describe.skipIf(qemu === undefined)('in the guest, with QEMU', () => {
  it('measures every workload; with gcc also those of the ring in C', async () => {
    const { measurements } = await measureInGuest({ accelerator: 'tcg' });
    for (const { drift, c, ratio } of compare(measurements)) {
      expect(drift?.rounds).toBe(7);
      expect(c?.rounds).toBe(gcc === undefined ? undefined : 7);
      expect(ratio === undefined).toBe(gcc === undefined);
    }
  });
});
