/**
 * The trampoline: 16-bit code that Thread/C copies to TRAMPOLINE, where every other core starts after INIT-SIPI-SIPI (SDM 3A 9.4).
 * It goes to long mode and enters the image with what stands in its parameters (layout/trampoline.ts).
 */
import { PAGE_BYTES, TRAMPOLINE } from '@drift-os/abi/layout/memory-map';
import {
  SELECTOR_CODE32,
  SELECTOR_CODE64,
  SELECTOR_DATA,
  TRAMPOLINE_CR3_AT,
  TRAMPOLINE_ENTRY_AT,
  TRAMPOLINE_GDT_POINTER_AT,
  TRAMPOLINE_IDT_POINTER_AT,
  TRAMPOLINE_PARAMETERS,
  TRAMPOLINE_STACK_TOP_AT,
  TRAMPOLINE_TAKEN_AT,
  TRAMPOLINE_TASK_SELECTOR_AT,
  TRAMPOLINE_WORKER_BLOCK_AT,
} from '@drift-os/abi/layout/trampoline';
import {
  Assembler,
  ax,
  cr0,
  cr3,
  cr4,
  cx,
  ds,
  eax,
  ecx,
  edx,
  es,
  far,
  fs,
  gs,
  mem,
  mem32,
  mem64,
  rax,
  rcx,
  rdi,
  rsp,
  ss,
} from '@drift-os/toolchain';
import { emitGdt } from '../bootstrap/protected.ts';
import {
  CR0_MONITOR_COPROCESSOR,
  CR0_NUMERIC_ERROR,
  CR0_PAGING,
  CR0_PROTECTION,
  CR0_WRITE_PROTECT,
  CR4_PAE,
  EFER_LONG_MODE,
  EFER_NO_EXECUTE,
  MSR_EFER,
} from '../control-registers.ts';

const CPUID_NO_EXECUTE = 20;
/** INIT leaves the caches off (CR0.CD and NW); writing CR0 whole turns them on. */
const CR0_VALUE = CR0_PROTECTION | CR0_MONITOR_COPROCESSOR | CR0_NUMERIC_ERROR | CR0_WRITE_PROTECT;

const parameters = TRAMPOLINE + TRAMPOLINE_PARAMETERS;

/** The code, for address TRAMPOLINE. @throws RangeError when it runs into its parameters. */
export function assembleTrampoline(): Uint8Array {
  const a = new Assembler({ name: 'trampoline', mode: 16 });
  a.section('text', { address: TRAMPOLINE });
  emitProtectedMode(a);
  emitLongMode(a);
  emitTake(a);
  emitGdt(a);
  const bytes = a.finish().sections[0]?.bytes ?? new Uint8Array();
  if (bytes.length > TRAMPOLINE_PARAMETERS) {
    throw new RangeError(
      `the trampoline has ${bytes.length} bytes of ${TRAMPOLINE_PARAMETERS} in its page of ${PAGE_BYTES}`,
    );
  }
  return bytes;
}

/** cs:ip = 0100:0000 after SIPI vector 01h; data is addressed from 0. */
function emitProtectedMode(a: Assembler): void {
  a.emit('cli').emit('cld').emit('xor', ax, ax).emit('mov', ds, ax);
  a.emit('o32 lgdt', mem({ symbol: a.ref('gdtPointer') }));
  a.emit('mov', eax, CR0_VALUE)
    .emit('mov', cr0, eax)
    .emit('o32 jmp far', far(SELECTOR_CODE32, a.ref('protected')));
}

function emitLongMode(a: Assembler): void {
  a.mode = 32;
  a.label('protected').emit('mov', eax, SELECTOR_DATA).emit('mov', ds, eax).emit('mov', ss, eax);
  a.emit('mov', eax, CR4_PAE).emit('mov', cr4, eax);
  a.emit('mov', eax, mem32(parameters + TRAMPOLINE_CR3_AT)).emit('mov', cr3, eax);
  a.emit('mov', eax, 0x80000001).emit('cpuid').emit('mov', ecx, MSR_EFER).emit('mov', eax, EFER_LONG_MODE);
  a.emit('bt', edx, CPUID_NO_EXECUTE).emit('jnc', a.ref('setEfer')).emit('or', eax, EFER_NO_EXECUTE);
  a.label('setEfer').emit('xor', edx, edx).emit('wrmsr');
  a.emit('mov', eax, CR0_VALUE | CR0_PAGING).emit('mov', cr0, eax);
  a.emit('jmp far', far(SELECTOR_CODE64, a.ref('long')));
}

/** The core's own GDT, IDT, task and stack; then the parameters are Thread/C's again. */
function emitTake(a: Assembler): void {
  const parameter = (at: number) => mem64(parameters + at);
  a.mode = 64;
  a.label('long')
    .emit('mov', rax, parameter(TRAMPOLINE_GDT_POINTER_AT))
    .emit('lgdt', mem({ base: rax }));
  a.emit('mov', rsp, parameter(TRAMPOLINE_STACK_TOP_AT));
  a.emit('push', SELECTOR_CODE64).emit('mov', eax, a.ref('reloaded')).emit('push', rax).emit('o64 retf');
  a.label('reloaded').emit('mov', eax, SELECTOR_DATA);
  for (const segment of [ds, es, ss, fs, gs]) a.emit('mov', segment, eax);
  a.emit('mov', rax, parameter(TRAMPOLINE_IDT_POINTER_AT)).emit('lidt', mem({ base: rax }));
  a.emit('mov', ecx, mem32(parameters + TRAMPOLINE_TASK_SELECTOR_AT))
    .emit('test', ecx, ecx)
    .emit('je', a.ref('taskDone'));
  a.emit('ltr', cx);
  a.label('taskDone').emit('mov', rdi, parameter(TRAMPOLINE_WORKER_BLOCK_AT));
  a.emit('mov', rcx, parameter(TRAMPOLINE_ENTRY_AT)).emit('mov', mem32(parameters + TRAMPOLINE_TAKEN_AT), 1);
  a.emit('jmp', rcx);
}
