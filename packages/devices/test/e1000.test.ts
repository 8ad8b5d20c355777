/** 82540EM: EEPROM by both ways, PHY, descriptor rings, checksums and segmentation, address filter. */
import { beforeEach, expect, test } from 'vitest';
import { E1000 } from '../src/e1000/e1000.ts';
import { PciBus } from '../src/pci/pci-bus.ts';
import type { MemoryWindow } from '../src/device.ts';
import { TestEvents, TestLine, TestMemory, TestMessages } from './harness.ts';

const mac = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56);
let memory: TestMemory;
let frames: Uint8Array[];
let line: TestLine;
let events: TestEvents;
let nic: E1000;
let window: MemoryWindow;

beforeEach(() => {
  [memory, line, frames] = [new TestMemory(0x100000), new TestLine(), []];
  events = new TestEvents();
  nic = new E1000({
    mac,
    memory,
    events: {
      unknownRegister: (report) => events.unknownRegister(report),
      frame: (frame) => frames.push(frame.slice()),
    },
  });
  const none = new TestLine();
  const space = { map: () => undefined, unmap: () => undefined };
  new PciBus({ space, messages: new TestMessages(), pirq: [none, none, line, none] }).plug(3, 0, nic.pci);
  nic.pci.writeConfig(0x10, 4, 0xe0000000);
  nic.pci.writeConfig(4, 2, 7);
  const region = nic.pci.regions()[0];
  if (region?.space !== 'memory') throw new Error('no registers');
  window = region.window;
});

const read = (offset: number): number => window.read(offset, 4);
const write = (offset: number, value: number): void => window.write(offset, 4, value >>> 0);

/** A word by the four-wire bus, as drivers for the 82540 read it. */
function microwire(address: number): number {
  const clock = (data: number): number => {
    write(0x10, 0x42 | data);
    write(0x10, 0x43 | data);
    return (read(0x10) >> 3) & 1;
  };
  write(0x10, 0x40);
  write(0x10, 0x42);
  for (const bit of ((0b110 << 6) | address).toString(2)) clock(bit === '1' ? 4 : 0);
  let word = 0;
  for (let i = 0; i < 16; i++) word = (word << 1) | clock(0);
  write(0x10, 0x40);
  return word;
}

test('the EEPROM has the MAC address and a checksum, on both ways', () => {
  const words = Array.from({ length: 64 }, (_, i) => microwire(i));
  expect(words.slice(0, 3)).toEqual([0x5452, 0x1200, 0x5634]);
  expect(words.reduce((sum, word) => sum + word, 0) & 0xffff).toBe(0xbaba);
  write(0x14, 0x0201);
  expect(read(0x14)).toBe(0x56340210);
  expect([read(0x5400), read(0x5404)]).toEqual([0x12005452, 0x80005634]);
});

test('link state by register and PHY, with its interrupt', () => {
  const phy = (register: number): number => {
    write(0x20, (2 << 26) | (1 << 21) | (register << 16));
    return read(0x20);
  };
  expect([read(8) & 2, phy(1) & 0x10000004, phy(2) & 0xffff]).toEqual([2, 0x10000004, 0x0141]);
  write(0xd0, 4);
  nic.setLink(false);
  expect([line.level, read(8), phy(1) & 4, read(0xc0), line.level]).toEqual([true, 0, 0, 4, false]);
});

const RING = 0x1000;
function startTransmit(): void {
  for (const [offset, value] of [
    [0x3800, RING],
    [0x3808, 128],
    [0x400, 2],
  ] as const) {
    write(offset, value);
  }
}
const legacy = (index: number, address: number, length: number, command: number, cso = 0, css = 0): void => {
  memory.view.setBigUint64(RING + 16 * index, BigInt(address), true);
  memory.view.setUint32(RING + 16 * index + 8, length | (cso << 16) | (command << 24), true);
  memory.view.setUint32(RING + 16 * index + 12, css << 8, true);
};

test('legacy descriptors gather a frame, insert a checksum, report status', () => {
  startTransmit();
  memory.bytes.set([1, 2, 3, 4, 0, 0], 0x2000);
  memory.bytes.set([5, 6], 0x3000);
  legacy(0, 0x2000, 6, 0);
  legacy(1, 0x3000, 2, 0x0d, 4, 2);
  write(0xd0, 1);
  write(0x3818, 2);
  // 0304h + 0506h = 080Ah.
  expect(frames).toEqual([Uint8Array.of(1, 2, 3, 4, 0xf7, 0xf5, 5, 6)]);
  expect([memory.bytes[RING + 28], read(0x3810), line.level]).toEqual([1, 2, true]);
  expect([read(0xc0) & 3, line.level]).toEqual([3, false]);
});

test('TCP is segmented: lengths, identification, sequence numbers, flags, checksums', () => {
  startTransmit();
  const header = new Uint8Array(54);
  const view = new DataView(header.buffer);
  view.setUint16(12, 0x0800);
  header[14] = 0x45;
  view.setUint16(18, 100);
  header[22] = 64;
  header[23] = 6;
  header.set([10, 0, 0, 1, 10, 0, 0, 2], 26);
  view.setUint32(38, 1000);
  header[46] = 0x50;
  header[47] = 0x19;
  // Software puts the pseudo header's sum, without the length, into the checksum field: addresses and protocol.
  view.setUint16(50, 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 6);
  memory.bytes.set(header, 0x2000);
  for (let i = 0; i < 25; i++) memory.bytes[0x2000 + 54 + i] = i;
  // Context: IP checksum 14..33 at 24, TCP from 34 at 50; 25 bytes of payload, header 54, segments of 10.
  memory.bytes.set([14, 24, 33, 0, 34, 50, 0, 0], RING);
  memory.view.setUint32(RING + 8, 25 | (0x27 << 24), true);
  memory.view.setUint32(RING + 12, (54 << 8) | (10 << 16), true);
  memory.view.setBigUint64(RING + 16, 0x2000n, true);
  memory.view.setUint32(RING + 24, (79 | (1 << 20) | (0x2d << 24)) >>> 0, true);
  memory.view.setUint32(RING + 28, 3 << 8, true);
  write(0x3818, 2);
  expect(frames.map((frame) => frame.length)).toEqual([64, 64, 59]);
  const sum = (bytes: Uint8Array, initial = 0): number => {
    let total = initial;
    for (let i = 0; i < bytes.length; i += 2) total += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
    while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
    return total;
  };
  for (const [i, frame] of frames.entries()) {
    const each = new DataView(frame.buffer);
    expect([each.getUint16(16), each.getUint16(18), each.getUint32(38)]).toEqual([
      frame.length - 14,
      100 + i,
      1000 + 10 * i,
    ]);
    expect(frame[47]).toBe(i === 2 ? 0x19 : 0x10);
    expect(sum(frame.subarray(14, 34))).toBe(0xffff);
    expect(sum(frame.subarray(34), 0x0a00 + 1 + 0x0a00 + 2 + 6 + frame.length - 34)).toBe(0xffff);
    expect([...frame.subarray(54)]).toEqual(Array.from({ length: frame.length - 54 }, (_, k) => 10 * i + k));
  }
});

function startReceive(control: number): void {
  for (let i = 0; i < 8; i++) memory.view.setBigUint64(0x8000 + 16 * i, BigInt(0x10000 + 0x1000 * i), true);
  for (const [offset, value] of [
    [0x2800, 0x8000],
    [0x2808, 128],
    [0x2810, 0],
    [0x2818, 7],
    [0x100, control],
  ] as const) {
    write(offset, value);
  }
}
const frameTo = (destination: Iterable<number>, bytes: number): Uint8Array => {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => i & 0xff);
  frame.set([...destination]);
  return frame;
};

test('receives into descriptors, over several where one is too small', () => {
  startReceive(0x02 | (3 << 16) | (1 << 26));
  write(0xd0, 0x80);
  const frame = frameTo(mac, 300);
  expect(nic.receive(frame)).toBe(true);
  expect(memory.bytes.slice(0x10000, 0x10100)).toEqual(frame.slice(0, 256));
  expect(memory.bytes.slice(0x11000, 0x1102c)).toEqual(frame.slice(256));
  expect([memory.view.getUint16(0x8008, true), memory.bytes[0x800c]]).toEqual([256, 1]);
  expect([memory.view.getUint16(0x8018, true), memory.bytes[0x801c]]).toEqual([44, 3]);
  expect([read(0x2810), line.level]).toEqual([2, true]);
});

test('short frames are padded, and the check sequence has its place where it is kept', () => {
  startReceive(0x02);
  nic.receive(frameTo(mac, 20));
  expect(memory.view.getUint16(0x8008, true)).toBe(64);
});

test('the address filter', () => {
  startReceive(0x02);
  const other = [2, 0, 0, 0, 0, 1];
  const group = [0x01, 0x00, 0x5e, 0, 0, 0xfb];
  const all = new Array<number>(6).fill(0xff);
  expect([mac, other, group, all].map((to) => nic.receive(frameTo(to, 60)))).toEqual([true, false, false, false]);
  write(0x100, 0x8002);
  const hash = ((0xfb << 8) >> 4) & 0xfff;
  write(0x5200 + 4 * (hash >> 5), 2 ** (hash & 31));
  expect([other, group, all].map((to) => nic.receive(frameTo(to, 60)))).toEqual([false, true, true]);
  write(0x100, 0x800a);
  expect(nic.receive(frameTo(other, 60))).toBe(true);
});

test('without room the frame is lost, and software is told', () => {
  startReceive(0x02);
  write(0x2818, 0);
  expect([nic.receive(frameTo(mac, 60)), read(0xc0)]).toEqual([false, 0x40]);
});

test('unknown registers, and state that goes on', () => {
  expect(read(0x1ff00)).toBe(0xffffffff);
  expect(events.unknown).toEqual(['82540EM read offset 1FF00h']);
  startReceive(0x02);
  const state = structuredClone(nic.save());
  write(0x100, 0);
  nic.restore(state);
  expect(nic.receive(frameTo(mac, 60))).toBe(true);
});
