/**
 * GDT, TSS and IDT. Each core has a page with its GDT and TSS and three stacks of its own for #DF, NMI and #PF, so that a
 * fault caused by a broken stack is still reported. There are two IDTs: Thread/C's, and one for all workers.
 *
 * ```
 * descriptor page
 * 0x000  GDT: null, code64, data, code32, code16, data16 (SELECTOR_* of the ABI), TSS (two slots)
 * 0x050  pseudo-descriptor for LGDT, 10 bytes
 * 0x060  pseudo-descriptor for LIDT, 10 bytes
 * 0x080  TSS, 104 bytes (SDM 3A 8.7)
 * ```
 */
import { lgdt, lidt, ltr } from '@drift-os/abi/assembly/generated/cpu';
import { INTERRUPT_STUB_BYTES } from '@drift-os/abi/layout/image-directory';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { SELECTOR_CODE64, SELECTOR_TASK } from '@drift-os/abi/layout/trampoline';
import { OWNER_CONTROL, PROTECTION_READ, PROTECTION_WRITE, PURPOSE_DESCRIPTORS } from '../layout/ledger';
import { allocatePages } from './pages';
import { stackAllocate } from './stacks';

const GDT_BYTES: u16 = 64;
const IDT_BYTES: u16 = 4096;
const GDT_POINTER_AT: usize = 0x50;
const IDT_POINTER_AT: usize = 0x60;
const TSS_AT: usize = 0x80;
const TSS_BYTES: u64 = 104;
const TSS_IST1_AT: usize = 0x24;
const TSS_IO_MAP_AT: usize = 0x66;

const DESCRIPTOR_CODE64: u64 = 0x00af_9b00_0000_ffff;
const DESCRIPTOR_DATA: u64 = 0x00cf_9300_0000_ffff;
const DESCRIPTOR_CODE32: u64 = 0x00cf_9b00_0000_ffff;
const DESCRIPTOR_CODE16: u64 = 0x0000_9b00_0000_ffff;
const DESCRIPTOR_DATA16: u64 = 0x0000_9300_0000_ffff;
/** Present, available 64-bit TSS. */
const TSS_TYPE: u64 = 0x89;
/** Present, 64-bit interrupt gate: interrupts stay off in the handler. */
const GATE_TYPE: u64 = 0x8e;

const VECTOR_NMI: u32 = 2;
const VECTOR_DOUBLE_FAULT: u32 = 8;
const VECTOR_PAGE_FAULT: u32 = 14;
const IST_STACK_BYTES: u32 = 16384;
const IST_STACKS: u32 = 3;

/** An IDT for stubs that stand INTERRUPT_STUB_BYTES apart from `stubs` on. */
export function idtCreate(stubs: u32): usize {
  const idt = allocatePages(1, OWNER_CONTROL, PURPOSE_DESCRIPTORS, PROTECTION_READ | PROTECTION_WRITE);
  for (let vector: u32 = 0; vector < 256; vector++) {
    const entry: u64 = stubs + vector * INTERRUPT_STUB_BYTES;
    let stack: u64 = 0;
    if (vector == VECTOR_DOUBLE_FAULT) stack = 1;
    else if (vector == VECTOR_NMI) stack = 2;
    else if (vector == VECTOR_PAGE_FAULT) stack = 3;
    const low =
      (entry & 0xffff) | ((<u64>SELECTOR_CODE64) << 16) | (stack << 32) | (GATE_TYPE << 40) | ((entry >> 16) << 48);
    store<u64>(idt + vector * 16, low);
    store<u64>(idt + vector * 16, entry >> 32, 8);
  }
  return idt;
}

/** The descriptor page of a core, with stacks owned by `owner` (layout/ledger.ts). */
export function descriptorsCreate(idt: usize, owner: u32): usize {
  const page = allocatePages(1, owner, PURPOSE_DESCRIPTORS, PROTECTION_READ | PROTECTION_WRITE);
  store<u64>(page, DESCRIPTOR_CODE64, 0x08);
  store<u64>(page, DESCRIPTOR_DATA, 0x10);
  store<u64>(page, DESCRIPTOR_CODE32, 0x18);
  store<u64>(page, DESCRIPTOR_CODE16, 0x20);
  store<u64>(page, DESCRIPTOR_DATA16, 0x28);
  const tss: u64 = page + TSS_AT;
  store<u64>(page + SELECTOR_TASK, (TSS_BYTES - 1) | ((tss & 0xffffff) << 16) | (TSS_TYPE << 40) | ((tss >> 24) << 56));
  store<u16>(page + GDT_POINTER_AT, GDT_BYTES - 1);
  store<u64>(page + GDT_POINTER_AT, page, 2);
  store<u16>(page + IDT_POINTER_AT, IDT_BYTES - 1);
  store<u64>(page + IDT_POINTER_AT, idt, 2);
  for (let i: u32 = 0; i < IST_STACKS; i++) {
    store<u64>(page + TSS_AT + TSS_IST1_AT + i * 8, stackAllocate(IST_STACK_BYTES, owner));
  }
  store<u16>(page + TSS_AT + TSS_IO_MAP_AT, <u16>TSS_BYTES);
  return page;
}

/** Address of the pseudo-descriptor for LGDT in a descriptor page. */
export function gdtPointer(descriptors: usize): usize {
  return descriptors + GDT_POINTER_AT;
}

/** Address of the pseudo-descriptor for LIDT. */
export function idtPointer(descriptors: usize): usize {
  return descriptors + IDT_POINTER_AT;
}

/** Makes the CPU use a descriptor page; it must be called on the core that the page is for. */
export function descriptorsLoad(descriptors: usize): void {
  lgdt(gdtPointer(descriptors));
  // LTR takes an available TSS and marks it busy.
  store<u8>(descriptors + SELECTOR_TASK + 5, <u8>TSS_TYPE);
  ltr(<u16>SELECTOR_TASK);
  lidt(idtPointer(descriptors));
}
