/** I/O APICs (82093AA): routes ISA interrupts to core 0. The two 8259s are masked for good. */
import { outb } from '@drift-os/abi/assembly/generated/cpu';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { ioApicAddress, ioApicBase, ioApicCount, isaFlags, isaInterrupt } from './madt';
import { mapDevice } from './mapping';

const SELECT: usize = 0x00;
const WINDOW: usize = 0x10;
const REGISTER_VERSION: u32 = 1;
const REGISTER_REDIRECTION: u32 = 0x10;
const MASKED: u32 = 1 << 16;
const LEVEL_TRIGGERED: u32 = 1 << 15;
const ACTIVE_LOW: u32 = 1 << 13;
const PIC_MASTER: u16 = 0x20;
const PIC_SLAVE: u16 = 0xa0;

function read(io: usize, register: u32): u32 {
  atomic.store<u32>(io + SELECT, register);
  return atomic.load<u32>(io + WINDOW);
}

function write(io: usize, register: u32, value: u32): void {
  atomic.store<u32>(io + SELECT, register);
  atomic.store<u32>(io + WINDOW, value);
}

function entries(io: usize): u32 {
  return ((read(io, REGISTER_VERSION) >> 16) & 0xff) + 1;
}

/** Moves the 8259s out of the way of the exceptions and masks every line of theirs (their spurious interrupts remain). */
function picMask(): void {
  const vectors: u8 = 0x20;
  outb(PIC_MASTER, 0x11); // ICW1: edge triggered, cascaded, ICW4 follows
  outb(PIC_SLAVE, 0x11);
  outb(PIC_MASTER + 1, vectors);
  outb(PIC_SLAVE + 1, vectors + 8);
  outb(PIC_MASTER + 1, 4);
  outb(PIC_SLAVE + 1, 2);
  outb(PIC_MASTER + 1, 1);
  outb(PIC_SLAVE + 1, 1);
  outb(PIC_MASTER + 1, 0xff);
  outb(PIC_SLAVE + 1, 0xff);
}

/** Masks every line of every interrupt controller. */
export function ioApicInitialize(): void {
  picMask();
  for (let i: u32 = 0; i < ioApicCount(); i++) {
    const io: usize = ioApicAddress(i);
    mapDevice(io, PAGE_BYTES);
    const lines = entries(io);
    for (let line: u32 = 0; line < lines; line++) write(io, REGISTER_REDIRECTION + line * 2, MASKED);
  }
}

/** Sends ISA interrupt `irq` to the core with this APIC id as `vector`. @returns false if no I/O APIC has its line. */
export function ioApicRoute(irq: u32, vector: u32, apicId: u32): bool {
  const line = isaInterrupt(irq);
  const flags = isaFlags(irq);
  let low = vector;
  if ((flags & 3) == 3) low |= ACTIVE_LOW;
  if (((flags >> 2) & 3) == 3) low |= LEVEL_TRIGGERED;
  for (let i: u32 = 0; i < ioApicCount(); i++) {
    const io: usize = ioApicAddress(i);
    const base = ioApicBase(i);
    if (line < base || line - base >= entries(io)) continue;
    const register = REGISTER_REDIRECTION + (line - base) * 2;
    write(io, register + 1, apicId << 24);
    write(io, register, low);
    return true;
  }
  return false;
}
