import { bochsProgram, runOnBochs } from '@drift-os/hypervisor';
import { expect, test } from 'vitest';
import { writeDisk } from '../src/disk.ts';
import { missing } from './skip.ts';
import { buildGuest } from './guest.ts';
import { greeting } from './small-kernel.ts';

const skipped: boolean = await missing(bochsProgram, 'boots on Bochs');

test.skipIf(skipped)('boots in Bochs', async () => {
  await using machine = await runOnBochs({ image: writeDisk(greeting), memory: '64M' });
  await machine.waitFor('up\r\n', { timeout: 120_000 });
  expect(machine.output).toBe('up\r\n');
});

test.skipIf(skipped)('Thread/C runs alone in Bochs, says so, and turns the machine off', async () => {
  const { disk } = await buildGuest(['hello']);
  await using machine = await runOnBochs({ image: disk, memory: '64M' });
  const { text } = await machine.waitFor('drift> ', { timeout: 300_000 });
  expect(text).toContain('There is no Thread/W');
  await machine.send('ledger check\r');
  expect((await machine.waitFor('drift> ', { timeout: 60_000 })).text).toContain('The ledger adds up');
  await machine.send('poweroff\r');
  expect(await machine.exitStatus).toMatchObject({ code: 0 });
});
