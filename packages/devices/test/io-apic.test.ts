/** I/O APIC: redirection, masking, level interrupts with EOI. */
import { beforeEach, expect, test } from 'vitest';
import { IoApic } from '../src/io-apic.ts';
import { TestEvents, TestMessages } from './harness.ts';

let messages: TestMessages;
let events: TestEvents;
let ioApic: IoApic;

beforeEach(() => {
  [messages, events] = [new TestMessages(), new TestEvents()];
  ioApic = new IoApic({ messages, events });
});

const write = (index: number, value: number): void => {
  ioApic.memory.write(0, 4, index);
  ioApic.memory.write(0x10, 4, value);
};
const read = (index: number): number => {
  ioApic.memory.write(0, 4, index);
  return ioApic.memory.read(0x10, 4);
};
const route = (pin: number, low: number, destination = 0): void => {
  write(0x11 + 2 * pin, (destination << 24) >>> 0);
  write(0x10 + 2 * pin, low);
};

test('identification, and entries that are masked after reset', () => {
  write(0, 0x05000000);
  expect([read(0), read(1), read(0x10)]).toEqual([0x05000000, 0x00170020, 0x10000]);
});

test('an edge is one message', () => {
  route(4, 0x34, 3);
  ioApic.input(4).set(true);
  ioApic.input(4).set(true);
  expect(messages.take()).toEqual([
    {
      vector: 0x34,
      deliveryMode: 'fixed',
      destination: 3,
      destinationMode: 'physical',
      trigger: 'edge',
      level: true,
    },
  ]);
  ioApic.input(4).set(false);
  ioApic.input(4).set(true);
  expect(messages.take().length).toBe(1);
});

test('a masked edge waits', () => {
  ioApic.input(4).set(true);
  expect(messages.take()).toEqual([]);
  route(4, 0x34);
  expect(messages.take().length).toBe(1);
});

test('a level is sent again after EOI while it lasts', () => {
  route(10, 0x8941, 0xff);
  ioApic.input(10).set(true);
  expect(messages.take()).toMatchObject([
    { deliveryMode: 'lowest-priority', destinationMode: 'logical', trigger: 'level' },
  ]);
  expect(read(0x24) & 0x4000).toBe(0x4000);
  write(0x24, 0x18941);
  write(0x24, 0x8941);
  expect(messages.take()).toEqual([]);
  ioApic.endOfInterrupt(0x41);
  expect(messages.take().length).toBe(1);
  ioApic.input(10).set(false);
  ioApic.memory.write(0x40, 4, 0x41);
  expect(messages.take()).toEqual([]);
  expect(read(0x24) & 0x4000).toBe(0);
});

test('unknown registers are reported once and read as ones', () => {
  expect([read(0x80), ioApic.memory.read(0x20, 4), ioApic.memory.read(0x20, 4)]).toEqual([
    0xffffffff, 0xffffffff, 0xffffffff,
  ]);
  expect(events.unknown).toEqual(['82093AA read index 80h', '82093AA read offset 20h']);
});
