/** INT 11h, 12h and 15h: equipment, memory, A20, the memory map (IBM PS/2 and PC BIOS Interface TR; ACPI 6.5, 15.1). */
import { ah, al, type Assembler, ax, bx, cs, cx, di, dx, eax, ebx, ecx, es, mem, mem16, si } from '@drift-os/toolchain';
import {
  emitServiceEntry,
  FRAME_EAX,
  FRAME_EBX,
  FRAME_ECX,
  FRAME_EDI,
  FRAME_EDX,
  FRAME_ES,
  frame16,
  frame32,
  frame8,
  own32,
} from './frame.ts';
import { BDA_EBDA_SEGMENT, BDA_EQUIPMENT, BDA_MEMORY_KIB } from './memory-layout.ts';

const SMAP = 0x534d4150;
const ENTRY_BYTES = 20;
const SYSTEM_CONTROL_A = 0x92;
const A20 = 0x02;
const REFRESH = 0x10;
const MEBIBYTE = 0x100000;
const SIXTEEN_MEBIBYTES = 0x1000000;

export function emitSystem(a: Assembler): void {
  a.mode = 16;
  for (const [name, field] of [
    ['int11', BDA_EQUIPMENT],
    ['int12', BDA_MEMORY_KIB],
  ] as const) {
    emitServiceEntry(a, name);
    a.emit('mov', ax, mem16(field)).emit('mov', frame16(FRAME_EAX), ax).emit('jmp', a.ref('serviceReturn'));
  }
  emitServiceEntry(a, 'int15');
  a.emit('mov', ax, frame16(FRAME_EAX));
  for (const [service, label] of [
    [0xe820, 'systemMap'],
    [0xe801, 'systemSizes'],
    [0x2400, 'systemA20Off'],
    [0x2401, 'systemA20On'],
    [0x2402, 'systemA20Get'],
    [0x2403, 'systemA20Support'],
  ] as const) {
    a.emit('cmp', ax, service).emit('je', a.ref(label));
  }
  for (const [service, label] of [
    [0x86, 'systemWait'],
    [0x88, 'systemExtended'],
    [0xc1, 'systemEbda'],
  ] as const) {
    a.emit('cmp', ah, service).emit('je', a.ref(label));
  }
  a.emit('jmp', a.ref('serviceUnknown'));
  emitMemory(a);
  emitA20(a);
  // 86h: waits cx:dx microseconds, by the 15 us of the refresh toggle.
  a.label('systemWait').emit('mov', ax, frame16(FRAME_EDX)).emit('mov', dx, frame16(FRAME_ECX)).emit('mov', cx, 15);
  a.emit('cmp', dx, cx)
    .emit('jae', a.ref('systemWaitLong'))
    .emit('div', cx)
    .emit('mov', cx, ax)
    .emit('test', cx, cx)
    .emit('je', a.ref('serviceDone'));
  a.emit('in', al, 0x61).emit('mov', ah, al);
  a.label('systemWaitToggle')
    .emit('in', al, 0x61)
    .emit('xor', al, ah)
    .emit('test', al, REFRESH)
    .emit('je', a.ref('systemWaitToggle'));
  a.emit('xor', ah, REFRESH).emit('loop', a.ref('systemWaitToggle')).emit('jmp', a.ref('serviceDone'));
  a.label('systemWaitLong')
    .emit('mov', frame8(FRAME_EAX + 1), 0x83)
    .emit('jmp', a.ref('serviceFailed'));
  a.label('systemEbda')
    .emit('mov', ax, mem16(BDA_EBDA_SEGMENT))
    .emit('mov', frame16(FRAME_ES), ax)
    .emit('jmp', a.ref('serviceDone'));
}

function emitMemory(a: Assembler): void {
  // E820h: ebx is the offset of the next entry in the list, and 0 behind the last.
  a.label('systemMap').emit('cmp', frame32(FRAME_EDX), SMAP).emit('jne', a.ref('serviceUnknown'));
  a.emit('cmp', frame32(FRAME_ECX), ENTRY_BYTES).emit('jb', a.ref('serviceUnknown'));
  a.emit('mov', ebx, frame32(FRAME_EBX)).emit('mov', ecx, own32(a, 'e820End')).emit('and', ecx, 0xffff);
  a.emit('sub', ecx, a.ref('e820')).emit('cmp', ebx, ecx).emit('jae', a.ref('serviceUnknown'));
  a.emit('mov', es, frame16(FRAME_ES))
    .emit('mov', di, frame16(FRAME_EDI))
    .emit('mov', si, a.ref('e820'))
    .emit('add', si, bx);
  a.emit('add', bx, ENTRY_BYTES).emit('cmp', bx, cx).emit('jb', a.ref('systemMapMore')).emit('xor', bx, bx);
  a.label('systemMapMore').emit('mov', frame32(FRAME_EBX), ebx).emit('mov', cx, ENTRY_BYTES);
  a.label('systemMapByte')
    .emit('mov', al, mem({ bits: 8, segment: cs, base: si }))
    .emit('inc', si)
    .emit('stosb');
  a.emit('loop', a.ref('systemMapByte'));
  a.emit('mov', frame32(FRAME_EAX), SMAP)
    .emit('mov', frame32(FRAME_ECX), ENTRY_BYTES)
    .emit('jmp', a.ref('serviceDone'));

  // E801h: KiB from 1 to 16 MiB, and 64 KiB units above, twice. 88h: KiB above 1 MiB, at most 63 MiB.
  a.label('systemSizes')
    .emit('mov', eax, own32(a, 'memoryTop'))
    .emit('sub', eax, SIXTEEN_MEBIBYTES)
    .emit('jae', a.ref('systemLarge'));
  a.emit('add', eax, SIXTEEN_MEBIBYTES - MEBIBYTE)
    .emit('shr', eax, 10)
    .emit('xor', bx, bx)
    .emit('jmp', a.ref('systemSizesSet'));
  a.label('systemLarge')
    .emit('shr', eax, 16)
    .emit('mov', bx, ax)
    .emit('mov', ax, 15 * 1024);
  a.label('systemSizesSet').emit('mov', frame16(FRAME_EAX), ax).emit('mov', frame16(FRAME_ECX), ax);
  a.emit('mov', frame16(FRAME_EBX), bx).emit('mov', frame16(FRAME_EDX), bx).emit('jmp', a.ref('serviceDone'));
  a.label('systemExtended').emit('mov', eax, own32(a, 'memoryTop')).emit('sub', eax, MEBIBYTE).emit('shr', eax, 10);
  a.emit('cmp', eax, 63 * 1024)
    .emit('jbe', a.ref('systemExtendedSet'))
    .emit('mov', ax, 63 * 1024);
  a.label('systemExtendedSet').emit('mov', frame16(FRAME_EAX), ax).emit('jmp', a.ref('serviceDone'));
}

/** All by port 92h, never with its reset bit. */
function emitA20(a: Assembler): void {
  a.label('systemA20Off')
    .emit('in', al, SYSTEM_CONTROL_A)
    .emit('and', al, 0xff & ~(A20 | 1))
    .emit('jmp', a.ref('systemA20Set'));
  a.label('systemA20On').emit('in', al, SYSTEM_CONTROL_A).emit('or', al, A20).emit('and', al, 0xfe);
  a.label('systemA20Set')
    .emit('out', SYSTEM_CONTROL_A, al)
    .emit('mov', frame8(FRAME_EAX + 1), 0)
    .emit('jmp', a.ref('serviceDone'));
  a.label('systemA20Get')
    .emit('in', al, SYSTEM_CONTROL_A)
    .emit('shr', al, 1)
    .emit('and', ax, 1)
    .emit('mov', frame16(FRAME_EAX), ax);
  a.emit('jmp', a.ref('serviceDone'));
  // By port 92h.
  a.label('systemA20Support')
    .emit('mov', frame16(FRAME_EBX), 2)
    .emit('mov', frame8(FRAME_EAX + 1), 0)
    .emit('jmp', a.ref('serviceDone'));
}
