/** I/O APICs (82093AA): routes ISA interrupts to core 0. */
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

/** Masks every line. */
export function ioApicInitialize(): void {
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
