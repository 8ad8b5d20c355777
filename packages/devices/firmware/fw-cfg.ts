/** fw_cfg by DMA, from 32-bit code: items by number, files by name. QEMU's docs/specs/fw_cfg. */
import { ah, al, type Assembler, ax, dx, eax, ebx, ecx, edi, edx, esi, mem16, mem32, mem8 } from '@drift-os/toolchain';
import { DIRECTORY, DIRECTORY_BYTES, FW_CFG_DMA, FW_CFG_NUMBER } from './memory-layout.ts';

const DMA_PORT = 0x514;
const FILE_DIRECTORY = 0x19;
const ENTRY_BYTES = 64;
const NAME_AT = 8;
const MAXIMUM_FILES = Math.floor((DIRECTORY_BYTES - 4) / ENTRY_BYTES);
const SELECT_AND_READ = 0x0a;
/** The error bit of the control word as it lies in memory, big-endian. */
const ERROR = 0x01000000;

export function emitFwCfg(a: Assembler): void {
  a.mode = 32;
  // `fwRead`: ecx bytes of item eax to edi. Keeps all registers.
  a.label('fwRead').emit('push', eax).emit('push', edx);
  a.emit('shl', eax, 16).emit('mov', al, SELECT_AND_READ).emit('bswap', eax).emit('mov', mem32(FW_CFG_DMA), eax);
  a.emit('mov', eax, ecx)
    .emit('bswap', eax)
    .emit('mov', mem32(FW_CFG_DMA + 4), eax);
  a.emit('mov', eax, edi)
    .emit('bswap', eax)
    .emit('mov', mem32(FW_CFG_DMA + 12), eax);
  a.emit('xor', eax, eax)
    .emit('mov', mem32(FW_CFG_DMA + 8), eax)
    .emit('mov', dx, DMA_PORT)
    .emit('out', dx, eax);
  a.emit('mov', eax, FW_CFG_DMA)
    .emit('bswap', eax)
    .emit('mov', dx, DMA_PORT + 4)
    .emit('out', dx, eax);
  a.label('fwWait')
    .emit('mov', eax, mem32(FW_CFG_DMA))
    .emit('test', eax, 0xffffffff - ERROR)
    .emit('jne', a.ref('fwWait'));
  a.emit('pop', edx).emit('pop', eax).emit('ret');

  // `fwNumber`: eax = the 4-byte item eax.
  a.label('fwNumber').emit('push', ecx).emit('push', edi).emit('mov', ecx, 4).emit('mov', edi, FW_CFG_NUMBER);
  a.emit('call', a.ref('fwRead')).emit('pop', edi).emit('pop', ecx).emit('mov', eax, mem32(FW_CFG_NUMBER)).emit('ret');

  a.label('fwDirectory').emit('mov', eax, FILE_DIRECTORY).emit('mov', ecx, DIRECTORY_BYTES).emit('mov', edi, DIRECTORY);
  a.emit('jmp', a.ref('fwRead'));

  // `fwFind`: the file named at esi. Gives eax: its item, ecx: its size; carry set where there is none.
  a.label('fwFind').emit('push', ebx).emit('push', edi);
  a.emit('mov', ecx, mem32(DIRECTORY))
    .emit('bswap', ecx)
    .emit('mov', ebx, DIRECTORY + 4);
  a.emit('cmp', ecx, MAXIMUM_FILES).emit('jbe', a.ref('fwFindNext'));
  a.emit('mov', ecx, MAXIMUM_FILES);
  a.label('fwFindNext').emit('sub', ecx, 1).emit('jc', a.ref('fwFindEnd'));
  a.emit('lea', edi, mem8(ebx, NAME_AT)).emit('call', a.ref('sameName')).emit('je', a.ref('fwFound'));
  a.emit('add', ebx, ENTRY_BYTES).emit('jmp', a.ref('fwFindNext'));
  a.label('fwFound').emit('mov', ecx, mem32(ebx)).emit('bswap', ecx);
  a.emit('mov', ax, mem16(ebx, 4)).emit('xchg', al, ah).emit('movzx', eax, ax).emit('clc');
  a.label('fwFindEnd').emit('pop', edi).emit('pop', ebx).emit('ret');

  // `sameName`: ZF when the zero-terminated names at esi and edi are the same. Changes eax and edi.
  a.label('sameName').emit('push', esi);
  a.label('sameNext').emit('lodsb').emit('cmp', al, mem8(edi)).emit('jne', a.ref('sameEnd')).emit('inc', edi);
  a.emit('test', al, al).emit('jne', a.ref('sameNext'));
  a.label('sameEnd').emit('pop', esi).emit('ret');
}
