/** 8254: modes, latches, gate, against the waveforms of its data sheet. */
import { beforeEach, expect, test } from 'vitest';
import { I8254 } from '../src/i8254.ts';
import { SystemControlB } from '../src/system-control.ts';
import { inb, MILLISECOND, outb, SECOND, TestClock, TestLine } from './harness.ts';

let clock: TestClock;
let irq: TestLine;
let timer: I8254;

beforeEach(() => {
  clock = new TestClock();
  irq = new TestLine();
  timer = new I8254({ clock, irq });
});

const tick = (ticks: number): bigint => (BigInt(ticks) * SECOND + 1193181n) / 1193182n;
const load = (counter: number, control: number, count: number): void => {
  outb(timer.ports, 3, (counter << 6) | 0x30 | control);
  outb(timer.ports, counter, count & 0xff, count >> 8);
};
const read = (counter: number): number => inb(timer.ports, counter) | (inb(timer.ports, counter) << 8);

test.each([
  ['rate generator', 2],
  ['square wave', 3],
])('counter 0 as %s interrupts a thousand times a second', (_name, mode) => {
  load(0, mode << 1, 1193);
  irq.edges = 0;
  clock.advance(SECOND);
  expect(irq.edges).toBe(Math.floor(1193182 / 1193));
});

test('mode 0 raises its output once, when the count is over, and goes on counting', () => {
  load(0, 0, 1000);
  expect(irq.level).toBe(false);
  clock.advance(tick(999));
  expect([irq.level, read(0)]).toEqual([false, 1]);
  clock.advance(tick(1000) - clock.now());
  expect(irq.level).toBe(true);
  clock.advance(tick(1001) - clock.now());
  expect(read(0)).toBe(0xffff);
  clock.advance(SECOND);
  expect([irq.edges, clock.scheduled]).toEqual([1, 0]);
});

test('mode 4 strobes low for one tick', () => {
  load(0, 8, 100);
  expect(irq.level).toBe(true);
  clock.advance(tick(100));
  expect(irq.level).toBe(false);
  clock.advance(tick(101) - clock.now());
  expect(irq.level).toBe(true);
});

test('mode 3 counts by twos', () => {
  load(0, 6, 1000);
  clock.advance(tick(100));
  expect(read(0)).toBe(800);
});

test('a latched count stands still until it is read; BCD counts in tens', () => {
  load(0, 5, 0x1000);
  outb(timer.ports, 3, 0x00);
  clock.advance(tick(1));
  expect([read(0), read(0)]).toEqual([0x1000, 0x0999]);
});

test('read-back latches status and count', () => {
  load(2, 4, 0x1234);
  outb(timer.ports, 3, 0xc8);
  expect(inb(timer.ports, 2)).toBe(0x80 | 0x30 | 4);
  expect(read(2)).toBe(0x1234);
  outb(timer.ports, 3, 0xb4, 0xe8);
  expect(inb(timer.ports, 2) & 0x40).toBe(0x40);
});

test('a low byte alone is the count', () => {
  outb(timer.ports, 3, 0x14);
  outb(timer.ports, 0, 100);
  clock.advance(tick(1));
  expect([inb(timer.ports, 0), inb(timer.ports, 0)]).toEqual([99, 99]);
});

test('port 61h gates counter 2 and shows its output', () => {
  const periods: number[] = [];
  timer = new I8254({ clock, irq, tone: (period) => periods.push(period) });
  const port = new SystemControlB({ clock, timer });
  load(2, 0, 11932);
  clock.advance(20n * MILLISECOND);
  expect([inb(port.ports) & 0x20, read(2)]).toEqual([0, 11932]);
  outb(port.ports, 0, 1);
  clock.advance(5n * MILLISECOND);
  outb(port.ports, 0, 0);
  clock.advance(20n * MILLISECOND);
  outb(port.ports, 0, 1);
  clock.advance(4n * MILLISECOND);
  expect(inb(port.ports) & 0x20).toBe(0);
  clock.advance(2n * MILLISECOND);
  expect(inb(port.ports) & 0x2f).toBe(0x21);
  load(2, 6, 1193);
  expect(Math.round((periods.at(-1) as number) / 1000)).toBe(1000);
  outb(port.ports, 0, 0);
  expect(periods.at(-1)).toBe(0);
});

test('a gate that rises starts a one-shot', () => {
  load(2, 2, 1000);
  clock.advance(tick(5000));
  timer.setGate(true);
  clock.advance(tick(999));
  expect(timer.output).toBe(false);
  clock.advance(tick(2));
  expect(timer.output).toBe(true);
});

test('the refresh bit of port 61h toggles', () => {
  const port = new SystemControlB({ clock, timer });
  const seen = new Set<number>();
  for (let i = 0; i < 4; i++) {
    seen.add(inb(port.ports) & 0x10);
    clock.advance(15_085n);
  }
  expect(seen.size).toBe(2);
});

test('a saved timer goes on interrupting', () => {
  load(0, 4, 1193);
  const state = timer.save();
  const line = new TestLine();
  const copy = new I8254({ clock, irq: line });
  copy.restore(structuredClone(state));
  clock.advance(10n * MILLISECOND);
  expect(line.edges).toBe(irq.edges);
  expect(line.edges).toBeGreaterThan(8);
});
