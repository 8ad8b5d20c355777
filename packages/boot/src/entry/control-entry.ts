/** `_startC`: where the loader enters the image on core 0, and the way into Thread/C. */
import { LOADER_STACK_TOP, PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { type Assembler, rbx, rdi, rsp } from '@drift-os/toolchain';

/**
 * Thread/C stays on the stack that the loader leaves, 60 KiB between the disk buffer and the loader's page tables; the page below
 * is kept free for a guard.
 */
export const CONTROL_STACK: { readonly address: number; readonly bytes: number } = {
  address: LOADER_STACK_TOP - 0xf000,
  bytes: 0xf000,
};

if (CONTROL_STACK.address % PAGE_BYTES !== 0) throw new RangeError('the stack of Thread/C begins inside a page');

/** Entered with rdi = boot information, interrupts off. `kernel-c._start` runs first where the module has one. */
export function emitControlEntry(a: Assembler, hasStart: boolean): void {
  a.section('text').align(16).label('_startC', 'function').global('_startC');
  a.emit('mov', rsp, LOADER_STACK_TOP).emit('mov', rbx, rdi);
  if (hasStart) a.emit('call', a.ref('kernel-c._start'));
  a.emit('mov', rdi, rbx).emit('call', a.ref('kernel-c.kmain'));
  a.label('_startC.halt').emit('cli').emit('hlt').emit('jmp', a.ref('_startC.halt'));
}
