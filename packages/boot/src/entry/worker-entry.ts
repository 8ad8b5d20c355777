/** `workerEntry`: where the trampoline enters the image on every other core, and the way into Thread/W. */
import { WORKER_GLOBALS } from '@drift-os/abi/layout/worker-block';
import { type Assembler, eax, ecx, edx, mem64, rax, rbx, rdi, rdx } from '@drift-os/toolchain';

const MSR_FS_BASE = 0xc0000100;
const MSR_GS_BASE = 0xc0000101;

/**
 * Entered with rdi = worker block, a stack, interrupts off. Thread/C has put the globals of kernel-w into the block; GS points to
 * them, FS to nothing. `kernel-w._start` runs first where the module has one.
 */
export function emitWorkerEntry(a: Assembler, hasStart: boolean): void {
  a.section('text').align(16).label('workerEntry', 'function').global('workerEntry');
  a.emit('cld').emit('mov', rbx, rdi);
  a.emit('lea', rax, mem64(rbx, WORKER_GLOBALS)).emit('mov', rdx, rax).emit('shr', rdx, 32);
  a.emit('mov', ecx, MSR_GS_BASE).emit('wrmsr');
  a.emit('xor', eax, eax).emit('xor', edx, edx).emit('mov', ecx, MSR_FS_BASE).emit('wrmsr');
  if (hasStart) a.emit('call', a.ref('kernel-w._start'));
  a.emit('mov', rdi, rbx).emit('call', a.ref('kernel-w.kmain'));
  a.label('workerEntry.halt').emit('cli').emit('hlt').emit('jmp', a.ref('workerEntry.halt'));
}
