/**
 * Interrupt stubs: 256 for Thread/C, which call `kernel-c.interrupt(frame)` and return to what was interrupted, and 256 for the
 * workers, which record a crash, wake Thread/C and halt. Workers run with interrupts off, so only exceptions and NMIs come here.
 *
 * Both leave the frame of layout/interrupt-frame.ts on the stack. The CPU aligns rsp to 16 before it pushes SS (SDM 3A 6.14.2) and
 * the frame is a multiple of 16 bytes, so the stack is aligned for a call.
 */
import { INTERRUPT_STUB_BYTES } from '@drift-os/abi/layout/image-directory';
import { FRAME_BYTES } from '@drift-os/abi/layout/interrupt-frame';
import {
  WORKER_CONTROL_APIC_ID_AT,
  WORKER_CRASH_CR2_AT,
  WORKER_CRASH_CR3_AT,
  WORKER_CRASH_FRAME_AT,
  WORKER_FAULTED,
  WORKER_GLOBALS,
  WORKER_LOCAL_APIC_AT,
  WORKER_STATE_AT,
  WORKER_WAKE_VECTOR_AT,
} from '@drift-os/abi/layout/worker-block';
import {
  type Assembler,
  cr2,
  cr3,
  eax,
  ecx,
  edx,
  esi,
  gpr64,
  mem32,
  mem64,
  type Register,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
} from '@drift-os/toolchain';

/** Vectors for which the CPU pushes an error code (SDM 3A table 6-1, AMD APM 2 8.2 for 29 and 30). */
const WITH_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);

/** In the order they are pushed: the frame has the last one lowest. */
const SAVED: readonly Register[] = [rax, rcx, rdx, rbx, rbp, rsi, rdi, ...gpr64.slice(8)];

const MSR_GS_BASE = 0xc0000101;
/** Interrupt command register (SDM 3A 11.6.1): fixed delivery, physical destination, edge. */
const ICR_LOW = 0x300;
const ICR_HIGH = 0x310;
const ICR_ASSERT = 0x4000;
const MSR_X2APIC_ICR = 0x830;

export function emitInterruptStubs(a: Assembler): void {
  a.section('text');
  emitStubs(a, 'interruptStubs', 'interruptCommon');
  a.align(16).label('interruptCommon', 'function');
  for (const register of SAVED) a.emit('push', register);
  a.emit('cld').emit('mov', rdi, rsp).emit('call', a.ref('kernel-c.interrupt'));
  for (const register of SAVED.toReversed()) a.emit('pop', register);
  a.emit('add', rsp, 16).emit('iretq');

  emitStubs(a, 'workerStubs', 'workerCrash');
  emitWorkerCrash(a);
}

function emitStubs(a: Assembler, label: string, common: string): void {
  a.align(16).label(label, 'function').global(label);
  for (let vector = 0; vector < 256; vector++) {
    a.align(INTERRUPT_STUB_BYTES);
    if (!WITH_ERROR_CODE.has(vector)) a.emit('push', 0);
    a.emit('push', vector).emit('jmp', a.ref(common));
  }
}

/** The worker's block is found through GS; a core whose GS base is still 0 has none and can only halt. */
function emitWorkerCrash(a: Assembler): void {
  a.align(16).label('workerCrash', 'function');
  for (const register of SAVED) a.emit('push', register);
  a.emit('cld').emit('mov', ecx, MSR_GS_BASE).emit('rdmsr').emit('shl', rdx, 32).emit('or', rax, rdx);
  a.emit('je', a.ref('workerCrash.halt'));
  a.emit('lea', rbx, mem64(rax, -WORKER_GLOBALS));
  a.emit('lea', rdi, mem64(rbx, WORKER_CRASH_FRAME_AT)).emit('mov', rsi, rsp);
  a.emit('mov', ecx, FRAME_BYTES / 8).emit('rep movsq');
  a.emit('mov', rax, cr2).emit('mov', mem64(rbx, WORKER_CRASH_CR2_AT), rax);
  a.emit('mov', rax, cr3).emit('mov', mem64(rbx, WORKER_CRASH_CR3_AT), rax);
  a.emit('mov', mem32(rbx, WORKER_STATE_AT), WORKER_FAULTED);

  // rsi = wake command; localApic 0 says x2APIC, whose ICR is one MSR (SDM 3A 11.12.9).
  a.emit('mov', esi, mem32(rbx, WORKER_WAKE_VECTOR_AT)).emit('or', esi, ICR_ASSERT);
  a.emit('mov', edx, mem32(rbx, WORKER_CONTROL_APIC_ID_AT));
  a.emit('mov', ecx, mem32(rbx, WORKER_LOCAL_APIC_AT)).emit('test', ecx, ecx).emit('je', a.ref('workerCrash.x2apic'));
  a.emit('shl', edx, 24).emit('mov', mem32(rcx, ICR_HIGH), edx).emit('mov', mem32(rcx, ICR_LOW), esi);
  a.emit('jmp', a.ref('workerCrash.halt'));
  a.label('workerCrash.x2apic').emit('mov', eax, esi).emit('mov', ecx, MSR_X2APIC_ICR).emit('wrmsr');
  a.label('workerCrash.halt').emit('cli').emit('hlt').emit('jmp', a.ref('workerCrash.halt'));
}
