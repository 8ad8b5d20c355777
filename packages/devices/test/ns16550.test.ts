/** 16550A: identification, FIFO, the interrupts in their order, loop mode. */
import { beforeEach, expect, test } from 'vitest';
import { Ns16550 } from '../src/ns16550.ts';
import { inb, outb, TestEvents, TestLine } from './harness.ts';

let irq: TestLine;
let events: TestEvents;
let uart: Ns16550;
const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

beforeEach(() => {
  irq = new TestLine();
  events = new TestEvents();
  uart = new Ns16550({ irq, events });
  outb(uart.ports, MCR, 0x0b);
});

test('is recognised: scratch register, FIFO bits, loop back of the modem lines', () => {
  outb(uart.ports, SCR, 0x5a);
  expect(inb(uart.ports, SCR)).toBe(0x5a);
  expect(inb(uart.ports, IIR)).toBe(0x01);
  outb(uart.ports, IIR, 1);
  expect(inb(uart.ports, IIR)).toBe(0xc1);
  outb(uart.ports, MCR, 0x1a);
  expect(inb(uart.ports, MSR) & 0xf0).toBe(0x90);
});

test('a 16-bit write sets the divisor latch, and sends nothing', () => {
  outb(uart.ports, LCR, 0x83);
  uart.ports.writePort(DATA, 2, 0x0001);
  expect(uart.ports.readPort(DATA, 2)).toBe(1);
  outb(uart.ports, LCR, 0x03);
  expect([inb(uart.ports, LSR), events.serial.length]).toEqual([0x60, 0]);
});

test('sends, and interrupts when the transmitter is empty; reading IIR ends that', () => {
  outb(uart.ports, IER, 2);
  expect([irq.level, inb(uart.ports, IIR), irq.level]).toEqual([true, 0x02, false]);
  outb(uart.ports, DATA, 0x41);
  expect([events.serial, irq.level]).toEqual([[0x41], true]);
});

test('keeps what the FIFO has no room for, and loses nothing', () => {
  outb(uart.ports, IIR, 0x01);
  outb(uart.ports, IER, 1);
  const sent = Array.from({ length: 100 }, (_, i) => i);
  uart.receive(sent);
  const received: number[] = [];
  while ((inb(uart.ports, LSR) & 1) !== 0) received.push(inb(uart.ports, DATA));
  expect([received, irq.level]).toEqual([sent, false]);
});

test('below the trigger level it is a timeout, at it received data, and a line error comes first', () => {
  outb(uart.ports, IIR, 0x81);
  outb(uart.ports, IER, 5);
  uart.receive([1, 2, 3]);
  expect(inb(uart.ports, IIR)).toBe(0xcc);
  uart.receive([4, 5, 6, 7, 8]);
  expect(inb(uart.ports, IIR)).toBe(0xc4);
  uart.receiveBreak();
  expect(inb(uart.ports, IIR)).toBe(0xc6);
  expect(inb(uart.ports, LSR)).toBe(0x71);
  expect(inb(uart.ports, IIR)).toBe(0xc4);
});

test('OUT2 connects the interrupt', () => {
  outb(uart.ports, MCR, 0x03);
  outb(uart.ports, IER, 2);
  expect(irq.level).toBe(false);
  outb(uart.ports, MCR, 0x0b);
  expect(irq.level).toBe(true);
});

test('loop mode receives what is sent, overruns, and holds the host back', () => {
  outb(uart.ports, MCR, 0x10);
  uart.receive([9]);
  outb(uart.ports, DATA, 0x55);
  outb(uart.ports, DATA, 0x56);
  expect(inb(uart.ports, LSR)).toBe(0x63);
  expect([inb(uart.ports, DATA), events.serial]).toEqual([0x55, []]);
  outb(uart.ports, MCR, 0x0b);
  expect(inb(uart.ports, DATA)).toBe(9);
});

test('state is saved with what waits', () => {
  uart.receive([1, 2, 3]);
  const copy = new Ns16550({ irq, events });
  copy.restore(structuredClone(uart.save()));
  expect([inb(copy.ports, DATA), inb(copy.ports, DATA), inb(copy.ports, DATA)]).toEqual([1, 2, 3]);
});
