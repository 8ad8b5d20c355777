/** What the loader does on machines it cannot or can just about boot on: every refusal is a sentence on COM1 and on screen. */
import { mem32 } from '@drift-os/toolchain';
import { describe, expect, test } from 'vitest';
import { writeDisk } from '../src/disk.ts';
import { SECTOR_BYTES } from '../src/disk-header.ts';
import { withA20Off } from './a20-off.ts';
import { bootMachine, type BootOptions, type On } from './boot-machine.ts';
import { greeting, smallImage } from './small-kernel.ts';

export const greetingDisk: Uint8Array = writeDisk(greeting);

/** The disk with one bit of the byte at `offset` turned. */
function damaged(offset: number): Uint8Array {
  const bytes = greetingDisk.slice();
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return bytes;
}

export const damagedImage: Uint8Array = damaged(6 * SECTOR_BYTES + 100);

/** What a machine with this disk says until `until`. */
export async function bootUntil(
  on: On,
  disk: Uint8Array,
  options: BootOptions,
  until: RegExp,
): Promise<{ serial: string; screen: string }> {
  await using machine = await bootMachine(on, disk, options);
  await machine.waitFor(until, { timeout: 120_000 });
  return { serial: machine.output, screen: await machine.screenText() };
}

/** Boots a disk that the loader cannot boot, and expects the reason on both consoles. */
export async function expectRefusal(on: On, disk: Uint8Array, options: BootOptions, reason: string): Promise<void> {
  const { serial, screen } = await bootUntil(on, disk, options, /cannot start: .*\.\r\n/);
  expect(serial).toBe(`Drift cannot start: ${reason}\r\n`);
  // The screen breaks lines at 80 columns.
  expect(screen.replaceAll('\n', '')).toContain(`Drift cannot start: ${reason}`);
}

/** @param on what the loader runs on */
export function loaderSuite(on: On): void {
  // The BIOS of our own tells a sector that is not there from one that cannot be read. SeaBIOS says "bad track" to both.
  const [outside, unreadable] = on === 'machine' ? ['04h', '0Ah'] : ['0Ch', '0Ch'];
  describe('refuses', () => {
    test.each<[string, Uint8Array, string]>([
      ['a damaged image', damagedImage, 'the kernel on this disk is damaged (its checksum is wrong).'],
      [
        'a damaged header',
        damaged(SECTOR_BYTES + 30),
        'the kernel on this disk is damaged (the checksum of its loader is wrong).',
      ],
      [
        'a damaged loader',
        damaged(6 * SECTOR_BYTES - 1),
        'the kernel on this disk is damaged (the checksum of its loader is wrong).',
      ],
      [
        'a disk that ends in the loader',
        greetingDisk.slice(0, 3 * SECTOR_BYTES),
        `disk read error at sector 00000001h, BIOS status ${outside}.`,
      ],
      [
        'a disk that ends in the image',
        greetingDisk.slice(0, 8 * SECTOR_BYTES),
        `disk read error at sector 00000006h, BIOS status ${outside}.`,
      ],
    ])('%s', (_, disk, reason) => expectRefusal(on, disk, {}, reason));

    test('too little memory', () =>
      expectRefusal(
        on,
        greetingDisk,
        { memory: '8M' },
        'Drift needs 16 MiB of usable memory, this machine has 7 MiB.',
      ));
  });

  test.each<[string, BootOptions]>([
    ['one core, 64 MiB, and the BIOS leaves nothing else on COM1', {}],
    ['17 MiB', { memory: '17M' }],
    // Our own machine has no memory above 4 GiB.
    ['four cores, much memory', { memory: on === 'qemu' ? '5G' : '3G', cores: 4 }],
  ])('boots on %s', async (_, options) => {
    expect((await bootUntil(on, greetingDisk, options, /up\r\n/)).serial).toBe('up\r\n');
  });

  test.each([
    ['the BIOS', false],
    ['port 92h', true],
  ])('turns on an A20 line that is off, through %s', async (_, deaf) => {
    const image = smallImage((kernel) => {
      kernel.a.emit('mov', mem32(0x500), 1).emit('mov', mem32(0x100500), 2);
      kernel.expect(mem32(0x500), 1, 'A20 is off').say('up\r\n').stop();
    });
    const { serial } = await bootUntil(on, withA20Off(writeDisk(image), deaf), {}, /(up|wrong.*|start: .*)\r\n/);
    expect(serial).toBe('up\r\n');
  });

  test.each([
    ['once is read again', true, 'up\r\n'],
    [
      'always ends the boot',
      false,
      `Drift cannot start: disk read error at sector 00000006h, BIOS status ${unreadable}.\r\n`,
    ],
  ])('a sector that fails %s', async (_, once, expected) => {
    const { serial } = await bootUntil(on, greetingDisk, { faulty: { sector: 6, once } }, /(up|start: .*)\r\n/);
    expect(serial).toBe(expected);
  });
}
