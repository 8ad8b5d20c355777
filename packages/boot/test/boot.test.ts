/** The way from the BIOS into the image, on a machine: one quick boot. More in boot.slow.ts. */
import { runOnQemu } from '@drift-os/hypervisor';
import { expect, test } from 'vitest';
import { writeDisk } from '../src/disk.ts';
import { greeting } from './small-kernel.ts';
import { noQemu } from './skip.ts';

test.skipIf(await noQemu('a boot on QEMU'))(
  'boots to the kernel, and the BIOS leaves nothing else on COM1',
  async () => {
    await using machine = await runOnQemu({ image: writeDisk(greeting), cores: 1, memory: '64M', accelerator: 'tcg' });
    await machine.waitFor('up\r\n', { timeout: 20_000 });
    expect(machine.output).toBe('up\r\n');
  },
);
