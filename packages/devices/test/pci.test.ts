/** PCI: configuration mechanism 1, sizing and moving of base address registers, interrupt routing, MSI-X, PAM, ACPI PM. */
import { beforeEach, expect, test } from 'vitest';
import type { PortWindow } from '../src/device.ts';
import { I440fx, type ShadowSegment } from '../src/pci/i440fx.ts';
import { PciBus } from '../src/pci/pci-bus.ts';
import { PciFunction, type PciRegion } from '../src/pci/pci-function.ts';
import { Piix3 } from '../src/pci/piix3.ts';
import { Piix4Pm } from '../src/pci/piix4-pm.ts';
import { MILLISECOND, outb, SECOND, TestClock, TestEvents, TestLine, TestMessages } from './harness.ts';

let regions: Set<PciRegion>;
let lines: TestLine[];
let messages: TestMessages;
let events: TestEvents & { sleep(type: number): void };
let slept: number[];
let shadow: ShadowSegment[];
let piix3: Piix3;
let bus: PciBus;
let clock: TestClock;

const space = {
  map: (region: PciRegion): unknown => regions.add(region),
  unmap: (region: PciRegion): unknown => regions.delete(region),
};
const port: PortWindow = { readPort: () => 0x55, writePort: () => undefined };
const memory = { read: () => 0xaa, write: () => undefined };

beforeEach(() => {
  regions = new Set();
  lines = Array.from({ length: 16 }, () => new TestLine());
  messages = new TestMessages();
  slept = [];
  shadow = [];
  clock = new TestClock();
  events = Object.assign(new TestEvents(), { sleep: (type: number) => slept.push(type) });
  piix3 = new Piix3({ irq: (request) => lines[request] as TestLine, events });
  bus = new PciBus({ space, messages, pirq: piix3.pirq, resetControl: piix3.resetControl });
  bus.plug(0, 0, new I440fx({ shadow: (segment) => shadow.push(segment) }).pci);
  bus.plug(1, 0, piix3.pci);
});

const select = (device: number, offset: number, index = 0): void =>
  bus.ports.writePort(0, 4, (0x80000000 | (device << 11) | (index << 8) | offset) >>> 0);
const read = (device: number, offset: number, index = 0): number => {
  select(device, offset, index);
  return bus.ports.readPort(4, 4);
};
const write = (device: number, offset: number, value: number, index = 0): void => {
  select(device, offset, index);
  bus.ports.writePort(4, 4, value >>> 0);
};

test('functions are found by vendor and device; nothing reads as ones', () => {
  expect(read(0, 0)).toBe(0x12378086);
  expect(read(1, 0)).toBe(0x70008086);
  expect((read(1, 0x0c) >> 16) & 0xff).toBe(0x80);
  expect(read(2, 0)).toBe(0xffffffff);
  expect(read(1, 0, 3)).toBe(0xffffffff);
  bus.ports.writePort(0, 4, 0);
  expect(bus.ports.readPort(4, 4)).toBe(0xffffffff);
});

test('bytes and words of a register', () => {
  select(0, 0);
  expect([bus.ports.readPort(4, 2), bus.ports.readPort(6, 2), bus.ports.readPort(5, 1)]).toEqual([
    0x8086, 0x1237, 0x80,
  ]);
  select(1, 0x60);
  bus.ports.writePort(6, 1, 0x0b);
  expect(read(1, 0x60)).toBe(0x800b8080);
});

test('base address registers: size, place, decode enable, 64 bits', () => {
  const pci = new PciFunction({
    identity: { vendor: 1, device: 2, classCode: 0x020000 },
    bars: {
      0: { space: 'port', bytes: 32, window: port },
      1: { space: 'memory', bytes: 0x20000, window: memory },
      2: { space: 'memory', bytes: 0x4000, window: memory, prefetchable: true, wide: true },
    },
  });
  bus.plug(3, 0, pci);
  for (const at of [0x10, 0x14, 0x18, 0x1c, 0x20]) write(3, at, 0xffffffff);
  expect([0x10, 0x14, 0x18, 0x1c, 0x20].map((at) => read(3, at))).toEqual([
    0xffffffe1, 0xfffe0000, 0xffffc00c, 0xffffffff, 0,
  ]);
  write(3, 0x10, 0xc021);
  write(3, 0x14, 0xe0012345);
  write(3, 0x18, 0x8000);
  write(3, 0x1c, 2);
  expect([...regions]).toEqual([]);
  write(3, 4, 3);
  expect([...regions].map(({ space: kind, base, bytes }) => [kind, base, bytes])).toEqual([
    ['port', 0xc020, 32],
    ['memory', 0xe0000000, 0x20000],
    ['memory', 0x200008000, 0x4000],
  ]);
  write(3, 0x10, 0xd001);
  expect([...regions].find((region) => region.space === 'port')?.base).toBe(0xd000);
  pci.reset();
  expect([...regions]).toEqual([]);
});

test('an expansion ROM is read where its register puts it', () => {
  const rom = Uint8Array.from([0x55, 0xaa, 3]);
  bus.plug(3, 0, new PciFunction({ identity: { vendor: 1, device: 2, classCode: 0 }, rom }));
  write(3, 0x30, 0xfffffffe);
  expect(read(3, 0x30)).toBe(0xfffff800);
  write(3, 0x30, 0xf0000001);
  write(3, 4, 2);
  const [region] = [...regions];
  expect(region?.space === 'memory' && region.window.read(0, 4)).toBe(0xff03aa55);
});

test('INTx goes through PIRQ routing to an ISA interrupt, and can be disabled and shared', () => {
  const make = (): PciFunction =>
    new PciFunction({ identity: { vendor: 1, device: 2, classCode: 0 }, interruptPin: 1 });
  const [first, second] = [make(), make()];
  bus.plug(3, 0, first);
  bus.plug(7, 0, second);
  write(1, 0x60, 0x0b0b0a0a);
  first.interrupt.set(true);
  expect(lines[11]?.level).toBe(true);
  expect((read(3, 4) >> 16) & 8).toBe(8);
  second.interrupt.set(true);
  first.interrupt.set(false);
  expect(lines[11]?.level).toBe(true);
  write(7, 4, 0x400);
  expect(lines[11]?.level).toBe(false);
  write(7, 4, 0);
  write(1, 0x60, 0x0b800a0a);
  expect(lines[11]?.level).toBe(false);
});

test('MSI-X: masked vectors wait, messages go to local APICs', () => {
  const pci = new PciFunction({ identity: { vendor: 1, device: 2, classCode: 0 }, msix: { vectors: 3, bar: 1 } });
  bus.plug(4, 0, pci);
  expect(read(4, 0x34)).toBe(0x40);
  expect(read(4, 0x40)).toBe(0x00020011);
  write(4, 0x14, 0xe0000000);
  write(4, 4, 6);
  const [region] = [...regions];
  if (region?.space !== 'memory') throw new Error('no table');
  for (const [at, value] of [
    [16, 0xfee01000],
    [24, 0x4041],
  ] as const) {
    region.window.write(at, 4, value);
  }
  pci.msix?.trigger(1);
  expect(region.window.read(0x800, 1)).toBe(2);
  write(4, 0x40, 0x80000000);
  expect(messages.take()).toEqual([]);
  region.window.write(28, 4, 0);
  expect(messages.take()).toEqual([
    {
      vector: 0x41,
      deliveryMode: 'fixed',
      destination: 1,
      destinationMode: 'physical',
      trigger: 'edge',
      level: true,
    },
  ]);
  pci.msix?.trigger(99);
});

test('PAM registers shadow segments', () => {
  write(0, 0x58, 0x00003000);
  expect(shadow).toEqual([{ start: 0xf0000, bytes: 0x10000, readRam: true, writeRam: true }]);
  write(0, 0x5c, 0x00000021);
  expect(shadow.slice(1)).toEqual([
    { start: 0xd0000, bytes: 0x4000, readRam: true, writeRam: false },
    { start: 0xd4000, bytes: 0x4000, readRam: false, writeRam: true },
  ]);
});

test('CF9h resets, and is not the address register', () => {
  select(1, 0);
  outb(bus.ports, 1, 0x02, 0x06);
  expect([events.resets, bus.ports.readPort(1, 1), bus.ports.readPort(4, 4)]).toEqual([1, 2, 0x70008086]);
});

function powerManagement(): { pm: Piix4Pm; sci: TestLine; block: PortWindow } {
  const sci = new TestLine();
  const pm = new Piix4Pm({ clock, sci, space, events });
  bus.plug(1, 3, pm.pci);
  write(1, 0x40, 0x601, 3);
  write(1, 0x80, 1, 3);
  const region = [...regions].find(({ base }) => base === 0x600);
  if (region?.space !== 'port') throw new Error('no PM block');
  return { pm, sci, block: region.window };
}

test('the PM timer counts at 3.579545 MHz and interrupts when bit 23 changes', () => {
  const { pm, sci, block } = powerManagement();
  clock.advance(SECOND);
  expect(block.readPort(8, 4)).toBe(3579545);
  outb(pm.apm, 0, 0xf1);
  expect(block.readPort(4, 2) & 1).toBe(1);
  block.writePort(2, 2, 1);
  clock.advance(1343n * MILLISECOND);
  expect(sci.level).toBe(false);
  clock.advance(MILLISECOND);
  expect([sci.level, block.readPort(0, 2)]).toEqual([true, 1]);
  block.writePort(0, 2, 1);
  expect(sci.level).toBe(false);
});

test('power button and soft off', () => {
  const { pm, sci, block } = powerManagement();
  block.writePort(2, 2, 0x100);
  pm.pressPowerButton();
  expect(sci.level).toBe(false);
  outb(pm.apm, 0, 0xf1);
  expect(sci.level).toBe(true);
  block.writePort(0, 4, 0x01000100);
  expect([sci.level, block.readPort(2, 2)]).toEqual([false, 0x100]);
  block.writePort(4, 2, 0x2001);
  expect(slept).toEqual([0]);
});
