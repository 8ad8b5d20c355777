/** Reads the image piece by piece through the disk buffer, computes its CRC-32C, and puts the segments where they belong. */
import { DISK_BUFFER, LOADER } from '@drift-os/abi/layout/memory-map';
import {
  ah,
  al,
  type Assembler,
  bx,
  eax,
  ebx,
  ecx,
  edi,
  edx,
  esi,
  type Memory,
  mem16,
  mem32,
  type Register,
  si,
} from '@drift-os/toolchain';
import {
  DISK_SEGMENT_BYTES,
  IMAGE_CRC_AT,
  IMAGE_SECTOR_AT,
  LOADER_CRC_AT,
  SECTOR_BYTES,
  SEGMENT_ADDRESS_AT,
  SEGMENT_COUNT_AT,
  SEGMENT_FILE_BYTES_AT,
  SEGMENT_MEMORY_BYTES_AT,
  SEGMENT_OFFSET_AT,
  SEGMENTS_AT,
} from '../disk-header.ts';
import { CRC_POLYNOMIAL } from '../crc32c.ts';
import { sentence } from './console.ts';
import { emitVariables } from './variables.ts';

/** Some firmware reads at most 127 sectors at once; 64 also stay inside one 64 KiB page of the DMA controller. */
const PIECE_SECTORS = 64;
/** Four tables of 256 u32 behind the disk buffer, where the loader's long-mode stack will be. */
const CRC_TABLES = 0x20000;
const CRC_TABLE_BYTES = 1024;
/** CPUID leaf 1, ECX: the instruction CRC32 (SDM 2). */
const CPUID_SSE4_2 = 20;
/** What the loop with that instruction takes at once. */
const CRC_UNROLLED_BYTES = 32;
const SECTOR_SHIFT = 9;

/** `loadImage` (16-bit): loads every segment, then checks the image. */
export function emitLoadImage(a: Assembler): void {
  a.mode = 16;
  a.label('loadImage').emit('mov', mem16(a.ref('segment')), LOADER + SEGMENTS_AT);
  a.label('loadSegment').emit('mov', bx, mem16(a.ref('segment')));
  a.emit('mov', eax, mem32(bx, SEGMENT_OFFSET_AT)).emit('shr', eax, SECTOR_SHIFT);
  a.emit('add', eax, mem32(LOADER + IMAGE_SECTOR_AT)).emit('mov', mem32(a.ref('sector')), eax);
  a.emit('mov', eax, mem32(bx, SEGMENT_ADDRESS_AT)).emit('mov', mem32(a.ref('destination')), eax);
  a.emit('mov', eax, mem32(bx, SEGMENT_FILE_BYTES_AT)).emit('mov', mem32(a.ref('remaining')), eax);
  a.emit('mov', ecx, mem32(bx, SEGMENT_MEMORY_BYTES_AT))
    .emit('sub', ecx, eax)
    .emit('mov', mem32(a.ref('zeros')), ecx);

  a.label('loadPiece')
    .emit('mov', ecx, mem32(a.ref('remaining')))
    .emit('test', ecx, ecx)
    .emit('je', a.ref('loadZeros'));
  a.emit('add', ecx, SECTOR_BYTES - 1)
    .emit('shr', ecx, SECTOR_SHIFT)
    .emit('cmp', ecx, PIECE_SECTORS);
  a.emit('jbe', a.ref('loadRead')).emit('mov', ecx, PIECE_SECTORS);
  a.label('loadRead')
    .emit('mov', mem32(a.ref('pieceSectors')), ecx)
    .emit('mov', eax, mem32(a.ref('sector')));
  a.emit('mov', bx, DISK_BUFFER / 16)
    .emit('call', a.ref('readSectors'))
    .emit('add', mem32(a.ref('sector')), ecx);
  a.emit('mov', si, a.ref('takePiece')).emit('call', a.ref('callProtected')).emit('jmp', a.ref('loadPiece'));

  a.label('loadZeros').emit('mov', si, a.ref('fillZeros')).emit('call', a.ref('callProtected'));
  a.emit('add', mem16(a.ref('segment')), DISK_SEGMENT_BYTES).emit('dec', mem32(LOADER + SEGMENT_COUNT_AT));
  a.emit('jne', a.ref('loadSegment'));
  a.emit('mov', si, a.ref('damagedImage'))
    .emit('mov', eax, mem32(a.ref('crc')))
    .emit('not', eax);
  a.emit('cmp', eax, mem32(LOADER + IMAGE_CRC_AT))
    .emit('jne', a.ref('fail'))
    .emit('ret');
  sentence(a, 'damagedImage', 'the kernel on this disk is damaged (its checksum is wrong)');
}

/**
 * `checkLoader` (16-bit): disk header and loader are whole. It comes before anything writes to the loader's variables. Also makes
 * the CRC tables, where the processor has no instruction for it: the n-th has what a byte becomes when n zeros follow it.
 */
export function emitCheckLoader(a: Assembler, loaderSectors: number): void {
  a.mode = 16;
  a.label('checkLoader').emit('mov', si, a.ref('loaderCrc')).emit('call', a.ref('callProtected'));
  a.emit('mov', si, a.ref('damagedLoader'))
    .emit('mov', eax, mem32(a.ref('crc')))
    .emit('not', eax);
  a.emit('cmp', eax, mem32(LOADER + LOADER_CRC_AT)).emit('jne', a.ref('fail'));
  a.emit('mov', mem32(a.ref('crc')), -1).emit('ret');
  sentence(a, 'damagedLoader', 'the kernel on this disk is damaged (the checksum of its loader is wrong)');

  a.mode = 32;
  a.label('loaderCrc').emit('call', a.ref('testCrcInstruction')).emit('jc', a.ref('loaderCrcBegin'));
  a.emit('xor', edx, edx);
  a.label('crcTableEntry').emit('mov', eax, edx).emit('mov', ecx, 8);
  a.label('crcTableBit').emit('shr', eax, 1).emit('jnc', a.ref('crcTableNext')).emit('xor', eax, CRC_POLYNOMIAL);
  a.label('crcTableNext').emit('loop', a.ref('crcTableBit'));
  a.emit('mov', crcEntry(0, edx), eax).emit('inc', edx).emit('cmp', edx, 256).emit('jb', a.ref('crcTableEntry'));
  a.emit('xor', edx, edx);
  a.label('crcFurtherEntry').emit('mov', eax, crcEntry(0, edx)).emit('movzx', ebx, al).emit('shr', eax, 8);
  a.emit('xor', eax, crcEntry(0, ebx)).emit('mov', crcEntry(1, edx), eax);
  a.emit('inc', edx)
    .emit('cmp', edx, 256 * 3)
    .emit('jb', a.ref('crcFurtherEntry'));
  const first = LOADER + LOADER_CRC_AT + 4;
  a.label('loaderCrcBegin')
    .emit('mov', esi, first)
    .emit('mov', ecx, LOADER + loaderSectors * SECTOR_BYTES - first);
  a.emit('jmp', a.ref('updateCrc'));

  // ecx bytes, a multiple of 4, at esi into `crc`, which starts as all ones and is inverted at the end.
  a.label('updateCrc')
    .emit('call', a.ref('testCrcInstruction'))
    .emit('mov', eax, mem32(a.ref('crc')))
    .emit('jnc', a.ref('crcByTables'));
  a.label('crcSingle')
    .emit('test', ecx, CRC_UNROLLED_BYTES - 1)
    .emit('je', a.ref('crcUnrolled'));
  a.emit('crc32', eax, mem32(esi)).emit('add', esi, 4).emit('sub', ecx, 4).emit('jmp', a.ref('crcSingle'));
  a.label('crcUnrolled').emit('test', ecx, ecx).emit('je', a.ref('crcKeep'));
  for (let at = 0; at < CRC_UNROLLED_BYTES; at += 4) a.emit('crc32', eax, mem32(esi, at));
  a.emit('add', esi, CRC_UNROLLED_BYTES).emit('sub', ecx, CRC_UNROLLED_BYTES).emit('jmp', a.ref('crcUnrolled'));

  a.label('crcByTables').emit('shr', ecx, 2);
  a.label('crcWord').emit('xor', eax, mem32(esi)).emit('movzx', ebx, al).emit('mov', edx, crcEntry(3, ebx));
  a.emit('movzx', ebx, ah).emit('xor', edx, crcEntry(2, ebx)).emit('shr', eax, 16);
  a.emit('movzx', ebx, al).emit('xor', edx, crcEntry(1, ebx));
  a.emit('movzx', ebx, ah).emit('xor', edx, crcEntry(0, ebx)).emit('mov', eax, edx);
  a.emit('add', esi, 4).emit('dec', ecx).emit('jne', a.ref('crcWord'));
  a.label('crcKeep')
    .emit('mov', mem32(a.ref('crc')), eax)
    .emit('ret');

  // CF set: the processor has CRC32. Keeps ecx and esi.
  a.label('testCrcInstruction').emit('push', ecx).emit('mov', eax, 1).emit('cpuid').emit('bt', ecx, CPUID_SSE4_2);
  a.emit('pop', ecx).emit('ret');
}

function crcEntry(table: number, byte: Register): Memory {
  return mem32({ index: byte, scale: 4, displacement: CRC_TABLES + table * CRC_TABLE_BYTES });
}

/** `takePiece` and `fillZeros` (32-bit). */
export function emitPlacePieces(a: Assembler): void {
  a.mode = 32;
  a.label('takePiece')
    .emit('mov', ecx, mem32(a.ref('pieceSectors')))
    .emit('shl', ecx, SECTOR_SHIFT);
  a.emit('push', ecx).emit('mov', esi, DISK_BUFFER).emit('call', a.ref('updateCrc')).emit('pop', ecx);
  a.emit('cmp', ecx, mem32(a.ref('remaining')))
    .emit('jbe', a.ref('takeAll'))
    .emit('mov', ecx, mem32(a.ref('remaining')));
  a.label('takeAll').emit('sub', mem32(a.ref('remaining')), ecx);
  a.emit('mov', esi, DISK_BUFFER)
    .emit('mov', edi, mem32(a.ref('destination')))
    .emit('rep movsb');
  a.emit('mov', mem32(a.ref('destination')), edi).emit('ret');

  a.label('fillZeros')
    .emit('mov', edi, mem32(a.ref('destination')))
    .emit('mov', ecx, mem32(a.ref('zeros')));
  a.emit('xor', eax, eax).emit('rep stosb').emit('ret');

  emitVariables(a, () => {
    a.label('segment').u32(0).label('sector').u32(0).label('destination').u32(0).label('remaining').u32(0);
    a.label('zeros').u32(0).label('pieceSectors').u32(0).label('crc').u32(0xffffffff);
  });
}
