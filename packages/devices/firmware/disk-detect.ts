/** Finds the ATA disks on both IDE channels (IDENTIFY DEVICE; ATA/ATAPI-6, 8.15). */
import {
  al,
  type Assembler,
  ax,
  bl,
  cl,
  cx,
  ds,
  di,
  dx,
  eax,
  ebx,
  edx,
  es,
  type Memory,
  mem16,
  mem32,
  mem8,
  si,
  cs,
} from '@drift-os/toolchain';
import { DISK_ENTRY_BYTES, DISK_FIELDS } from './disk.ts';
import { BDA_DISKS, SECTOR_BUFFER } from './memory-layout.ts';

const CHANNELS = [0x1f0, 0x170] as const;
const CONTROL_OFFSET = 0x206;
const NO_INTERRUPTS = 0x02;
const IDENTIFY = 0xec;
const DRQ = 0x08;
const ERR = 0x01;
const LBA48 = 0x0400;
/** Up to here 16 heads of 63 sectors and 1024 cylinders reach; above, 255 heads are made up. */
const SIXTEEN_HEADS_SECTORS = 1024 * 16 * 63;

/** `disksDetect` (16-bit, ds = 0): fills the entries, and counts them in the BIOS data area. */
export function emitDiskDetect(a: Assembler): void {
  a.mode = 16;
  a.label('disksDetect').emit('push', ds).emit('pop', es).emit('mov', si, a.ref('disks'));
  for (const port of CHANNELS) {
    for (const device of [0x00, 0x10]) {
      a.emit('mov', dx, port).emit('mov', bl, device).emit('call', a.ref('diskDetect'));
    }
  }
  a.emit('ret');

  const field = (at: number, bits: 8 | 16 | 32): Memory =>
    (bits === 8 ? mem8 : bits === 16 ? mem16 : mem32)({ segment: cs, base: si, displacement: at });
  const identity = (word: number): number => SECTOR_BUFFER + 2 * word;
  a.label('diskDetect').emit('mov', field(DISK_FIELDS.port, 16), dx).emit('mov', field(DISK_FIELDS.device, 8), bl);
  a.emit('add', dx, CONTROL_OFFSET).emit('mov', al, NO_INTERRUPTS).emit('out', dx, al).emit('sub', dx, CONTROL_OFFSET);
  a.emit('add', dx, 6).emit('mov', al, bl).emit('or', al, 0xa0).emit('out', dx, al).emit('inc', dx);
  a.emit('in', al, dx)
    .emit('cmp', al, 0xff)
    .emit('je', a.ref('diskNone'))
    .emit('test', al, al)
    .emit('je', a.ref('diskNone'));
  a.emit('mov', al, IDENTIFY).emit('out', dx, al).emit('call', a.ref('diskWait')).emit('jc', a.ref('diskNone'));
  a.emit('test', al, DRQ).emit('je', a.ref('diskNone')).emit('test', al, ERR).emit('jne', a.ref('diskNone'));
  a.emit('mov', dx, field(DISK_FIELDS.port, 16)).emit('mov', di, SECTOR_BUFFER).emit('mov', cx, 256).emit('rep insw');

  a.emit('mov', eax, mem32(identity(60)))
    .emit('xor', edx, edx)
    .emit('test', mem16(identity(83)), LBA48);
  a.emit('je', a.ref('diskSize'))
    .emit('mov', eax, mem32(identity(100)))
    .emit('mov', edx, mem32(identity(102)));
  a.label('diskSize')
    .emit('mov', field(DISK_FIELDS.sectors, 32), eax)
    .emit('mov', field(DISK_FIELDS.sectors + 4, 32), edx);
  a.emit('mov', cx, (63 << 8) | 16)
    .emit('test', edx, edx)
    .emit('jne', a.ref('diskLarge'));
  a.emit('cmp', eax, SIXTEEN_HEADS_SECTORS).emit('jbe', a.ref('diskGeometry'));
  a.label('diskLarge').emit('mov', cl, 255);
  a.label('diskGeometry').emit('mov', field(DISK_FIELDS.heads, 16), cx);
  a.emit('movzx', ebx, cl).emit('imul', ebx, ebx, 63);
  // Cylinders: at most 1024, at least 1; a quotient that would not fit is not computed.
  a.emit('mov', cx, 1024).emit('cmp', edx, ebx).emit('jae', a.ref('diskCylinders')).emit('div', ebx);
  a.emit('cmp', eax, 1024).emit('jae', a.ref('diskCylinders')).emit('mov', cx, ax).emit('test', cx, cx);
  a.emit('jne', a.ref('diskCylinders')).emit('inc', cx);
  a.label('diskCylinders').emit('mov', field(DISK_FIELDS.cylinders, 16), cx);
  a.emit('add', si, DISK_ENTRY_BYTES).emit('inc', mem8(BDA_DISKS));
  a.label('diskNone').emit('ret');
}
