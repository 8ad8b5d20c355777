/** Register offsets and bits of the 82540EM. Intel "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual" (317453), 13. */

export const CTRL = 0x0000;
export const STATUS = 0x0008;
export const EECD = 0x0010;
export const EERD = 0x0014;
export const MDIC = 0x0020;
export const ICR = 0x00c0;
export const ICS = 0x00c8;
export const IMS = 0x00d0;
export const IMC = 0x00d8;
export const RCTL = 0x0100;
export const TCTL = 0x0400;
export const RDBAL = 0x2800;
export const RDBAH = 0x2804;
export const RDLEN = 0x2808;
export const RDH = 0x2810;
export const RDT = 0x2818;
export const TDBAL = 0x3800;
export const TDBAH = 0x3804;
export const TDLEN = 0x3808;
export const TDH = 0x3810;
export const TDT = 0x3818;
export const MTA = 0x5200;
export const RAL0 = 0x5400;
export const RAH0 = 0x5404;

export const CTRL_RESET: number = 1 << 26;
export const CTRL_SET_LINK_UP: number = 1 << 6;
export const STATUS_FULL_DUPLEX = 1;
export const STATUS_LINK_UP = 2;
export const STATUS_1000: number = 2 << 6;
export const RAH_VALID = 0x80000000;

/** Interrupt causes. */
export const TX_WRITTEN_BACK = 0x01;
export const TX_QUEUE_EMPTY = 0x02;
export const LINK_CHANGED = 0x04;
export const RX_MINIMUM = 0x10;
export const RX_OVERRUN = 0x40;
export const RX_TIMER = 0x80;

/** Registers that only hold what software writes: flow control, timers, thresholds, tables, wake-up, LEDs. [first, last] */
export const plainRegisters: readonly (readonly [number, number])[] = [
  [0x0018, 0x001c],
  [0x0028, 0x0038],
  [0x00c4, 0x00c4],
  [0x0170, 0x0178],
  [0x0410, 0x0418],
  [0x0458, 0x0458],
  [0x0e00, 0x0e00],
  [0x1000, 0x1010],
  [0x2160, 0x2168],
  [0x2410, 0x2430],
  [0x2820, 0x282c],
  [0x3410, 0x3430],
  [0x3820, 0x382c],
  [0x3830, 0x3830],
  [0x5000, 0x5000],
  [0x5200, 0x53fc],
  [0x5400, 0x547c],
  [0x5600, 0x57fc],
  [0x5800, 0x5a00],
];
/** Statistics: none is counted, all read as zero. */
export const STATISTICS_FIRST = 0x4000;
export const STATISTICS_LAST = 0x4124;
