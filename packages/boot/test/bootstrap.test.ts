import { BOOT_SECTOR, DISK_BUFFER, LOADER, LOADER_PAGE_TABLES } from '@drift-os/abi/layout/memory-map';
import { TRAMPOLINE_PARAMETERS } from '@drift-os/abi/layout/trampoline';
import { expect, test } from 'vitest';
import { assembleBootstrap, LOADER_SECTORS } from '../src/bootstrap/bootstrap.ts';
import { crc32c } from '../src/crc32c.ts';
import { writeDisk } from '../src/disk.ts';
import { DISK_SEGMENTS_MAXIMUM, LOADER_CRC_AT, SECTOR_BYTES, writeDiskHeader } from '../src/disk-header.ts';
import { assembleTrampoline } from '../src/entry/trampoline.ts';
import { greeting } from './small-kernel.ts';

const disk = writeDisk(greeting);
const view = new DataView(disk.buffer);
const header = new DataView(disk.buffer, SECTOR_BYTES, SECTOR_BYTES);

/** By long division of the message as a polynomial, bit by bit, as RFC 3720 12.1 has it: each byte's lowest bit first, the result turned round. */
function dividedCrc(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const out = (rest >>> 31) ^ ((byte >> bit) & 1);
      rest = (rest << 1) ^ (out === 0 ? 0 : 0x1edc6f41);
    }
  }
  let turned = 0;
  for (let bit = 0; bit < 32; bit++) turned |= ((rest >>> bit) & 1) << (31 - bit);
  return ~turned >>> 0;
}

test.each([
  ['RFC 3720, B.4', crc32c],
  ['the same, for the division of the other tests', dividedCrc],
])('CRC-32C is that of %s', (_, crc) => {
  const bytes = Uint8Array.from({ length: 32 }, (_, index) => index);
  expect(crc(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc(bytes)).toBe(0x46dd794e);
  expect(crc(bytes.reverse())).toBe(0x113fdb5c);
});

test('CRC-32C is what division leaves, for any length', () => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, index) => (index * 7919) >>> 3);
  for (const length of [0, 1, 512, 3000])
    expect(crc32c(bytes.subarray(0, length))).toBe(dividedCrc(bytes.subarray(0, length)));
});

test('the boot sector ends with its signature and leaves the BIOS parameter block alone', () => {
  const { bootSector } = assembleBootstrap();
  expect(bootSector.length).toBe(512);
  expect([...bootSector.subarray(510)]).toEqual([0x55, 0xaa]);
  expect(bootSector[0]).toBe(0xeb);
  expect(bootSector.subarray(2, 0x3e).every((byte) => byte === 0)).toBe(true);
});

test('one active partition covers the disk behind the boot sector', () => {
  expect(disk[446]).toBe(0x80);
  expect(view.getUint32(446 + 8, true)).toBe(1);
  expect(view.getUint32(446 + 12, true)).toBe(disk.length / SECTOR_BYTES - 1);
  expect(disk.subarray(462, 510).every((byte) => byte === 0)).toBe(true);
});

test('the loader fits between the boot sector and the disk buffer', () => {
  expect(assembleBootstrap().loader.length).toBe((LOADER_SECTORS - 1) * SECTOR_BYTES);
  expect(BOOT_SECTOR + SECTOR_BYTES).toBe(LOADER);
  expect(LOADER + LOADER_SECTORS * SECTOR_BYTES).toBeLessThanOrEqual(DISK_BUFFER);
  expect(LOADER_PAGE_TABLES % 4096).toBe(0);
});

test('the trampoline fits below its parameters', () => {
  expect(assembleTrampoline().length).toBeLessThanOrEqual(TRAMPOLINE_PARAMETERS);
});

test('the disk is a whole number of MiB, and the same each time', () => {
  expect(disk.length % 0x100000).toBe(0);
  expect(writeDisk(greeting)).toEqual(disk);
});

test('the disk header finds and checks the image', () => {
  const covered = disk.subarray(SECTOR_BYTES + LOADER_CRC_AT + 4, (1 + LOADER_SECTORS) * SECTOR_BYTES);
  expect(header.getUint32(LOADER_CRC_AT, true)).toBe(dividedCrc(covered));
  const first = header.getUint32(12, true) * SECTOR_BYTES;
  const image = disk.subarray(first, first + header.getUint32(16, true) * SECTOR_BYTES);
  expect(header.getUint32(20, true)).toBe(dividedCrc(image));
  expect(header.getUint32(24, true)).toBe(greeting.entry);
  expect(header.getUint32(28, true)).toBe(greeting.directory);
  const text = greeting.segments[0];
  expect(header.getUint32(48 + 4, true)).toBe(text?.address);
  expect(image.subarray(0, text?.bytes.length)).toEqual(text?.bytes);
});

test('near neighbours without contents are one on disk', () => {
  const empty = (address: number) => ({
    name: 'zeros',
    address,
    bytes: new Uint8Array(),
    memoryBytes: 0x1800,
    flags: 2,
  });
  const [text] = greeting.segments;
  if (text === undefined) throw new Error('the greeting has a text segment');
  const segments = [empty(0x80000), empty(0x100000), empty(0x102000), text, empty(0x300000)];
  const bytes = new DataView(writeDisk({ ...greeting, segments }).buffer, SECTOR_BYTES, SECTOR_BYTES);
  expect(bytes.getUint32(40, true)).toBe(4);
  expect(bytes.getUint32(48 + 12, true)).toBe(0x1800);
  expect(bytes.getUint32(64 + 12, true)).toBe(0x3800);
  expect(bytes.getUint32(36, true)).toBe(0x301800);
});

test('more segments than the header holds are refused', () => {
  const segment = { offset: 0, address: 0x100000, fileBytes: 0, memoryBytes: 1 };
  const rest = { imageSector: 6, imageSectors: 0, imageCrc: 0, entry: 0, directory: 0, imageStart: 0, imageEnd: 0 };
  const segments = new Array(DISK_SEGMENTS_MAXIMUM + 1).fill(segment);
  expect(() => writeDiskHeader({ ...rest, segments }, new Uint8Array())).toThrow(RangeError);
});
