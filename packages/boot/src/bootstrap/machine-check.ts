/** What the loader asks of the machine before it loads anything: 64-bit mode, the A20 line, a memory map, enough memory. */
import {
  BOOT_INFO_E820_AT,
  BOOT_INFO_E820_COUNT_AT,
  E820_ATTRIBUTES_AT,
  E820_BASE_AT,
  E820_ENTRY_BYTES,
  E820_LENGTH_AT,
  E820_MAXIMUM,
  E820_TYPE_AT,
  E820_USABLE,
} from '@drift-os/abi/layout/boot-info';
import { BOOT_INFO, BOOT_SECTOR, LOADER, MINIMUM_MEMORY } from '@drift-os/abi/layout/memory-map';
import {
  al,
  type Assembler,
  ax,
  bx,
  cx,
  di,
  dx,
  eax,
  ebp,
  ebx,
  ecx,
  edx,
  es,
  esi,
  mem16,
  mem32,
  mem8,
  si,
} from '@drift-os/toolchain';
import { IMAGE_END_AT, IMAGE_START_AT } from '../disk-header.ts';
import { sentence, text } from './console.ts';
import { emitVariables } from './variables.ts';

const EFLAGS_ID = 0x200000;
const CPUID_LONG_MODE = 29;
const E820_COUNT = BOOT_INFO + BOOT_INFO_E820_COUNT_AT;
const E820_LIST = BOOT_INFO + BOOT_INFO_E820_AT;
const SMAP = 0x534d4150;
/** ACPI 3.0 and later: an entry without this attribute is to be ignored. */
const E820_ENABLED = 1;
const MEBIBYTE_SHIFT = 20;

/** `checkLongMode` (16-bit): CPUID exists, and leaf 80000001h has EDX.LM (SDM 3A 10.8.5). */
export function emitCheckLongMode(a: Assembler): void {
  a.mode = 16;
  a.label('checkLongMode').emit('mov', si, a.ref('noLongMode'));
  a.emit('pushfd').emit('pop', eax).emit('mov', ecx, eax).emit('xor', eax, EFLAGS_ID).emit('push', eax).emit('popfd');
  a.emit('pushfd').emit('pop', eax).emit('xor', eax, ecx).emit('test', eax, EFLAGS_ID).emit('je', a.ref('fail'));
  a.emit('mov', eax, 0x80000000).emit('cpuid').emit('cmp', eax, 0x80000001).emit('jb', a.ref('fail'));
  a.emit('mov', eax, 0x80000001).emit('cpuid').emit('bt', edx, CPUID_LONG_MODE).emit('jnc', a.ref('fail'));
  a.emit('ret');
  sentence(a, 'noLongMode', 'this processor has no 64-bit mode (long mode)');
}

/**
 * `enableA20` (16-bit): INT 15h 2401h, then port 92h, then the keyboard controller, each believed only when the line is seen to
 * be on: a change of the boot signature must not show 1 MiB above it.
 */
export function emitEnableA20(a: Assembler): void {
  const signature = BOOT_SECTOR + 510;
  const alias = signature + 0x10;
  a.mode = 16;
  a.label('enableA20').emit('call', a.ref('testA20')).emit('jne', a.ref('a20Done'));
  a.emit('mov', ax, 0x2401).emit('int', 0x15).emit('call', a.ref('testA20')).emit('jne', a.ref('a20Done'));
  // Port 92h: bit 1 is A20, bit 0 would reset the machine.
  a.emit('in', al, 0x92).emit('or', al, 2).emit('and', al, 0xfe).emit('out', 0x92, al);
  a.emit('call', a.ref('testA20')).emit('jne', a.ref('a20Done'));
  // 8042: D1h writes the output port; DFh there is A20 on, no reset.
  a.emit('call', a.ref('keyboardReady')).emit('mov', al, 0xd1).emit('out', 0x64, al);
  a.emit('call', a.ref('keyboardReady')).emit('mov', al, 0xdf).emit('out', 0x60, al);
  a.emit('call', a.ref('keyboardReady')).emit('call', a.ref('testA20')).emit('jne', a.ref('a20Done'));
  a.emit('mov', si, a.ref('noA20')).emit('jmp', a.ref('fail'));
  a.label('a20Done').emit('ret');

  // ZF clear: the line is on. Looks 4096 times, as the keyboard controller takes a while.
  a.label('testA20').emit('mov', ax, 0xffff).emit('mov', es, ax).emit('mov', cx, 0x1000);
  a.label('testA20Again').emit('not', mem16(signature)).emit('out', 0x80, al).emit('mov', ax, mem16(signature));
  a.emit('cmp', ax, mem16({ segment: es, displacement: alias }));
  a.emit('loope', a.ref('testA20Again')).emit('mov', ax, 0).emit('mov', es, ax).emit('ret');

  a.label('keyboardReady').emit('xor', cx, cx);
  a.label('keyboardWait').emit('in', al, 0x64).emit('test', al, 2).emit('loopne', a.ref('keyboardWait')).emit('ret');
  sentence(a, 'noA20', 'the A20 line cannot be enabled');
}

/** `readE820` (16-bit): the BIOS's memory map into the boot information (ACPI 6.5, 15.1). */
export function emitReadE820(a: Assembler): void {
  a.mode = 16;
  a.label('readE820').emit('xor', ebx, ebx).emit('mov', mem32(E820_COUNT), ebx).emit('mov', di, E820_LIST);
  a.label('e820Next').emit('mov', mem32(di, E820_ATTRIBUTES_AT), E820_ENABLED);
  a.emit('mov', eax, 0xe820).emit('mov', edx, SMAP).emit('mov', ecx, E820_ENTRY_BYTES).emit('int', 0x15);
  a.emit('jc', a.ref('e820End')).emit('cmp', eax, SMAP).emit('jne', a.ref('e820End'));
  a.emit('test', mem8(di, E820_ATTRIBUTES_AT), E820_ENABLED).emit('je', a.ref('e820Skip'));
  a.emit('mov', eax, mem32(di, E820_LENGTH_AT)).emit('or', eax, mem32(di, E820_LENGTH_AT + 4));
  a.emit('je', a.ref('e820Skip')).emit('inc', mem32(E820_COUNT)).emit('add', di, E820_ENTRY_BYTES);
  a.label('e820Skip').emit('test', ebx, ebx).emit('je', a.ref('e820End'));
  a.emit('cmp', mem32(E820_COUNT), E820_MAXIMUM).emit('jb', a.ref('e820Next'));
  a.label('e820End').emit('mov', si, a.ref('noE820')).emit('cmp', mem32(E820_COUNT), 0).emit('je', a.ref('fail'));
  a.emit('ret');
  sentence(a, 'noE820', 'the BIOS gives no memory map (INT 15h E820h)');
}

/** `checkMemory` (16-bit): MINIMUM_MEMORY usable in all, and the image's place in one usable range. */
export function emitCheckMemory(a: Assembler): void {
  a.mode = 16;
  a.label('checkMemory').emit('mov', si, a.ref('sumMemory')).emit('call', a.ref('callProtected'));
  a.emit('mov', ax, mem16(a.ref('usableMebibytes'))).emit('cmp', ax, MINIMUM_MEMORY >>> MEBIBYTE_SHIFT);
  a.emit('jae', a.ref('memoryEnough'))
    .emit('push', ax)
    .emit('mov', si, a.ref('failPrefix'))
    .emit('call', a.ref('print'));
  a.emit('mov', si, a.ref('littleMemory')).emit('call', a.ref('print')).emit('pop', ax);
  a.emit('call', a.ref('printDecimal')).emit('mov', si, a.ref('littleMemoryEnd')).emit('jmp', a.ref('failMore'));
  a.label('memoryEnough')
    .emit('mov', si, a.ref('noRoom'))
    .emit('cmp', mem8(a.ref('imageHasRoom')), 0);
  a.emit('je', a.ref('fail')).emit('ret');

  // ax in decimal: the remainders wait on the stack.
  a.label('printDecimal').emit('mov', bx, 10).emit('xor', cx, cx);
  a.label('decimalDivide').emit('xor', dx, dx).emit('div', bx).emit('push', dx).emit('inc', cx);
  a.emit('test', ax, ax).emit('jne', a.ref('decimalDivide'));
  a.label('decimalPrint').emit('pop', ax).emit('add', al, 0x30).emit('call', a.ref('printCharacter'));
  a.emit('loop', a.ref('decimalPrint')).emit('ret');
  text(a, 'littleMemory', `Drift needs ${MINIMUM_MEMORY >>> MEBIBYTE_SHIFT} MiB of usable memory, this machine has `);
  sentence(a, 'littleMemoryEnd', ' MiB');
  sentence(a, 'noRoom', 'the memory that the kernel is loaded to is not usable');
  emitSumMemory(a);
}

/** `sumMemory` (32-bit): usable memory in MiB, at most 65535, and whether one usable range holds the image. */
function emitSumMemory(a: Assembler): void {
  const base = (part: number) => mem32(esi, E820_BASE_AT + part);
  const length = (part: number) => mem32(esi, E820_LENGTH_AT + part);
  a.mode = 32;
  a.label('sumMemory').emit('mov', esi, E820_LIST).emit('mov', ebp, mem32(E820_COUNT));
  a.emit('xor', ebx, ebx).emit('xor', ecx, ecx);
  a.label('sumNext').emit('cmp', mem32(esi, E820_TYPE_AT), E820_USABLE).emit('jne', a.ref('sumSkip'));
  a.emit('add', ebx, length(0)).emit('adc', ecx, length(4));
  // base <= imageStart, and imageEnd <= base + length.
  a.emit('cmp', base(4), 0).emit('jne', a.ref('sumSkip'));
  a.emit('mov', eax, base(0))
    .emit('cmp', eax, mem32(LOADER + IMAGE_START_AT))
    .emit('ja', a.ref('sumSkip'));
  a.emit('xor', edx, edx).emit('add', eax, length(0)).emit('adc', edx, length(4)).emit('jne', a.ref('sumHolds'));
  a.emit('cmp', eax, mem32(LOADER + IMAGE_END_AT)).emit('jb', a.ref('sumSkip'));
  a.label('sumHolds').emit('mov', mem8(a.ref('imageHasRoom')), 1);
  a.label('sumSkip').emit('add', esi, E820_ENTRY_BYTES).emit('dec', ebp).emit('jne', a.ref('sumNext'));
  a.emit('shrd', ebx, ecx, MEBIBYTE_SHIFT).emit('shr', ecx, MEBIBYTE_SHIFT);
  a.emit('mov', eax, 0xffff).emit('test', ecx, ecx).emit('jne', a.ref('sumStore'));
  a.emit('cmp', ebx, eax).emit('ja', a.ref('sumStore')).emit('mov', eax, ebx);
  a.label('sumStore')
    .emit('mov', mem32(a.ref('usableMebibytes')), eax)
    .emit('ret');
  emitVariables(a, () => a.label('usableMebibytes').u32(0).label('imageHasRoom').bytes(0));
}
