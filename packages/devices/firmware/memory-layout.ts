/** Where the BIOS keeps things: fixed addresses of the PC, and scratch memory that is free until the boot sector runs. */

/** The ROM's own segment, shadowed with RAM, so that code and variables share it. */
export const BIOS_SEGMENT = 0xf000;
export const BIOS = 0xf0000;
export const BIOS_BYTES = 0x10000;
/** The same ROM at the top of 4 GiB, where it is before shadowing. */
export const BIOS_HIGH = 0xffff0000;
/** BIOS data area (IBM PS/2 and PC BIOS Interface Technical Reference, section 3). */
export const BDA = 0x400;
export const BDA_COM1: number = BDA + 0x00;
export const BDA_EBDA_SEGMENT: number = BDA + 0x0e;
export const BDA_EQUIPMENT: number = BDA + 0x10;
export const BDA_MEMORY_KIB: number = BDA + 0x13;
export const BDA_SHIFT_FLAGS: number = BDA + 0x17;
export const BDA_KEY_HEAD: number = BDA + 0x1a;
export const BDA_KEY_TAIL: number = BDA + 0x1c;
export const BDA_KEY_BUFFER: number = BDA + 0x1e;
export const BDA_KEY_BUFFER_END: number = BDA + 0x3e;
export const BDA_VIDEO_MODE: number = BDA + 0x49;
export const BDA_COLUMNS: number = BDA + 0x4a;
export const BDA_PAGE_BYTES: number = BDA + 0x4c;
export const BDA_CURSOR: number = BDA + 0x50;
export const BDA_CURSOR_SHAPE: number = BDA + 0x60;
export const BDA_CRTC: number = BDA + 0x63;
export const BDA_TICKS: number = BDA + 0x6c;
export const BDA_TICK_DAY: number = BDA + 0x70;
export const BDA_DISKS: number = BDA + 0x75;
export const BDA_KEY_BUFFER_START_AT: number = BDA + 0x80;
export const BDA_KEY_BUFFER_END_AT: number = BDA + 0x82;
export const BDA_LAST_ROW: number = BDA + 0x84;
export const BDA_CHARACTER_HEIGHT: number = BDA + 0x85;
export const BDA_KEY_STATUS: number = BDA + 0x96;
/** Extended BIOS data area: 1 KiB below 640 KiB. */
export const EBDA_SEGMENT = 0x9fc0;
export const EBDA: number = EBDA_SEGMENT * 16;
export const BASE_MEMORY_KIB = 639;
export const BOOT_SECTOR = 0x7c00;
export const STACK = 0x7000;
/** One sector, for IDENTIFY DEVICE. */
export const SECTOR_BUFFER = 0x1000;
/** fw_cfg's DMA access structure, and a number that it reads. Not beside code: whoever decodes code ahead drops it where DMA writes to its page. */
export const FW_CFG_DMA = 0x1200;
export const FW_CFG_NUMBER = 0x1210;
/** fw_cfg's file directory, its memory map, the ACPI linker script, and which file went where. */
export const DIRECTORY = 0x20000;
export const DIRECTORY_BYTES = 0x4000;
export const RAW_E820 = 0x28000;
export const SCRIPT = 0x30000;
export const PLACED_FILES = 0x48000;
/** Where PCI resources begin. Ports end at FFFFh, memory at the I/O APIC. */
export const PCI_PORTS = 0xc000;
export const PCI_MEMORY = 0xe0000000;
/** As the FADT that QEMU and this package make says. */
export const PM_BASE = 0x600;
/** ISA interrupts of PIRQA to PIRQD. */
export const PIRQ_ROUTES: readonly number[] = [10, 10, 11, 11];
