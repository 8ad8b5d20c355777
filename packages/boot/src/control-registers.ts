/** Bits of the control registers that boot code sets (SDM 3A 2.5, 2.2.1). */

export const CR0_PROTECTION = 0x1;
/** Monitor coprocessor, numeric error, no emulation, caches on: what a core needs after INIT, which leaves CR0 = 60000010h. */
export const CR0_MONITOR_COPROCESSOR = 0x2;
export const CR0_NUMERIC_ERROR = 0x20;
/** Read-only pages are read-only for ring 0 too. */
export const CR0_WRITE_PROTECT = 0x10000;
export const CR0_PAGING = 0x80000000;
export const CR4_PAE = 0x20;
export const MSR_EFER = 0xc0000080;
export const EFER_LONG_MODE = 0x100;
export const EFER_NO_EXECUTE = 0x800;
