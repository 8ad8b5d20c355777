/** What the loader does on machines it cannot or can just about boot on: every refusal is a sentence on COM1 and on screen. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type QemuOptions, runOnQemu } from '@drift-os/hypervisor';
import { mem32 } from '@drift-os/toolchain';
import { describe, expect, test } from 'vitest';
import { writeDisk } from '../src/disk.ts';
import { SECTOR_BYTES } from '../src/disk-header.ts';
import { withA20Off } from './a20-off.ts';
import { greeting, smallImage } from './small-kernel.ts';
import { noQemu } from './skip.ts';

const disk = writeDisk(greeting);

/** For a machine whose own disk the BIOS cannot boot from. */
const empty = new Uint8Array(0x100000);

/** The disk with one bit of the byte at `offset` turned. */
function damaged(offset: number): Uint8Array {
  const bytes = disk.slice();
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return bytes;
}

/** Runs `use` with the path of a file that holds the disk. */
async function withFile(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'loader-'));
  try {
    const path = join(folder, 'drift.img');
    await writeFile(path, disk);
    await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function boot(options: Partial<QemuOptions>, until: RegExp): Promise<{ serial: string; screen: string }> {
  const common = { image: disk, cores: 1, memory: '64M', accelerator: 'tcg' } as const;
  await using machine = await runOnQemu({ ...common, ...options });
  await machine.waitFor(until, { timeout: 30_000 });
  return { serial: machine.output, screen: await machine.screenText() };
}

describe.skipIf(await noQemu('refusals of the loader'))('on QEMU', () => {
  test.each<[string, Partial<QemuOptions>, string]>([
    ['too little memory', { memory: '8M' }, 'Drift needs 16 MiB of usable memory, this machine has 7 MiB.'],
    ['no long mode', { cpu: 'qemu32' }, 'this processor has no 64-bit mode (long mode).'],
    ['a processor with little CPUID', { cpu: '486' }, 'this processor has no 64-bit mode (long mode).'],
    [
      'a damaged image',
      { image: damaged(6 * SECTOR_BYTES + 100) },
      'the kernel on this disk is damaged (its checksum is wrong).',
    ],
    [
      'a damaged header',
      { image: damaged(SECTOR_BYTES + 30) },
      'the kernel on this disk is damaged (the checksum of its loader is wrong).',
    ],
    [
      'a damaged loader',
      { image: damaged(6 * SECTOR_BYTES - 1) },
      'the kernel on this disk is damaged (the checksum of its loader is wrong).',
    ],
    [
      'a disk that ends in the loader',
      { image: disk.slice(0, 3 * SECTOR_BYTES) },
      'disk read error at sector 00000001h, BIOS status 0Ch.',
    ],
    [
      'a disk that ends in the image',
      { image: disk.slice(0, 8 * SECTOR_BYTES) },
      'disk read error at sector 00000006h, BIOS status 0Ch.',
    ],
  ])('%s', async (_, options, reason) => {
    const { serial, screen } = await boot(options, /cannot start: .*\.\r\n/);
    expect(serial).toBe(`Drift cannot start: ${reason}\r\n`);
    // The screen breaks lines at 80 columns.
    expect(screen.replaceAll('\n', '')).toContain(`Drift cannot start: ${reason}`);
  });

  test.each<[string, Partial<QemuOptions>]>([
    ['pc, 17 MiB', { memory: '17M' }],
    ['q35, 64 MiB', { machine: 'q35' }],
    ['pc, 5 GiB, 4 cores', { memory: '5G', cores: 4 }],
    ['the oldest 64-bit processor', { cpu: 'qemu64' }],
  ])('boots on %s', async (_, options) => {
    expect((await boot(options, /up\r\n/)).serial).toBe('up\r\n');
  });

  test.each([
    ['the BIOS', false],
    ['port 92h', true],
  ])('turns on an A20 line that is off, through %s', async (_, deaf) => {
    const image = smallImage((kernel) => {
      kernel.a.emit('mov', mem32(0x500), 1).emit('mov', mem32(0x100500), 2);
      kernel.expect(mem32(0x500), 1, 'A20 is off').say('up\r\n').stop();
    });
    const { serial } = await boot({ image: withA20Off(writeDisk(image), deaf) }, /(up|wrong.*|start: .*)\r\n/);
    expect(serial).toBe('up\r\n');
  });

  test.each([
    ['virtio-blk', ['-device', 'virtio-blk-pci,drive=other,bootindex=0'], 'up\r\n'],
    ['USB', ['-device', 'qemu-xhci', '-device', 'usb-storage,drive=other,bootindex=0'], 'up\r\n'],
    ['NVMe', ['-device', 'nvme,drive=other,serial=1,bootindex=0'], 'up\r\n'],
    [
      'a floppy disk, which is not read by LBA',
      ['-device', 'floppy,drive=other', '-boot', 'a'],
      'Drift cannot start: the BIOS cannot read by LBA.\r\n',
    ],
  ])('from %s', async (_, devices, expected) => {
    await withFile(async (path) => {
      const drive = `if=none,id=other,format=raw,file=${path}`;
      const { serial } = await boot(
        { image: empty, extraArguments: ['-drive', drive, ...devices] },
        /(up|start: .*)\r\n/,
      );
      expect(serial).toBe(expected);
    });
  });

  test.each([
    ['once is read again', 'on', 'up\r\n'],
    ['always ends the boot', 'off', 'Drift cannot start: disk read error at sector 00000006h, BIOS status 0Ch.\r\n'],
  ])('a sector that fails %s', async (_, once, expected) => {
    await withFile(async (path) => {
      const fault = `inject-error.0.event=none,inject-error.0.iotype=read,inject-error.0.sector=6,inject-error.0.once=${once}`;
      const drive = `driver=blkdebug,node-name=faulty,image.driver=file,image.filename=${path},${fault}`;
      const device = 'ide-hd,drive=faulty,bootindex=0,rerror=report';
      const extraArguments = ['-blockdev', drive, '-device', device];
      const { serial } = await boot({ image: empty, extraArguments }, /(up|start: .*)\r\n/);
      expect(serial).toBe(expected);
    });
  });
});
