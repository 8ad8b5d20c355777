import { bochsProgram, runOnBochs } from '@drift-os/hypervisor';
import { expect, test } from 'vitest';
import { writeDisk } from '../src/disk.ts';
import { missing } from './skip.ts';
import { greeting } from './small-kernel.ts';

test.skipIf(await missing(bochsProgram, 'a boot on Bochs'))('boots in Bochs', async () => {
  await using machine = await runOnBochs({ image: writeDisk(greeting), memory: '64M' });
  await machine.waitFor('up\r\n', { timeout: 120_000 });
  expect(machine.output).toBe('up\r\n');
});
