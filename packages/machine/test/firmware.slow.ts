/** Software that others wrote for bare PCs: Debian's SeaBIOS with its VGA BIOS, and memtest86+. */
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

/**
 * A pass, bit-fade test included. That one waits for minutes in a loop that reads the time-stamp counter: with instructions of a microsecond these are
 * a few hundred million, and the whole pass 7 billion.
 */
test.skipIf(memtest === undefined)('memtest86+ passes a round without an error', { timeout: 2_400_000 }, async () => {
  if (memtest === undefined) return;
  await using machine = await createMachine({
    linux: { kernel: memtest.read('boot/memtest86+x64.bin') },
    memory: '8M',
    time: 'virtual',
    instructionTime: 1000,
  });
  const seen = new Set<string>();
  const done = /Pass: +1 /;
  const errors = /Errors: +[1-9]/;
  while (machine.running && !done.test(machine.screenText()) && !errors.test(machine.screenText())) {
    const [, test] = /Test #(\d+)/.exec(machine.screenText()) ?? [];
    if (test !== undefined) seen.add(test);
    await sleep(100);
  }
  expect(machine.screenText()).toMatch(done);
  expect(machine.screenText()).toMatch(/Status: Pass/);
  expect(machine.screenText()).toMatch(/Errors: 0/);
  // The longest of its tests, and the last one.
  expect([...seen]).toEqual(expect.arrayContaining(['8', '9', '10']));
});
