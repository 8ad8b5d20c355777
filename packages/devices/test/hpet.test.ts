/** HPET: counter, one-shot and periodic comparators, level interrupts, legacy routes. */
import { beforeEach, expect, test } from 'vitest';
import { Hpet } from '../src/hpet.ts';
import { MILLISECOND, TestClock, TestEvents, TestLine } from './harness.ts';

let clock: TestClock;
let lines: TestLine[];
let legacy: boolean[];
let events: TestEvents;
let hpet: Hpet;

beforeEach(() => {
  clock = new TestClock();
  lines = Array.from({ length: 24 }, () => new TestLine());
  legacy = [];
  events = new TestEvents();
  hpet = new Hpet({
    clock,
    line: (input) => lines[input] as TestLine,
    legacyRoutes: (enabled) => legacy.push(enabled),
    events,
  });
});

const read = (offset: number): number => hpet.memory.read(offset, 4);
const write = (offset: number, value: number): void => hpet.memory.write(offset, 4, value);
const edges = (input: number): number => lines[input]?.edges ?? 0;

test('capabilities: 10 ns, three 64-bit timers, legacy routes', () => {
  expect([read(0), read(4)]).toEqual([0x8086a201, 10_000_000]);
  expect([read(0x100), read(0x104)]).toEqual([0x30, 0x00ff0104]);
});

test('the counter runs while it is enabled, and keeps what was written', () => {
  clock.advance(MILLISECOND);
  expect(read(0xf0)).toBe(0);
  write(0xf0, 500);
  write(0x10, 1);
  clock.advance(MILLISECOND);
  expect(read(0xf0)).toBe(100_500);
  write(0x10, 0);
  clock.advance(MILLISECOND);
  expect(read(0xf0)).toBe(100_500);
});

test('a one-shot comparator', () => {
  write(0x10, 1);
  write(0x120, 0x2804);
  write(0x128, 1000);
  write(0x12c, 0);
  clock.advance(9_999n);
  expect(edges(20)).toBe(0);
  clock.advance(1n);
  expect(edges(20)).toBe(1);
  clock.advance(100n * MILLISECOND);
  expect(edges(20)).toBe(1);
});

test('a periodic comparator, set as Linux sets it', () => {
  write(0x10, 3);
  expect(legacy).toEqual([true]);
  write(0x100, 0x14c);
  write(0x108, 50_000);
  write(0x108, 100_000);
  clock.advance(10n * MILLISECOND);
  expect(edges(2)).toBe(10);
  expect(read(0x108)).toBe(1_050_000);
});

test('a level interrupt lasts until its status bit is cleared', () => {
  write(0x10, 1);
  write(0x100, 0x2106);
  write(0x108, 100);
  clock.advance(MILLISECOND);
  expect([lines[16]?.level, read(0x20)]).toEqual([true, 1]);
  write(0x20, 1);
  expect([lines[16]?.level, read(0x20)]).toEqual([false, 0]);
});

test('a saved timer fires when it would have', () => {
  write(0x10, 1);
  write(0x120, 0x2904);
  write(0x128, 1000);
  const state = structuredClone(hpet.save());
  hpet.reset();
  hpet.restore(state);
  clock.advance(MILLISECOND);
  expect(edges(20)).toBe(1);
});

test('registers that do not exist', () => {
  expect(read(0x180)).toBe(0xffffffff);
  expect(events.unknown).toEqual(['HPET read offset 180h']);
});
