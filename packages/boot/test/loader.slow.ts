/** A second opinion: the tests of loader-suite.ts on QEMU; and what only QEMU has: other processors, other chipsets, other disks. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BootOptions } from './boot-machine.ts';
import { bootUntil, damagedImage, expectRefusal, greetingDisk, loaderSuite } from './loader-suite.ts';
import { noQemu } from './skip.ts';

/** Long mode, and little else. */
const OLDEST: BootOptions = { cpu: 'qemu64' };
/** For a machine whose own disk the BIOS cannot boot from. */
const empty = new Uint8Array(0x100000);

describe.skipIf(await noQemu('the loader'))('on QEMU', () => {
  loaderSuite('qemu');

  test.each([
    ['no long mode', 'qemu32'],
    ['little CPUID', '486'],
  ])('refuses a processor with %s', (_, cpu) =>
    expectRefusal('qemu', greetingDisk, { cpu }, 'this processor has no 64-bit mode (long mode).'),
  );

  test.each<[string, BootOptions]>([
    ['q35', { machine: 'q35' }],
    ['the oldest 64-bit processor', OLDEST],
  ])('boots on %s', async (_, options) => {
    expect((await bootUntil('qemu', greetingDisk, options, /up\r\n/)).serial).toBe('up\r\n');
  });

  test('refuses a damaged image without the instruction for its checksum', () =>
    expectRefusal('qemu', damagedImage, OLDEST, 'the kernel on this disk is damaged (its checksum is wrong).'));

  describe('from other disks', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'loader-'));
      await writeFile(join(folder, 'drift.img'), greetingDisk);
    });
    afterAll(() => rm(folder, { recursive: true }));

    test.each([
      ['virtio-blk', ['-device', 'virtio-blk-pci,drive=other,bootindex=0'], 'up\r\n'],
      ['USB', ['-device', 'qemu-xhci', '-device', 'usb-storage,drive=other,bootindex=0'], 'up\r\n'],
      ['NVMe', ['-device', 'nvme,drive=other,serial=1,bootindex=0'], 'up\r\n'],
      [
        'a floppy disk, which is not read by LBA',
        ['-device', 'floppy,drive=other', '-boot', 'a'],
        'Drift cannot start: the BIOS cannot read by LBA.\r\n',
      ],
    ])('%s', async (_, devices, expected) => {
      const drive = `if=none,id=other,format=raw,file=${join(folder, 'drift.img')}`;
      const options = { extraArguments: ['-drive', drive, ...devices] };
      expect((await bootUntil('qemu', empty, options, /(up|start: .*)\r\n/)).serial).toBe(expected);
    });
  });
});
