/** 8042, keyboard and mouse, through ports 60h and 64h. */
import { beforeEach, expect, test } from 'vitest';
import { I8042 } from '../src/i8042.ts';
import { SystemControlA } from '../src/system-control.ts';
import { inb, outb, TestEvents, TestLine } from './harness.ts';

let keyboardIrq: TestLine;
let mouseIrq: TestLine;
let a20: TestLine;
let events: TestEvents;
let controller: I8042;

beforeEach(() => {
  [keyboardIrq, mouseIrq, a20] = [new TestLine(), new TestLine(), new TestLine()];
  events = new TestEvents();
  controller = new I8042({ keyboardIrq, mouseIrq, a20, events });
});

const command = (value: number, ...parameters: number[]): void => {
  outb(controller.control, 0, value);
  outb(controller.data, 0, ...parameters);
};
function drain(): number[] {
  const bytes: number[] = [];
  while ((inb(controller.control) & 1) !== 0) bytes.push(inb(controller.data));
  return bytes;
}
const press = (code: string): void => {
  controller.keyboard.key(code, true);
  controller.keyboard.key(code, false);
};

test('self tests and the command byte', () => {
  command(0xaa);
  expect(drain()).toEqual([0x55]);
  expect(inb(controller.control) & 4).toBe(4);
  command(0xab);
  command(0x60, 0x65);
  command(0x20);
  expect(drain()).toEqual([0x65]);
});

test('keys in set 2, and translated to set 1', () => {
  press('KeyA');
  press('ArrowUp');
  expect(drain()).toEqual([0x1c, 0xf0, 0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75]);
  command(0x60, 0x41);
  for (const code of ['KeyA', 'ArrowUp', 'F7']) press(code);
  expect(drain()).toEqual([0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8, 0x41, 0xc1]);
  expect(controller.keyboard.key('Pause', true)).toBe(true);
  expect(drain()).toEqual([0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]);
  expect(controller.keyboard.key('BrightnessUp', true)).toBe(false);
});

test('each byte interrupts', () => {
  command(0x60, 0x01);
  press('Enter');
  expect(keyboardIrq.edges).toBe(1);
  drain();
  expect([keyboardIrq.edges, keyboardIrq.level]).toEqual([3, false]);
});

test('keyboard commands', () => {
  outb(controller.data, 0, 0xff);
  expect(drain()).toEqual([0xfa, 0xaa]);
  outb(controller.data, 0, 0xf2, 0xee);
  expect(drain()).toEqual([0xfa, 0xab, 0x83, 0xee]);
  outb(controller.data, 0, 0xf0, 1, 0xf0, 0);
  expect(drain()).toEqual([0xfa, 0xfa, 0xfa, 0xfa, 1]);
  press('KeyA');
  expect(drain()).toEqual([0x1e, 0x9e]);
  outb(controller.data, 0, 0xf5);
  press('KeyA');
  expect(drain()).toEqual([0xfa]);
  outb(controller.data, 0, 0x01, 0x01);
  expect([drain(), events.unknown]).toEqual([[0xfe, 0xfe], ['8042 write keyboard command 1h']]);
});

test('a disabled port keeps its bytes', () => {
  command(0xad);
  press('KeyB');
  expect(drain()).toEqual([]);
  command(0xae);
  expect(drain()).toEqual([0x32, 0xf0, 0x32]);
});

test('the mouse: identification, wheel, packets with their own interrupt', () => {
  command(0x60, 0x02);
  command(0xd4, 0xff);
  expect(inb(controller.control) & 0x21).toBe(0x21);
  expect(drain()).toEqual([0xfa, 0xaa, 0x00]);
  for (const rate of [200, 100, 80]) {
    command(0xd4, 0xf3);
    command(0xd4, rate);
  }
  command(0xd4, 0xf2);
  expect(drain()).toEqual([...new Array<number>(7).fill(0xfa), 3]);
  controller.mouse.move({ dx: 5 });
  command(0xd4, 0xf4);
  expect(drain()).toEqual([0xfa]);
  controller.mouse.move({ dx: -8, dy: 300, dz: 1, buttons: 1 });
  expect(drain()).toEqual([0x19, 0xfd, 0xff, 1, 0x09, 0, 45, 0]);
  expect([mouseIrq.level, keyboardIrq.edges]).toEqual([false, 0]);
  expect(mouseIrq.edges).toBeGreaterThan(8);
});

test('A20 and reset, here and at port 92h', () => {
  command(0xd1, 0xdd);
  expect(a20.level).toBe(false);
  command(0xd1, 0xdf);
  expect(a20.level).toBe(true);
  command(0xfe);
  expect(events.resets).toBe(1);
  const port92 = new SystemControlA({ a20, events });
  outb(port92.ports, 0, 0);
  expect(a20.level).toBe(false);
  outb(port92.ports, 0, 2);
  expect([a20.level, inb(port92.ports)]).toEqual([true, 2]);
  outb(port92.ports, 0, 3, 3);
  expect(events.resets).toBe(2);
});

test('controller commands that nobody knows are reported', () => {
  command(0x99);
  command(0x99);
  expect(events.unknown).toEqual(['8042 write command 99h']);
});
