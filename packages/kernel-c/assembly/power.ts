/** Power off and reset, as the FADT says (ACPI 6.5, 4.8.3, 5.2.9), with the older ways behind it. */
import { cli, hlt, inb, inw, lidt, outb, outw, breakpoint } from '@drift-os/abi/assembly/generated/cpu';
import { acpiDsdt } from './acpi';

const PM1_SCI_ENABLE: u16 = 1;
const PM1_SLEEP_ENABLE: u16 = 1 << 13;
const SPACE_IO: u8 = 1;
const SPACE_MEMORY: u8 = 0;
const FADT_RESET_SUPPORTED: u32 = 1 << 10;
const KEYBOARD_COMMAND: u16 = 0x64;
const RESET_CPU: u8 = 0xfe;
const PATIENCE: u32 = 1_000_000;

/** Shortest `_S5_` package of two elements: name, PackageOp, length, count, two one-byte elements. */
const S5_BYTES: usize = 9;

let fadt: usize = 0;
let sleepTypeA: u16 = 0;
let sleepTypeB: u16 = 0;
let sleepKnown: bool = false;

/** Reads what is needed later, so that nothing has to be looked for in the end. 0: no FADT. */
export function powerInitialize(fadtAddress: usize): void {
  fadt = fadtAddress;
  if (fadt != 0) sleepKnown = findS5(acpiDsdt(fadt));
}

/** True if `powerOff` knows how. */
export function powerOffKnown(): bool {
  return sleepKnown;
}

export function sleepTypes(): u32 {
  return sleepTypeA | ((<u32>sleepTypeB) << 8);
}

/**
 * Finds `Name (_S5, Package () { a, b, ... })` by its bytes: NameOp or a name's root prefix before it, PackageOp behind
 * (20.2.5.4). The whole of AML is not interpreted.
 */
function findS5(dsdt: usize): bool {
  if (dsdt == 0) return false;
  const end = dsdt + load<u32>(dsdt, 4);
  for (let at = dsdt + 36; at + S5_BYTES <= end; at++) {
    if (load<u32>(at) != 0x5f35_535f || load<u8>(at, 4) != 0x12) continue;
    const before = load<u8>(at - 1);
    if (before != 0x08 && !(before == 0x5c && load<u8>(at - 2) == 0x08)) continue;
    let element = at + 5;
    element += 1 + (load<u8>(element) >> 6); // PkgLength
    element++; // number of elements
    sleepTypeA = amlByte(element);
    element += load<u8>(element) == 0x0a ? 2 : 1;
    sleepTypeB = amlByte(element);
    return true;
  }
  return false;
}

/** A small integer: BytePrefix and a byte, or ZeroOp, OneOp. */
function amlByte(at: usize): u16 {
  const byte = load<u8>(at);
  return byte == 0x0a ? load<u8>(at, 1) : byte;
}

/** Ends in a machine that is off (S5). Returns only where the firmware does not say how, or does not do it. */
export function powerOff(): void {
  if (!sleepKnown) return;
  cli();
  const controlA = <u16>load<u32>(fadt, 64);
  const controlB = <u16>load<u32>(fadt, 68);
  const enablePort = <u16>load<u32>(fadt, 48);
  if (enablePort != 0 && (inw(controlA) & PM1_SCI_ENABLE) == 0) {
    outb(enablePort, load<u8>(fadt, 52));
    for (let i: u32 = 0; i < PATIENCE && (inw(controlA) & PM1_SCI_ENABLE) == 0; i++) {}
  }
  outw(controlA, (sleepTypeA << 10) | PM1_SLEEP_ENABLE);
  if (controlB != 0) outw(controlB, (sleepTypeB << 10) | PM1_SLEEP_ENABLE);
  for (let i: u32 = 0; i < PATIENCE; i++) inb(0x80);
}

/** Restarts the machine: the FADT's reset register, then the keyboard controller, then a triple fault. Does not return. */
export function reboot(): void {
  cli();
  if (fadt != 0 && load<u32>(fadt, 4) >= 129 && (load<u32>(fadt, 112) & FADT_RESET_SUPPORTED) != 0) {
    const address = load<u64>(fadt, 120);
    const value = load<u8>(fadt, 128);
    if (load<u8>(fadt, 116) == SPACE_IO) outb(<u16>address, value);
    else if (load<u8>(fadt, 116) == SPACE_MEMORY) atomic.store<u8>(<usize>address, value);
    for (let i: u32 = 0; i < PATIENCE; i++) inb(0x80);
  }
  for (let i: u32 = 0; i < PATIENCE && (inb(KEYBOARD_COMMAND) & 2) != 0; i++) {}
  outb(KEYBOARD_COMMAND, RESET_CPU);
  for (let i: u32 = 0; i < PATIENCE; i++) inb(0x80);
  lidt(emptyIdt);
  breakpoint();
  for (;;) hlt();
}

/** Limit 0: the first interrupt is a triple fault. */
const emptyIdt: usize = memory.data(16, 8);
