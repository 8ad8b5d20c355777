/**
 * The boot sector: the BIOS loads it to 0x7c00 and jumps to it with the drive's number in DL. It loads the sectors behind it, the
 * disk header and the loader, and leaves print, fail and readSectors in place for the loader.
 *
 * Bytes 3 to 0x3d are left to a BIOS parameter block, which some firmware writes into when it emulates a floppy disk; at 446 is a
 * partition table with one active entry, without which some firmware does not boot from a disk.
 */
import { BOOT_INFO_LOADER_TSC_AT } from '@drift-os/abi/layout/boot-info';
import { BOOT_INFO, BOOT_STACK_TOP, LOADER } from '@drift-os/abi/layout/memory-map';
import {
  ah,
  ax,
  bp,
  type Assembler,
  bx,
  cx,
  di,
  dl,
  ds,
  eax,
  edx,
  es,
  far,
  mem32,
  mem8,
  si,
  sp,
  ss,
} from '@drift-os/toolchain';
import { SECTOR_BYTES } from '../disk-header.ts';
import { emitFail, emitPrint, emitSerialInit, sentence, text } from './console.ts';

const BPB_END = 0x3e;
const PARTITION_TABLE = 446;
/** Active, no file system, from the first sector behind this one; as CHS the greatest values, "see LBA". */
const PARTITION_TYPE = 0xda;
const READ_ATTEMPTS = 5;
/** Of INT 13h 42h: as long as what POPA takes. */
const PACKET_BYTES = 16;
/** Where PUSHAD leaves EAX. */
const PUSHAD_EAX = 28;

export function emitBootSector(a: Assembler, loaderSectors: number): void {
  a.emit('jmp', a.ref('begin')).org(BPB_END);
  a.label('begin').emit('cli').emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', es, ax).emit('mov', ss, ax);
  a.emit('mov', sp, BOOT_STACK_TOP).emit('sti').emit('cld');
  a.emit('mov', mem8(a.ref('drive')), dl);
  a.emit('rdtsc').emit('mov', mem32(BOOT_INFO + BOOT_INFO_LOADER_TSC_AT), eax);
  a.emit('mov', mem32(BOOT_INFO + BOOT_INFO_LOADER_TSC_AT + 4), edx);
  a.emit('call', a.ref('serialInit'));

  a.emit('mov', ah, 0x41)
    .emit('mov', bx, 0x55aa)
    .emit('mov', dl, mem8(a.ref('drive')))
    .emit('int', 0x13);
  a.emit('mov', si, a.ref('noExtensions')).emit('jc', a.ref('fail'));
  a.emit('cmp', bx, 0xaa55).emit('jne', a.ref('fail'));
  a.emit('mov', eax, 1)
    .emit('mov', cx, loaderSectors)
    .emit('mov', bx, LOADER / 16)
    .emit('call', a.ref('readSectors'));
  a.emit('jmp far', far(0, a.ref('loader')));

  emitReadSectors(a);
  emitSerialInit(a);
  emitPrint(a);
  emitFail(a);
  text(a, 'diskError', 'disk read error at sector ');
  text(a, 'diskErrorStatus', 'h, BIOS status ');
  sentence(a, 'diskErrorEnd', 'h');
  sentence(a, 'noExtensions', 'the BIOS cannot read by LBA');
  a.label('drive').bytes(0).label('diskStatus').bytes(0);
  a.org(PARTITION_TABLE);
  a.bytes(0x80, 0xfe, 0xff, 0xff, PARTITION_TYPE, 0xfe, 0xff, 0xff).u32(1).label('partitionSectors').u32(0);
  a.org(SECTOR_BYTES - 2).u16(0xaa55);
}

/**
 * `readSectors`: cx sectors from LBA eax to bx:0, by INT 13h 42h (EDD 3.0, 5.4.5). The drive is reset between attempts; after the
 * last the boot ends with the LBA and the status of the BIOS. Keeps all registers.
 *
 * What is written on the way is on the stack and not beside the code, which would be fetched anew, and decoded anew by an emulator.
 */
function emitReadSectors(a: Assembler): void {
  a.label('readSectors').emit('pushad');
  a.emit('mov', dl, mem8(a.ref('drive'))).emit('mov', di, READ_ATTEMPTS);
  // The packet, from its end: 64-bit LBA, buffer as segment and offset, sectors, its size.
  a.label('readAttempt').emit('pushad').emit('o32 push', 0).emit('push', eax).emit('push', bx).emit('push', 0);
  a.emit('push', cx).emit('push', PACKET_BYTES).emit('mov', si, sp).emit('mov', ah, 0x42).emit('int', 0x13);
  a.emit('jnc', a.ref('readAnswered')).emit('mov', mem8(a.ref('diskStatus')), ah);
  // POPA takes the packet off the stack and leaves the carry as it is.
  a.label('readAnswered').emit('popa').emit('popad').emit('jnc', a.ref('readDone'));
  a.emit('pushad').emit('mov', ah, 0).emit('int', 0x13).emit('popad');
  a.emit('dec', di).emit('jne', a.ref('readAttempt'));

  a.emit('mov', si, a.ref('failPrefix')).emit('call', a.ref('print'));
  a.emit('mov', si, a.ref('diskError')).emit('call', a.ref('print'));
  a.emit('mov', bp, sp).emit('mov', eax, mem32(bp, PUSHAD_EAX)).emit('mov', cx, 8).emit('call', a.ref('printHex'));
  a.emit('mov', si, a.ref('diskErrorStatus')).emit('call', a.ref('print'));
  a.emit('mov', ah, mem8(a.ref('diskStatus')))
    .emit('shl', eax, 16)
    .emit('mov', cx, 2)
    .emit('call', a.ref('printHex'));
  a.emit('mov', si, a.ref('diskErrorEnd')).emit('jmp', a.ref('failMore'));
  a.label('readDone').emit('popad').emit('ret');
}
