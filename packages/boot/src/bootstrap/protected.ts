/**
 * Protected mode for the loader: `callProtected` runs a 32-bit routine with flat segments and comes back to real mode. Each piece of
 * the image is copied above 1 MiB this way, because BIOS calls do not keep the segment limits of "unreal" mode.
 *
 * The GDT has the selectors that Thread/C's has too (layout/trampoline.ts).
 */
import {
  SELECTOR_CODE16,
  SELECTOR_CODE32,
  SELECTOR_CODE64,
  SELECTOR_DATA,
  SELECTOR_DATA16,
} from '@drift-os/abi/layout/trampoline';
import { al, type Assembler, ax, cr0, ds, eax, es, esi, esp, far, mem, si, sp, ss } from '@drift-os/toolchain';
import { CR0_PROTECTION } from '../control-registers.ts';

/** Descriptors by selector (SDM 3A 3.4.5): base 0, present, privilege 0. */
const DESCRIPTORS: readonly (readonly [selector: number, descriptor: bigint])[] = [
  [SELECTOR_CODE64, 0x00af9b000000ffffn],
  [SELECTOR_DATA, 0x00cf93000000ffffn],
  [SELECTOR_CODE32, 0x00cf9b000000ffffn],
  [SELECTOR_CODE16, 0x00009b000000ffffn],
  [SELECTOR_DATA16, 0x000093000000ffffn],
];

/** `gdtPointer` for LGDT, and the table behind it. */
export function emitGdt(a: Assembler): void {
  a.align(8).label('gdt').u64(0);
  for (const [selector, descriptor] of DESCRIPTORS) {
    const index = selector / 8;
    if (index !== DESCRIPTORS.findIndex(([each]) => each === selector) + 1) {
      throw new RangeError(`selector ${selector} is not where the table has it`);
    }
    a.u64(descriptor);
  }
  a.label('gdtPointer')
    .u16(a.distance('gdt', 'gdtPointer', -1))
    .u32(a.ref('gdt'));
}

/** `callProtected`: calls the 32-bit routine whose address is in si. It keeps no register. */
export function emitCallProtected(a: Assembler): void {
  a.mode = 16;
  a.label('callProtected')
    .emit('cli')
    .emit('o32 lgdt', mem({ symbol: a.ref('gdtPointer') }))
    .emit('movzx', esi, si);
  a.emit('mov', eax, cr0).emit('or', al, CR0_PROTECTION).emit('mov', cr0, eax);
  a.emit('jmp far', far(SELECTOR_CODE32, a.ref('protected32')));

  a.mode = 32;
  a.label('protected32').emit('mov', eax, SELECTOR_DATA);
  a.emit('mov', ds, eax).emit('mov', es, eax).emit('mov', ss, eax).emit('movzx', esp, sp);
  a.emit('call', esi).emit('jmp far', far(SELECTOR_CODE16, a.ref('protected16')));

  // Segment limits stay what the last load in protected mode made them, so 64 KiB again before real mode (SDM 3A 10.9.2).
  a.mode = 16;
  a.label('protected16').emit('mov', ax, SELECTOR_DATA16);
  a.emit('mov', ds, ax).emit('mov', es, ax).emit('mov', ss, ax);
  a.emit('mov', eax, cr0)
    .emit('and', al, ~CR0_PROTECTION & 0xff)
    .emit('mov', cr0, eax);
  a.emit('jmp far', far(0, a.ref('realMode')));
  a.label('realMode').emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', es, ax).emit('mov', ss, ax);
  a.emit('sti').emit('ret');
}
