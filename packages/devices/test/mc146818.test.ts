/** MC146818: time in its notations, the update cycle, the three interrupts, memory. */
import { beforeEach, expect, test } from 'vitest';
import { cmosMemorySize, Mc146818 } from '../src/mc146818.ts';
import { inb, MILLISECOND, outb, SECOND, TestClock, TestLine } from './harness.ts';

let clock: TestClock;
let irq: TestLine;
let rtc: Mc146818;

beforeEach(() => {
  clock = new TestClock();
  irq = new TestLine();
  rtc = new Mc146818({ clock, irq, startTime: Date.UTC(2026, 10, 20, 23, 59, 58), cmos: cmosMemorySize(2 ** 29, 0) });
});

const read = (index: number): number => {
  outb(rtc.ports, 0, index);
  return inb(rtc.ports, 1);
};
const write = (index: number, value: number): void => {
  outb(rtc.ports, 0, index);
  outb(rtc.ports, 1, value);
};
const time = (): number[] => [0x32, 9, 8, 7, 4, 2, 0].map(read);

test('the time in BCD, over midnight', () => {
  expect(time()).toEqual([0x20, 0x26, 0x11, 0x20, 0x23, 0x59, 0x58]);
  expect(read(6)).toBe(6);
  clock.advance(3n * SECOND);
  expect(time()).toEqual([0x20, 0x26, 0x11, 0x21, 0x00, 0x00, 0x01]);
});

test('binary and 12 hours', () => {
  write(0x0b, 0x04);
  expect(time()).toEqual([20, 26, 11, 20, 11 | 0x80, 59, 58]);
  clock.advance(2n * SECOND);
  expect(read(4)).toBe(12);
});

test('setting the time while SET stops the clock', () => {
  write(0x0b, 0x82);
  const values = { 0: 0x00, 2: 0x30, 4: 0x12, 7: 0x29, 8: 0x02, 9: 0x28, 50: 0x20 };
  for (const [index, value] of Object.entries(values)) write(Number(index), value);
  clock.advance(5n * SECOND);
  expect(read(0)).toBe(0);
  write(0x0b, 0x02);
  clock.advance(3n * SECOND);
  expect(time()).toEqual([0x20, 0x28, 0x02, 0x29, 0x12, 0x30, 0x03]);
});

test('update in progress shows before the second ends', () => {
  expect(read(0x0a) & 0x80).toBe(0);
  clock.advance(SECOND - 200_000n);
  expect(read(0x0a) & 0x80).toBe(0x80);
});

test('the periodic interrupt at 1024 Hz is held until register C is read', () => {
  write(0x0b, 0x42);
  clock.advance(MILLISECOND);
  expect(irq.level).toBe(true);
  clock.advance(10n * MILLISECOND);
  expect(irq.edges).toBe(1);
  expect(read(0x0c)).toBe(0xc0);
  expect([irq.level, read(0x0c)]).toEqual([false, 0]);
  irq.edges = 0;
  for (let i = 0; i < 1024; i++) {
    clock.advance(SECOND / 1024n);
    read(0x0c);
  }
  expect(irq.edges).toBeGreaterThanOrEqual(1023);
});

test('update and alarm interrupts; an alarm matches any value where its byte says so', () => {
  write(0x0b, 0x12);
  clock.advance(SECOND);
  expect([irq.level, read(0x0c)]).toEqual([true, 0xd0]);
  write(0x0b, 0x22);
  write(1, 0x05);
  write(3, 0xff);
  write(5, 0xc0);
  clock.advance(5n * SECOND);
  expect(irq.level).toBe(false);
  clock.advance(2n * SECOND);
  expect([irq.level, read(0x0c)]).toEqual([true, 0xf0]);
});

test('flags rise without any enable (the alarm is at midnight), and nothing is scheduled', () => {
  clock.advance(2n * SECOND);
  expect(read(0x0c)).toBe(0x70);
  expect(clock.scheduled).toBe(0);
});

test('memory holds what firmware looks for, and what is written', () => {
  expect(read(0x34) | (read(0x35) << 8)).toBe((2 ** 29 - 2 ** 24) / 0x10000);
  write(0x0f, 0x0a);
  rtc.reset();
  expect([read(0x0f), read(0x0d)]).toEqual([0x0a, 0x80]);
});
