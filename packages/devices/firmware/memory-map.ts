/** The memory map of INT 15h E820h, from fw_cfg's. Entries are 20 bytes: base, length, type (ACPI 6.5, 15.1). */
import { type Assembler, eax, ebx, ecx, edi, esi, mem32 } from '@drift-os/toolchain';
import { emitVariables } from './frame.ts';
import { BIOS, BIOS_BYTES, BIOS_HIGH, EBDA, RAW_E820 } from './memory-layout.ts';
import { flat, flat32 } from './post.ts';

const ENTRY_BYTES = 20;
const MAXIMUM_ENTRIES = 32;
/** Of fw_cfg's entries, some come to lie elsewhere or are left out; 16 behind the first ranges are kept. */
const MAXIMUM_RAW = 16;
const RAM = 1;
const RESERVED = 2;
const VIDEO_MEMORY = 0xa0000;
const MEBIBYTE = 0x100000;
const PAGE_MASK = 0xfffff000;

/** `memorySize` and `memoryMap` (32-bit). */
export function emitMemoryMap(a: Assembler): void {
  a.mode = 32;
  // `memorySize`: reads fw_cfg's map; `memoryTop` and `ramEnd` become the end of the RAM that starts at 0.
  a.label('memorySize').emit('mov', esi, flat(a, 'e820Name')).emit('call', a.ref('fwFind'));
  a.emit('jc', a.ref('memoryUnknown'))
    .emit('cmp', ecx, MAXIMUM_RAW * ENTRY_BYTES)
    .emit('jbe', a.ref('memoryFits'));
  a.emit('mov', ecx, MAXIMUM_RAW * ENTRY_BYTES);
  a.label('memoryFits').emit('mov', edi, RAW_E820).emit('call', a.ref('fwRead'));
  a.emit('lea', eax, mem32(ecx, RAW_E820)).emit('mov', flat32(a, 'rawEnd'), eax).emit('mov', esi, RAW_E820);
  a.label('memoryNext').emit('cmp', esi, flat32(a, 'rawEnd')).emit('jae', a.ref('memoryUnknown'));
  a.emit('mov', eax, mem32(esi)).emit('or', eax, mem32(esi, 4)).emit('jne', a.ref('memoryOther'));
  a.emit('cmp', mem32(esi, 16), RAM).emit('je', a.ref('memoryFound'));
  a.label('memoryOther').emit('add', esi, ENTRY_BYTES).emit('jmp', a.ref('memoryNext'));
  a.label('memoryFound').emit('mov', eax, mem32(esi, 8));
  a.emit('mov', flat32(a, 'ramEnd'), eax).emit('mov', flat32(a, 'memoryTop'), eax).emit('ret');
  a.label('memoryUnknown').emit('mov', eax, flat(a, 'noMemoryText')).emit('jmp', a.ref('stop32'));

  // `memoryMap`: fixed ranges, RAM up to the ACPI tables, and what fw_cfg has above.
  a.label('memoryMap').emit('and', flat32(a, 'memoryTop'), PAGE_MASK).emit('mov', edi, flat(a, 'e820'));
  emitRange(a, 0, EBDA, RAM);
  emitRange(a, EBDA, VIDEO_MEMORY - EBDA, RESERVED);
  emitRange(a, BIOS, BIOS_BYTES, RESERVED);
  a.emit('mov', ebx, MEBIBYTE).emit('mov', ecx, flat32(a, 'memoryTop')).emit('sub', ecx, ebx).emit('mov', eax, RAM);
  a.emit('call', a.ref('memoryRange'));
  a.emit('mov', ebx, flat32(a, 'memoryTop')).emit('mov', ecx, flat32(a, 'ramEnd')).emit('sub', ecx, ebx);
  a.emit('mov', eax, RESERVED).emit('call', a.ref('memoryRange'));
  emitRange(a, BIOS_HIGH, BIOS_BYTES, RESERVED);
  a.emit('mov', esi, RAW_E820);
  a.label('rawNext').emit('cmp', esi, flat32(a, 'rawEnd')).emit('jae', a.ref('rawDone'));
  a.emit('cmp', mem32(esi, 4), 0).emit('jne', a.ref('rawCopy'));
  a.emit('mov', eax, mem32(esi)).emit('cmp', eax, flat32(a, 'ramEnd')).emit('jb', a.ref('rawSkip'));
  a.label('rawCopy')
    .emit('mov', ecx, ENTRY_BYTES / 4)
    .emit('rep movsd')
    .emit('jmp', a.ref('rawNext'));
  a.label('rawSkip').emit('add', esi, ENTRY_BYTES).emit('jmp', a.ref('rawNext'));
  a.label('rawDone').emit('mov', flat32(a, 'e820End'), edi).emit('ret');

  // eax: type, ebx: base, ecx: length, all below 4 GiB. An empty range is left out.
  a.label('memoryRange').emit('test', ecx, ecx).emit('je', a.ref('memoryEmpty'));
  a.emit('mov', mem32(edi), ebx).emit('mov', mem32(edi, 4), 0).emit('mov', mem32(edi, 8), ecx);
  a.emit('mov', mem32(edi, 12), 0).emit('mov', mem32(edi, 16), eax).emit('add', edi, ENTRY_BYTES);
  a.label('memoryEmpty').emit('ret');
  a.label('e820Name').ascii('etc/e820').bytes(0);
  emitVariables(a, () => {
    a.label('memoryTop').u32(0).label('ramEnd').u32(0).label('rawEnd').u32(0).label('e820End').u32(0);
    a.label('e820').zeros(MAXIMUM_ENTRIES * ENTRY_BYTES);
  });
}

function emitRange(a: Assembler, base: number, length: number, type: number): void {
  a.emit('mov', ebx, base).emit('mov', ecx, length).emit('mov', eax, type).emit('call', a.ref('memoryRange'));
}
