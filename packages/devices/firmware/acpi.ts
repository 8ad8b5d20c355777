/** Follows the script by which ACPI tables are placed: allocate, add pointer, add checksum (see ../src/acpi/table-loader.ts). */
import { al, type Assembler, eax, ebp, ebx, ecx, edi, edx, esi, mem32, mem8 } from '@drift-os/toolchain';
import {
  LOADER_ADD_CHECKSUM,
  LOADER_ADD_POINTER,
  LOADER_ALLOCATE,
  LOADER_ENTRY_BYTES,
  LOADER_NAME_BYTES,
} from '../src/acpi/table-loader.ts';
import { emitVariables } from './frame.ts';
import { PLACED_FILES, SCRIPT } from './memory-layout.ts';
import { flat, flat32 } from './post.ts';

const FIRST_NAME = 4;
const BEHIND_NAME = FIRST_NAME + LOADER_NAME_BYTES;
const BEHIND_NAMES = BEHIND_NAME + LOADER_NAME_BYTES;
const ZONE_FSEG = 2;

/** `acpi` (32-bit): tables go below `memoryTop`, which moves down, and the RSDP behind the BIOS' own code. */
export function emitAcpi(a: Assembler): void {
  a.mode = 32;
  a.label('acpi').emit('mov', flat32(a, 'placedEnd'), PLACED_FILES);
  a.emit('mov', esi, flat(a, 'scriptName')).emit('call', a.ref('fwFind')).emit('jc', a.ref('acpiEnd'));
  a.emit('mov', edi, SCRIPT).emit('call', a.ref('fwRead')).emit('lea', ebp, mem8(ecx, SCRIPT)).emit('mov', ebx, SCRIPT);
  a.label('acpiNext').emit('cmp', ebx, ebp).emit('jae', a.ref('acpiEnd')).emit('mov', eax, mem32(ebx));
  for (const [command, label] of [
    [LOADER_ALLOCATE, 'acpiAllocate'],
    [LOADER_ADD_POINTER, 'acpiPointer'],
    [LOADER_ADD_CHECKSUM, 'acpiChecksum'],
  ] as const) {
    a.emit('cmp', eax, command).emit('je', a.ref(label));
  }
  a.label('acpiDone').emit('add', ebx, LOADER_ENTRY_BYTES).emit('jmp', a.ref('acpiNext'));
  a.label('acpiEnd').emit('ret');
  emitAllocate(a);
  emitPatch(a);
  a.label('scriptName').ascii('etc/table-loader').bytes(0);
  emitVariables(a, () => a.label('placedEnd').u32(0).label('segmentNext').u32(flat(a, 'free')));
}

function emitAllocate(a: Assembler): void {
  a.label('acpiAllocate').emit('lea', esi, mem8(ebx, FIRST_NAME)).emit('call', a.ref('fwFind'));
  a.emit('jc', a.ref('acpiDone')).emit('mov', edx, mem32(ebx, BEHIND_NAME)).emit('neg', edx);
  a.emit('cmp', mem8(ebx, BEHIND_NAME + 4), ZONE_FSEG).emit('je', a.ref('acpiSegment'));
  a.emit('mov', edi, flat32(a, 'memoryTop')).emit('sub', edi, ecx).emit('and', edi, edx);
  a.emit('mov', flat32(a, 'memoryTop'), edi).emit('jmp', a.ref('acpiLoad'));
  a.label('acpiSegment').emit('mov', edi, flat32(a, 'segmentNext')).emit('sub', edi, edx).emit('dec', edi);
  a.emit('and', edi, edx).emit('lea', edx, { ...mem8(edi), index: ecx, bits: 0 });
  a.emit('cmp', edx, flat(a, 'freeEnd')).emit('ja', a.ref('acpiDone')).emit('mov', flat32(a, 'segmentNext'), edx);
  a.label('acpiLoad').emit('call', a.ref('fwRead')).emit('mov', edx, flat32(a, 'placedEnd'));
  a.emit('mov', mem32(edx), esi).emit('mov', mem32(edx, 4), edi).emit('add', flat32(a, 'placedEnd'), 8);
  a.emit('jmp', a.ref('acpiDone'));

  // `placed`: edx = where the file named at esi went; carry set for one that is nowhere.
  a.label('placed').emit('mov', edx, PLACED_FILES);
  a.label('placedNext').emit('cmp', edx, flat32(a, 'placedEnd')).emit('cmc').emit('jc', a.ref('placedDone'));
  a.emit('mov', edi, mem32(edx)).emit('call', a.ref('sameName')).emit('je', a.ref('placedFound'));
  a.emit('add', edx, 8).emit('jmp', a.ref('placedNext'));
  a.label('placedFound').emit('mov', edx, mem32(edx, 4)).emit('clc');
  a.label('placedDone').emit('ret');
}

function emitPatch(a: Assembler): void {
  a.label('acpiPointer')
    .emit('lea', esi, mem8(ebx, BEHIND_NAME))
    .emit('call', a.ref('placed'))
    .emit('jc', a.ref('acpiDone'));
  a.emit('push', edx).emit('lea', esi, mem8(ebx, FIRST_NAME)).emit('call', a.ref('placed')).emit('pop', eax);
  // All addresses are below 4 GiB, so the upper half of an 8-byte pointer stays zero.
  a.emit('jc', a.ref('acpiDone')).emit('add', edx, mem32(ebx, BEHIND_NAMES)).emit('add', mem32(edx), eax);
  a.emit('jmp', a.ref('acpiDone'));

  a.label('acpiChecksum')
    .emit('lea', esi, mem8(ebx, FIRST_NAME))
    .emit('call', a.ref('placed'))
    .emit('jc', a.ref('acpiDone'));
  a.emit('mov', esi, edx)
    .emit('add', esi, mem32(ebx, BEHIND_NAME + 4))
    .emit('mov', ecx, mem32(ebx, BEHIND_NAME + 8));
  a.emit('add', edx, mem32(ebx, BEHIND_NAME)).emit('xor', eax, eax).emit('jecxz', a.ref('acpiSummed'));
  a.label('acpiSum').emit('add', al, mem8(esi)).emit('inc', esi).emit('loop', a.ref('acpiSum'));
  a.label('acpiSummed').emit('sub', mem8(edx), al).emit('jmp', a.ref('acpiDone'));
}
