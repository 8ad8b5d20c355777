/** 8259A: initialization, priorities, end of interrupt, the cascade, level mode, spurious requests. */
import { beforeEach, expect, test } from 'vitest';
import { I8259Pair } from '../src/i8259.ts';
import { inb, outb, TestLine } from './harness.ts';

let output: TestLine;
let pics: I8259Pair;

beforeEach(() => {
  output = new TestLine();
  pics = new I8259Pair({ output });
  for (const [chip, base, cascade] of [
    [pics.master, 0x20, 4],
    [pics.slave, 0x28, 2],
  ] as const) {
    outb(chip, 0, 0x11);
    outb(chip, 1, base, cascade, 1);
  }
});

const EOI = 0x20;

test('a request raises INTR, is acknowledged with its vector, and blocks lower ones until EOI', () => {
  pics.input(3).set(true);
  expect(output.level).toBe(true);
  expect(pics.acknowledge()).toBe(0x23);
  expect(output.level).toBe(false);
  pics.input(4).set(true);
  expect(output.level).toBe(false);
  pics.input(0).set(true);
  expect(pics.acknowledge()).toBe(0x20);
  outb(pics.master, 0, EOI);
  expect(output.level).toBe(false);
  outb(pics.master, 0, EOI);
  expect(pics.acknowledge()).toBe(0x24);
});

test('the mask holds a request back; IRR and ISR can be read', () => {
  outb(pics.master, 1, 0x02);
  pics.input(1).set(true);
  expect(output.level).toBe(false);
  expect(inb(pics.master)).toBe(0x02);
  outb(pics.master, 1, 0);
  pics.acknowledge();
  outb(pics.master, 0, 0x0b);
  expect(inb(pics.master)).toBe(0x02);
  expect(inb(pics.master, 1)).toBe(0);
});

test('the slave interrupts through input 2 and needs an EOI on each chip', () => {
  pics.input(8).set(true);
  expect(pics.acknowledge()).toBe(0x28);
  pics.input(12).set(true);
  pics.input(5).set(true);
  expect(output.level).toBe(false);
  outb(pics.slave, 0, EOI);
  outb(pics.master, 0, EOI);
  expect(pics.acknowledge()).toBe(0x2c);
  outb(pics.slave, 0, EOI);
  outb(pics.master, 0, EOI);
  expect(pics.acknowledge()).toBe(0x25);
});

test('a request that has gone gives the spurious vector 7, and nothing in service', () => {
  pics.input(6).set(true);
  pics.input(6).set(false);
  expect(output.level).toBe(false);
  expect(pics.acknowledge()).toBe(0x27);
  outb(pics.master, 0, 0x0b);
  expect(inb(pics.master)).toBe(0);
});

test('an edge counts once; a level interrupts again until it falls', () => {
  pics.input(5).set(true);
  pics.acknowledge();
  outb(pics.master, 0, EOI);
  expect(output.level).toBe(false);
  outb(pics.edgeLevelControl, 1, 0xff);
  expect(inb(pics.edgeLevelControl, 1)).toBe(0xde);
  pics.input(11).set(true);
  expect(pics.acknowledge()).toBe(0x2b);
  outb(pics.slave, 0, EOI);
  outb(pics.master, 0, EOI);
  expect(pics.acknowledge()).toBe(0x2b);
  pics.input(11).set(false);
  outb(pics.slave, 0, EOI);
  outb(pics.master, 0, EOI);
  expect(output.level).toBe(false);
});

test('rotation makes the serviced input the lowest', () => {
  pics.input(0).set(true);
  pics.acknowledge();
  outb(pics.master, 0, 0xa0);
  pics.input(0).set(false);
  pics.input(0).set(true);
  pics.input(7).set(true);
  expect(pics.acknowledge()).toBe(0x27);
});

test('automatic EOI leaves nothing in service, and special mask lets lower requests through', () => {
  outb(pics.master, 0, 0x11);
  outb(pics.master, 1, 0x40, 4, 3);
  pics.input(1).set(true);
  expect(pics.acknowledge()).toBe(0x41);
  outb(pics.master, 0, 0x0b);
  expect(inb(pics.master)).toBe(0);

  outb(pics.slave, 1, 0x02);
  outb(pics.slave, 0, 0x68);
  pics.input(8).set(true);
  expect(pics.acknowledge()).toBe(0x28);
  outb(pics.slave, 1, 0x01);
  pics.input(13).set(true);
  expect(pics.acknowledge()).toBe(0x2d);
});

test('a saved pair goes on where it was', () => {
  pics.input(4).set(true);
  pics.acknowledge();
  pics.input(6).set(true);
  const state = structuredClone(pics.save());
  const copy = new I8259Pair({ output });
  copy.restore(state);
  outb(copy.master, 0, EOI);
  expect(output.level).toBe(true);
  expect(copy.acknowledge()).toBe(0x26);
});
