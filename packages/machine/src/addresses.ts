/** Where things are in this PC: the machine alone owns addresses, interrupt numbers and PCI slots. They are those of QEMU's `pc`. */

export const KIB = 1024;
export const MIB: number = 1024 * KIB;
export const GIB: number = 1024 * MIB;

/** RAM ends here at the latest; PCI's memory begins where it ends. */
export const LOW_MEMORY_LIMIT: number = 3 * GIB;
/** VGA memory. */
export const VGA_MEMORY = 0xa_0000;
export const VGA_MEMORY_BYTES: number = 128 * KIB;
/** Option ROMs and BIOS; the host bridge can lay RAM over it. */
export const SHADOWED = 0xc_0000;
export const SHADOWED_BYTES: number = 256 * KIB;
export const SHADOW_SEGMENT_BYTES: number = 16 * KIB;
/** Firmware puts PCI's memory here. */
export const PCI_MEMORY_FIRST = 0xe000_0000;
export const PCI_MEMORY_LAST = 0xfebf_ffff;
export const IO_APIC_ADDRESS = 0xfec0_0000;
export const HPET_ADDRESS = 0xfed0_0000;
export const FOUR_GIB: number = 4 * GIB;

export const Port = {
  dmaLow: 0x00,
  masterPic: 0x20,
  timer: 0x40,
  keyboardData: 0x60,
  systemControlB: 0x61,
  keyboardControl: 0x64,
  clock: 0x70,
  dmaPages: 0x80,
  systemControlA: 0x92,
  slavePic: 0xa0,
  apm: 0xb2,
  dmaHigh: 0xc0,
  debugBochs: 0xe9,
  exit: 0xf4,
  serial2: 0x2f8,
  vbe: 0x1ce,
  vga: 0x3b0,
  serial1: 0x3f8,
  debugQemu: 0x402,
  edgeLevel: 0x4d0,
  exitSecond: 0x501,
  firmwareConfiguration: 0x510,
  powerManagement: 0x600,
  pci: 0xcf8,
} as const;

export const Irq = {
  timer: 0,
  keyboard: 1,
  serial2: 3,
  serial1: 4,
  clock: 8,
  powerManagement: 9,
  mouse: 12,
  primaryIde: 14,
  secondaryIde: 15,
} as const;

/** PIRQA to PIRQD, as our firmware and QEMU's route them. */
export const PIRQ_ROUTES: readonly [number, number, number, number] = [10, 10, 11, 11];

/** PCI device numbers; the PIIX's functions are 0 ISA bridge, 1 IDE, 3 power management. */
export const PciDevice = { hostBridge: 0, piix: 1, vga: 2, first: 3 } as const;
