/** IDE: identification, PIO and DMA with 28 and 48-bit addresses, errors, slow disks, ATAPI. Oracle: what was put on the disk. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { PortWindow } from '../src/device.ts';
import { BufferDisk } from '../src/disk/buffer-disk.ts';
import type { Disk } from '../src/disk/disk.ts';
import { OverlayDisk } from '../src/disk/overlay-disk.ts';
import { Piix3Ide } from '../src/ide/piix3-ide.ts';
import { TestEvents, TestLine, TestMemory } from './harness.ts';

const SECTORS = 1000;
let irqs: [TestLine, TestLine];
let memory: TestMemory;
let events: TestEvents;
let content: Uint8Array;
let ide: Piix3Ide;
let command: PortWindow;

function build(disk: Disk, cd?: Disk): void {
  irqs = [new TestLine(), new TestLine()];
  memory = new TestMemory(0x100000);
  events = new TestEvents();
  ide = new Piix3Ide({ drives: [{ kind: 'disk', disk }, undefined, { kind: 'cd', disk: cd }], irqs, memory, events });
  command = ide.channels[0].command;
}

beforeEach(() => {
  content = Uint8Array.from({ length: SECTORS * 512 }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
  build(new BufferDisk(content));
});

const get = (register: number): number => command.readPort(register, 1);
const put = (register: number, value: number): void => command.writePort(register, 1, value);
function issue(code: number, lba: number, count: number): void {
  put(6, 0xe0 | ((lba >>> 24) & 15));
  for (const [register, value] of [count, lba, lba >>> 8, lba >>> 16].entries()) put(register + 2, value & 0xff);
  put(7, code);
}
function takeSectors(count: number): Uint8Array {
  const bytes = new Uint8Array(count * 512);
  const words = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length; i += 4) words.setUint32(i, command.readPort(0, 4), true);
  return bytes;
}
const busMaster = (offset: number): PortWindow => {
  const [region] = ide.pci.regions();
  if (region?.space !== 'port') throw new Error('no bus master');
  return {
    readPort: (at, bytes) => region.window.readPort(offset + at, bytes),
    writePort: (at, bytes, value) => region.window.writePort(offset + at, bytes, value),
  };
};
function enableBusMaster(): void {
  ide.pci.writeConfig(0x20, 4, 0xc001);
  ide.pci.writeConfig(4, 2, 5);
}

test('IDENTIFY DEVICE', () => {
  put(7, 0xec);
  expect([irqs[0].level, get(7)]).toEqual([true, 0x58]);
  expect(irqs[0].level).toBe(false);
  const words = new Uint16Array(takeSectors(1).buffer);
  expect([words[60], words[100], (words[83] as number) & 0x400]).toEqual([SECTORS, SECTORS, 0x400]);
  const model = [...words.slice(27, 47)].flatMap((word) => [word >> 8, word & 0xff]);
  expect(String.fromCharCode(...model).trim()).toBe('DRIFT DISK');
  expect(get(7)).toBe(0x50);
});

test('a missing drive 1, and a missing channel', () => {
  put(6, 0xb0);
  expect(get(7)).toBe(0);
  put(7, 0xec);
  expect(get(7)).toBe(0);
});

test('READ SECTORS interrupts for each sector', () => {
  issue(0x20, 5, 3);
  const read: Uint8Array[] = [];
  for (let i = 0; i < 3; i++) {
    expect([irqs[0].level, get(7) & 8]).toEqual([true, 8]);
    read.push(takeSectors(1));
  }
  expect(Buffer.concat(read).equals(content.slice(5 * 512, 8 * 512))).toBe(true);
  expect([get(7), irqs[0].level]).toEqual([0x50, false]);
});

test('READ MULTIPLE EXT of more than a chunk', () => {
  put(2, 8);
  put(7, 0xc6);
  for (const [register, value] of [
    [2, 1],
    [2, 44],
    [3, 0],
    [4, 0],
    [5, 0],
    [3, 10],
    [4, 0],
    [5, 0],
    [6, 0x40],
  ] as const) {
    put(register, value);
  }
  irqs[0].edges = 0;
  put(7, 0x29);
  const read: Uint8Array[] = [];
  while ((get(7) & 8) !== 0) read.push(takeSectors(1));
  expect(Buffer.concat(read).equals(content.slice(10 * 512, 310 * 512))).toBe(true);
});

test('CHS addresses', () => {
  put(6, 0xa1);
  for (const [register, value] of [1, 3, 0, 0].entries()) put(register + 2, value);
  put(7, 0x20);
  expect(takeSectors(1)).toEqual(content.slice(65 * 512, 66 * 512));
});

test('WRITE SECTORS asks for each sector, then is on the disk', () => {
  issue(0x30, 7, 2);
  expect([irqs[0].level, get(7)]).toEqual([false, 0x58]);
  for (let i = 0; i < 256; i++) command.writePort(0, 4, i);
  for (let i = 0; i < 128; i++) expect(new DataView(content.buffer).getUint32(7 * 512 + 4 * i, true)).toBe(i);
  expect([irqs[0].level, get(7), get(1)]).toEqual([true, 0x50, 0]);
});

test('outside the disk is ID not found, and an unknown command is aborted and reported', () => {
  issue(0x20, SECTORS - 1, 2);
  expect([get(7) & 1, get(1)]).toEqual([1, 0x10]);
  put(7, 0x55);
  expect([get(7) & 1, get(1), events.unknown]).toEqual([1, 4, ['PIIX3 IDE write ATA command 55h']]);
});

test('the high order bytes are read back', () => {
  put(3, 0x12);
  put(3, 0x34);
  expect(get(3)).toBe(0x34);
  ide.channels[0].control.writePort(2, 1, 0x80);
  expect(get(3)).toBe(0x12);
});

test('a software reset, and interrupts that are off', () => {
  const { control } = ide.channels[0];
  control.writePort(2, 1, 0x02);
  issue(0x20, 0, 1);
  expect([irqs[0].level, control.readPort(2, 1)]).toEqual([false, 0x58]);
  control.writePort(2, 1, 0x06);
  expect(get(7)).toBe(0x80);
  control.writePort(2, 1, 0x00);
  expect([get(7), get(2), get(3), get(4), get(5)]).toEqual([0x50, 1, 1, 0, 0]);
});

describe('bus master', () => {
  beforeEach(enableBusMaster);

  const table = (...entries: readonly [address: number, bytes: number][]): void => {
    for (const [i, [address, bytes]] of entries.entries()) {
      memory.view.setUint32(0x1000 + 8 * i, address, true);
      memory.view.setUint32(0x1004 + 8 * i, (bytes | (i === entries.length - 1 ? 0x80000000 : 0)) >>> 0, true);
    }
    busMaster(0).writePort(4, 4, 0x1000);
  };

  test('READ DMA scatters over the table', () => {
    table([0x2000, 512], [0x8000, 1024], [0x3000, 512]);
    issue(0xc8, 20, 4);
    busMaster(0).writePort(0, 1, 9);
    expect(memory.bytes.slice(0x2000, 0x2200)).toEqual(content.slice(20 * 512, 21 * 512));
    expect(memory.bytes.slice(0x8000, 0x8400)).toEqual(content.slice(21 * 512, 23 * 512));
    expect(memory.bytes.slice(0x3000, 0x3200)).toEqual(content.slice(23 * 512, 24 * 512));
    expect([busMaster(0).readPort(2, 1), irqs[0].level]).toEqual([4, true]);
    busMaster(0).writePort(2, 1, 4);
    expect([get(7), busMaster(0).readPort(2, 1)]).toEqual([0x50, 0]);
  });

  test('regions go on from one chunk of the disk to the next', () => {
    table([0x10000, 0x8000], [0x40000, 0x10000], [0x60000, 0x1000]);
    issue(0xc8, 3, 200);
    busMaster(0).writePort(0, 1, 9);
    const parts = [
      [0x10000, 0x18000],
      [0x40000, 0x50000],
      [0x60000, 0x61000],
    ] as const;
    const read = Buffer.concat(parts.map(([from, to]) => memory.bytes.slice(from, to)));
    expect(read.equals(content.slice(3 * 512, 203 * 512))).toBe(true);
    expect(busMaster(0).readPort(2, 1)).toBe(4);
  });

  test('WRITE DMA EXT started after the bus master', () => {
    memory.bytes.set(
      Uint8Array.from({ length: 1024 }, (_, i) => 255 - (i & 0xff)),
      0x4000,
    );
    table([0x4000, 1024]);
    busMaster(0).writePort(0, 1, 1);
    put(2, 0);
    put(2, 2);
    for (const register of [3, 4, 5]) {
      put(register, 0);
      put(register, register === 3 ? 9 : 0);
    }
    put(6, 0x40);
    put(7, 0x35);
    expect(content.slice(9 * 512, 11 * 512)).toEqual(memory.bytes.slice(0x4000, 0x4400));
  });

  test('a table that is too short stops the transfer without an interrupt', () => {
    table([0x2000, 512]);
    issue(0xc8, 0, 2);
    busMaster(0).writePort(0, 1, 9);
    expect([busMaster(0).readPort(2, 1), irqs[0].level]).toEqual([0, false]);
  });

  test('a table without an end ends', () => {
    memory.bytes.fill(0);
    busMaster(0).writePort(4, 4, 0x1000);
    issue(0x25, 0, 0);
    busMaster(0).writePort(0, 1, 9);
    expect(ide.idle).toBe(true);
  });
});

describe('a disk that takes time', () => {
  let release: (error?: Error) => void;

  beforeEach(() => {
    const fast = new BufferDisk(content);
    build({
      sectors: SECTORS,
      readOnly: false,
      read: (sector, target) =>
        new Promise((resolve, reject) => {
          release = (error) => {
            if (error !== undefined) reject(error);
            else {
              fast.read(sector, target);
              resolve();
            }
          };
        }),
      write: () => Promise.resolve(),
      flush: () => Promise.resolve(),
    });
  });

  test('is busy, then interrupts', async () => {
    issue(0x20, 3, 1);
    expect([get(7), irqs[0].level, ide.idle]).toEqual([0x80, false, false]);
    release();
    await Promise.resolve();
    await Promise.resolve();
    expect([irqs[0].level, get(7), ide.idle]).toEqual([true, 0x58, true]);
    expect(takeSectors(1)).toEqual(content.slice(3 * 512, 4 * 512));
  });

  test('fails as an uncorrectable error', async () => {
    issue(0x20, 3, 1);
    release(new Error('cable'));
    await new Promise((resolve) => setImmediate(resolve));
    expect([get(7) & 1, get(1)]).toEqual([1, 0x40]);
  });

  test('a reset forgets what is under way', async () => {
    issue(0x20, 3, 1);
    ide.reset();
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect([get(7), irqs[0].level]).toEqual([0x50, false]);
  });
});

describe('ATAPI', () => {
  beforeEach(() => {
    build(new BufferDisk(content), new BufferDisk(content.subarray(0, 200 * 2048)));
    command = ide.channels[1].command;
    put(6, 0xa0);
  });

  const packet = (limit: number, ...bytes: number[]): void => {
    put(1, 0);
    put(4, limit & 0xff);
    put(5, limit >> 8);
    put(7, 0xa0);
    expect(get(2)).toBe(1);
    for (let i = 0; i < 12; i += 2) command.writePort(0, 2, (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8));
  };

  test('is told from a disk by its signature', () => {
    put(7, 0xec);
    expect([get(7) & 1, get(4), get(5)]).toEqual([1, 0x14, 0xeb]);
    put(7, 0xa1);
    expect(new Uint16Array(takeSectors(1).buffer)[0]).toBe(0x85c0);
  });

  test('capacity, and blocks in pieces of the byte count limit', () => {
    packet(8, 0x25);
    expect([get(4), command.readPort(0, 4), command.readPort(0, 4)]).toEqual([8, 0xc7000000, 0x00080000]);
    packet(1024, 0x28, 0, 0, 0, 0, 2, 0, 0, 1);
    const pieces: Uint8Array[] = [];
    while ((get(7) & 8) !== 0) {
      expect([get(4) | (get(5) << 8), get(2)]).toEqual([1024, 2]);
      pieces.push(takeSectors(2));
    }
    expect(Buffer.concat(pieces).equals(content.slice(2 * 2048, 3 * 2048))).toBe(true);
    expect(get(2)).toBe(3);
  });

  test('errors leave sense data', () => {
    packet(1024, 0x28, 0, 0, 0, 9, 9, 0, 0, 1);
    expect(get(7) & 1).toBe(1);
    packet(18, 0x03, 0, 0, 0, 18);
    const sense = Array.from({ length: 9 }, () => command.readPort(0, 2));
    expect([(sense[1] as number) & 15, (sense[6] as number) & 0xff]).toEqual([5, 0x21]);
  });
});

test('an overlay keeps what lies below as it was, and is saved', async () => {
  const before = content.slice();
  const overlay = new OverlayDisk(new BufferDisk(content));
  overlay.write(4, new Uint8Array(512).fill(0xee));
  const read = new Uint8Array(1024);
  await overlay.read(3, read);
  expect([read[0], read[512]]).toEqual([before[3 * 512], 0xee]);
  expect(content).toEqual(before);
  const copy = new OverlayDisk(new BufferDisk(content));
  copy.restore(structuredClone(overlay.save()));
  await copy.read(3, read);
  expect(read[512]).toBe(0xee);
});
