/** Software that others wrote for bare PCs: Debian's SeaBIOS with its VGA BIOS, and a pass of memtest86+. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createMachine } from '../src/index.ts';
import { debianPackage } from './debian.ts';
import { echoDisk } from './echo-disk.ts';

const seabios = debianPackage('seabios', 'SeaBIOS on the machine');
const memtest = debianPackage('memtest86+', 'memtest86+ on the machine');

test.skipIf(seabios === undefined).each([1, 2])('SeaBIOS boots a disk, cores: %i', async (cores) => {
  if (seabios === undefined) return;
  await using machine = await createMachine({
    bios: seabios.read('usr/share/seabios/bios-256k.bin'),
    vgaBios: seabios.read('usr/share/seabios/vgabios-stdvga.bin'),
    disks: [echoDisk()],
    memory: '64M',
    cores,
    time: 'virtual',
  });
  await machine.waitFor('R', { timeout: 120_000 });
  machine.send('ab');
  expect((await machine.waitFor('b2')).text).toBe('a1b2');
  expect(machine.screenText()).toContain('SeaBIOS (version');
  expect(machine.screenText()).toContain('Booting from Hard Disk');
});

test.skipIf(memtest === undefined)('memtest86+ finds no errors in a pass', async () => {
  if (memtest === undefined) return;
  await using machine = await createMachine({
    linux: { kernel: memtest.read('boot/memtest86+x64.bin') },
    memory: '8M',
    time: 'virtual',
  });
  const pass = /Pass: +1 +Errors: 0/;
  while (machine.running && !pass.test(machine.screenText()) && !/Errors: +[1-9]/.test(machine.screenText()))
    await sleep(500);
  expect(machine.screenText()).toMatch(pass);
});
