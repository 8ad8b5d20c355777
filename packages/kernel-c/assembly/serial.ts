/**
 * Serial port: a 16550 UART at COM1, 115200 8N1, FIFO on, receive interrupt into a ring. Runs on core 0 only.
 *
 * Writing is polled: it works before interrupts do, and in a panic. Where no UART answers, every function is a no-op.
 * Registers by their names in the PC16550D data sheet.
 */
import { inb, outb } from '@drift-os/abi/assembly/generated/cpu';

const COM1: u16 = 0x3f8;
const RBR_THR: u16 = COM1;
const IER: u16 = COM1 + 1;
const FCR: u16 = COM1 + 2;
const LCR: u16 = COM1 + 3;
const MCR: u16 = COM1 + 4;
const LSR: u16 = COM1 + 5;
const SCR: u16 = COM1 + 7;
const LCR_8N1: u8 = 0x03;
const LCR_DLAB: u8 = 0x80;
const MCR_DTR_RTS_OUT2: u8 = 0x0b;
const LSR_DATA_READY: u8 = 0x01;
const LSR_THR_EMPTY: u8 = 0x20;
/** Polls before a transmitter that never gets empty is given up; about a second on real hardware. */
const TRANSMIT_PATIENCE: u32 = 1_000_000;

const RING_BYTES: u32 = 1024;
const ring: usize = memory.data(RING_BYTES);
/** Free-running positions: `head` is written by the interrupt, `tail` by the loop. */
const headAt: usize = memory.data(4, 4);
const tailAt: usize = memory.data(4, 4);

let present = false;
/** Bytes that arrived while the ring was full. */
let overruns: u32 = 0;

/** Sets the UART up. Receive interrupts (ISA IRQ 4) reach the CPU only once the I/O APIC routes them. */
export function serialInitialize(): void {
  outb(SCR, 0x5a);
  present = inb(SCR) == 0x5a;
  if (!present) return;
  outb(IER, 0);
  outb(LCR, LCR_DLAB);
  outb(RBR_THR, 1); // divisor 1: 115200 baud
  outb(IER, 0);
  outb(LCR, LCR_8N1);
  outb(FCR, 0x07); // FIFO on, both cleared, interrupt at every byte
  outb(MCR, MCR_DTR_RTS_OUT2); // OUT2 lets the interrupt through to the chip set
  outb(IER, 0x01);
}

/** Sends one byte; waits for room in the transmitter. */
export function serialWrite(byte: u8): void {
  if (!present) return;
  for (let patience = TRANSMIT_PATIENCE; (inb(LSR) & LSR_THR_EMPTY) == 0; patience--) {
    if (patience == 0) return;
  }
  outb(RBR_THR, byte);
}

/** Moves what has arrived into the ring. Called by the interrupt handler, and by a loop that polls with interrupts off. */
export function serialReceive(): void {
  if (!present) return;
  while (inb(LSR) & LSR_DATA_READY) {
    const byte = inb(RBR_THR);
    const head = atomic.load<u32>(headAt);
    if (head - atomic.load<u32>(tailAt) == RING_BYTES) {
      overruns++;
    } else {
      store<u8>(ring + (head & (RING_BYTES - 1)), byte);
      atomic.store<u32>(headAt, head + 1);
    }
  }
}

/** Next received byte, or -1. */
export function serialRead(): i32 {
  const tail = atomic.load<u32>(tailAt);
  if (tail == atomic.load<u32>(headAt)) return -1;
  const byte = load<u8>(ring + (tail & (RING_BYTES - 1)));
  atomic.store<u32>(tailAt, tail + 1);
  return byte;
}

/** Bytes lost because the loop did not keep up. */
export function serialOverruns(): u32 {
  return overruns;
}
