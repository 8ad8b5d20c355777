/**
 * Parameters of the trampoline, in the last 64 bytes of its page (TRAMPOLINE + TRAMPOLINE_PARAMETERS).
 * Thread/C fills them for one core, sends INIT-SIPI-SIPI, and waits until that core writes TRAMPOLINE_TAKEN.
 *
 * ```
 * 0   u64 cr3          page tables the core enters long mode with (below 4 GiB)
 * 8   u64 stackTop
 * 16  u64 workerBlock  passed on in rdi
 * 24  u64 entry        long-mode entry
 * 32  u64 gdtPointer   address of a 10-byte pseudo-descriptor, loaded by lgdt in long mode
 * 40  u64 idtPointer   the same for lidt
 * 48  u32 taskSelector loaded by ltr, 0 for none
 * 52  u32 taken        0 -> 1 by the core when it has read everything above
 * ```
 */
export const TRAMPOLINE_PARAMETERS = 0xfc0;
export const TRAMPOLINE_CR3_AT = 0;
export const TRAMPOLINE_STACK_TOP_AT = 8;
export const TRAMPOLINE_WORKER_BLOCK_AT = 16;
export const TRAMPOLINE_ENTRY_AT = 24;
export const TRAMPOLINE_GDT_POINTER_AT = 32;
export const TRAMPOLINE_IDT_POINTER_AT = 40;
export const TRAMPOLINE_TASK_SELECTOR_AT = 48;
export const TRAMPOLINE_TAKEN_AT = 52;

/** Selectors that the loader's and Thread/C's GDTs have in common. */
export const SELECTOR_CODE64 = 0x08;
export const SELECTOR_DATA = 0x10;
export const SELECTOR_CODE32 = 0x18;
export const SELECTOR_CODE16 = 0x20;
export const SELECTOR_DATA16 = 0x28;
/** 16 bytes in the GDT of each core. */
export const SELECTOR_TASK = 0x30;
