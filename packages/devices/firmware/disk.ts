/** INT 13h on ATA disks by the bus master: CHS and LBA services (Phoenix Enhanced Disk Drive Specification 3.0). */
import {
  ah,
  al,
  type Assembler,
  ax,
  bl,
  bx,
  ch,
  cl,
  cs,
  cx,
  dh,
  di,
  dl,
  dx,
  eax,
  ebx,
  ecx,
  edx,
  es,
  type Memory,
  mem16,
  mem32,
  mem8,
  si,
} from '@drift-os/toolchain';
import {
  emitServiceEntry,
  FRAME_DS,
  FRAME_EAX,
  FRAME_EBX,
  FRAME_ECX,
  FRAME_EDX,
  FRAME_ES,
  FRAME_ESI,
  frame16,
  frame8,
  own16,
  own32,
  own8,
  emitVariables,
} from './frame.ts';
import { BDA_DISKS, BIOS } from './memory-layout.ts';

/** A disk's entry: base port, device register, heads and sectors per track, cylinders, sectors. */
export const DISK_ENTRY_BYTES = 16;
const PORT_AT = 0;
const DEVICE_AT = 2;
const HEADS_AT = 4;
const TRACK_AT = 5;
const CYLINDERS_AT = 6;
const SECTORS_AT = 8;
const MAXIMUM_DISKS = 4;
/** 256 sectors: the count register's 0. */
const CHUNK_SECTORS = 128;
/** A sector is 2 to this power paragraphs. */
const SECTOR_PARAGRAPHS_SHIFT = 5;
const STATUS_INVALID = 0x01;
const STATUS_NOT_FOUND = 0x04;
const STATUS_READ_ERROR = 0x0a;
const FIRST_DISK = 0x80;
const BSY = 0x80;
const DRQ = 0x08;
const FAULT = 0x21;
/** READ and WRITE DMA, with 28 and with 48-bit addresses. */
const READ = 0xc8;
const WRITE = 0xca;
const WRITE_BIT = 0x02;
const READ_EXTENDED = 0x25;
const WRITE_EXTENDED = 0x35;
const PRIMARY = 0x1f0;
/** Bus master: direction, error and interrupt of the status register, last entry of the table. */
const TO_MEMORY = 0x08;
const CLEAR_STATUS = 0x06;
const BUS_MASTER_ACTIVE = 0x01;
const BUS_MASTER_INTERRUPT = 0x04;
const END_OF_TABLE = 0x80000000;
/** From command to interrupt-free completion there are at most this many looks at the status register. */
const PATIENCE = 0x4000000;

const entry = (at: number, bits: 8 | 16 | 32): Memory =>
  (bits === 8 ? mem8 : bits === 16 ? mem16 : mem32)({ segment: cs, base: si, displacement: at });

export function emitDisk(a: Assembler): void {
  a.mode = 16;
  emitServiceEntry(a, 'int13');
  a.emit('mov', ax, frame16(FRAME_EAX));
  a.emit('mov', dl, frame8(FRAME_EDX)).emit('sub', dl, FIRST_DISK).emit('jb', a.ref('diskInvalid'));
  a.emit('cmp', dl, mem8(BDA_DISKS)).emit('jae', a.ref('diskInvalid'));
  a.emit('movzx', si, dl).emit('shl', si, 4).emit('add', si, a.ref('disks'));
  for (const [service, label] of [
    [0x42, 'diskExtended'],
    [0x43, 'diskExtended'],
    [0x02, 'diskChs'],
    [0x03, 'diskChs'],
    [0x08, 'diskParameters'],
    [0x15, 'diskType'],
    [0x41, 'diskExtensions'],
    [0x48, 'diskExtendedParameters'],
    [0x01, 'diskLastStatus'],
  ] as const) {
    a.emit('cmp', ah, service).emit('je', a.ref(label));
  }
  // Reset, verify, seek, test ready, recalibrate: there is nothing to do.
  for (const service of [0x00, 0x04, 0x0c, 0x0d, 0x10, 0x11, 0x44, 0x47])
    a.emit('cmp', ah, service).emit('je', a.ref('diskOk'));
  a.label('diskInvalid').emit('mov', ah, STATUS_INVALID);
  a.label('diskFailed')
    .emit('mov', frame8(FRAME_EAX + 1), ah)
    .emit('mov', own8(a, 'diskStatus'), ah)
    .emit('jmp', a.ref('serviceFailed'));
  a.label('diskLastStatus')
    .emit('mov', ah, own8(a, 'diskStatus'))
    .emit('mov', frame8(FRAME_EAX + 1), ah)
    .emit('jmp', a.ref('serviceDone'));
  a.label('diskOk')
    .emit('mov', frame8(FRAME_EAX + 1), 0)
    .emit('mov', own8(a, 'diskStatus'), 0)
    .emit('jmp', a.ref('serviceDone'));
  emitQueries(a);
  emitChs(a);
  emitExtended(a);
  emitTransfer(a);
  emitVariables(a, () => {
    a.label('lba').u64(0).label('diskCount').u16(0).label('diskCommand').bytes(0).label('diskStatus').bytes(0);
    a.label('diskDone').u16(0).align(4, 0).label('busMaster').u32(0).label('regions').u32(0, 0, 0, 0);
    a.label('disks').zeros(MAXIMUM_DISKS * DISK_ENTRY_BYTES);
  });
}

function emitQueries(a: Assembler): void {
  // 08h: the greatest cylinder, head and sector, packed as for 02h, and the number of disks.
  a.label('diskParameters').emit('mov', ax, entry(CYLINDERS_AT, 16)).emit('dec', ax).emit('mov', ch, al);
  a.emit('shl', ah, 6).emit('or', ah, entry(TRACK_AT, 8)).emit('mov', cl, ah).emit('mov', frame16(FRAME_ECX), cx);
  a.emit('mov', dh, entry(HEADS_AT, 8))
    .emit('dec', dh)
    .emit('mov', dl, mem8(BDA_DISKS))
    .emit('mov', frame16(FRAME_EDX), dx);
  a.emit('mov', frame8(FRAME_EAX), 0).emit('jmp', a.ref('diskOk'));
  // 15h: a fixed disk, and its sectors in cx:dx.
  a.label('diskType').emit('mov', eax, entry(SECTORS_AT, 32)).emit('mov', frame16(FRAME_EDX), ax).emit('shr', eax, 16);
  a.emit('mov', frame16(FRAME_ECX), ax)
    .emit('mov', frame8(FRAME_EAX + 1), 3)
    .emit('jmp', a.ref('serviceDone'));
  // 41h: version 3.0; extended access and drive parameters.
  a.label('diskExtensions').emit('cmp', frame16(FRAME_EBX), 0x55aa).emit('jne', a.ref('diskInvalid'));
  a.emit('mov', frame16(FRAME_EBX), 0xaa55)
    .emit('mov', frame16(FRAME_ECX), 0x0005)
    .emit('mov', frame8(FRAME_EAX + 1), 0x30);
  a.emit('jmp', a.ref('serviceDone'));
  // 48h: 26 bytes of parameters at the caller's ds:si.
  a.label('diskExtendedParameters').emit('mov', es, frame16(FRAME_DS)).emit('mov', di, frame16(FRAME_ESI));
  const put16 = (at: number): Memory => mem16({ segment: es, base: di, displacement: at });
  const put32 = (at: number): Memory => mem32({ segment: es, base: di, displacement: at });
  a.emit('cmp', put16(0), 26).emit('jb', a.ref('diskInvalid')).emit('mov', put16(0), 26).emit('mov', put16(2), 2);
  a.emit('movzx', eax, entry(CYLINDERS_AT, 16)).emit('mov', put32(4), eax);
  a.emit('movzx', eax, entry(HEADS_AT, 8)).emit('mov', put32(8), eax);
  a.emit('movzx', eax, entry(TRACK_AT, 8)).emit('mov', put32(12), eax);
  a.emit('mov', eax, entry(SECTORS_AT, 32)).emit('mov', put32(16), eax);
  a.emit('mov', eax, entry(SECTORS_AT + 4, 32)).emit('mov', put32(20), eax);
  a.emit('mov', put16(24), 512).emit('jmp', a.ref('diskOk'));
}

/** 02h and 03h: al sectors at cylinder ch with its high bits in cl, head dh, sector cl, from or to es:bx. */
function emitChs(a: Assembler): void {
  a.label('diskChs')
    .emit('test', al, al)
    .emit('je', a.ref('diskInvalid'))
    .emit('movzx', cx, al)
    .emit('mov', own16(a, 'diskCount'), cx);
  a.emit('cmp', ah, 3).emit('mov', al, READ).emit('jne', a.ref('diskChsRead')).emit('mov', al, WRITE);
  a.label('diskChsRead').emit('mov', own8(a, 'diskCommand'), al);
  a.emit('mov', cx, frame16(FRAME_ECX)).emit('movzx', eax, ch).emit('mov', ah, cl).emit('shr', ah, 6);
  a.emit('movzx', ebx, entry(HEADS_AT, 8))
    .emit('mul', ebx)
    .emit('movzx', ebx, frame8(FRAME_EDX + 1))
    .emit('add', eax, ebx);
  a.emit('movzx', ebx, entry(TRACK_AT, 8)).emit('mul', ebx).emit('and', cl, 0x3f).emit('je', a.ref('diskInvalid'));
  a.emit('movzx', ecx, cl).emit('add', eax, ecx).emit('dec', eax);
  a.emit('mov', own32(a, 'lba'), eax).emit('mov', own32(a, 'lba', 4), 0);
  a.emit('mov', es, frame16(FRAME_ES)).emit('mov', bx, frame16(FRAME_EBX)).emit('call', a.ref('diskTransfer'));
  a.emit('mov', cx, own16(a, 'diskDone')).emit('mov', frame8(FRAME_EAX), cl);
  a.emit('jc', a.ref('diskFailed')).emit('jmp', a.ref('diskOk'));
}

/** 42h and 43h: the packet at ds:si has the count at 2, the buffer as offset and segment at 4, the LBA at 8. */
function emitExtended(a: Assembler): void {
  a.label('diskExtended')
    .emit('mov', al, READ)
    .emit('cmp', ah, 0x42)
    .emit('je', a.ref('diskExtendedRead'))
    .emit('mov', al, WRITE);
  a.label('diskExtendedRead').emit('mov', own8(a, 'diskCommand'), al);
  a.emit('mov', es, frame16(FRAME_DS)).emit('mov', di, frame16(FRAME_ESI));
  const field = (at: number, bits: 16 | 32): Memory =>
    (bits === 16 ? mem16 : mem32)({ segment: es, base: di, displacement: at });
  a.emit('mov', cx, field(2, 16)).emit('mov', own16(a, 'diskCount'), cx);
  a.emit('mov', eax, field(8, 32)).emit('mov', own32(a, 'lba'), eax);
  a.emit('mov', eax, field(12, 32)).emit('mov', own32(a, 'lba', 4), eax);
  a.emit('push', es).emit('push', di).emit('mov', bx, field(4, 16)).emit('mov', es, field(6, 16));
  a.emit('call', a.ref('diskTransfer')).emit('pop', di).emit('pop', es);
  // The packet's count becomes what was done.
  a.emit('mov', cx, own16(a, 'diskDone')).emit('mov', field(2, 16), cx);
  a.emit('jc', a.ref('diskFailed')).emit('jmp', a.ref('diskOk'));
}

/**
 * `diskTransfer`: `diskCount` sectors from `lba` on, between es:bx and the disk whose entry is at si. Gives carry and the status in
 * ah when it fails; `diskDone` is how many were moved. Changes all registers but si, bp and ds.
 */
function emitTransfer(a: Assembler): void {
  a.label('diskTransfer').emit('mov', own16(a, 'diskDone'), 0);
  a.emit('mov', eax, own32(a, 'lba'))
    .emit('mov', edx, own32(a, 'lba', 4))
    .emit('movzx', ecx, own16(a, 'diskCount'));
  a.emit('add', eax, ecx)
    .emit('adc', edx, 0)
    .emit('cmp', edx, entry(SECTORS_AT + 4, 32))
    .emit('jb', a.ref('diskFits'));
  a.emit('ja', a.ref('diskOutside')).emit('cmp', eax, entry(SECTORS_AT, 32)).emit('jbe', a.ref('diskFits'));
  a.label('diskOutside').emit('mov', ah, STATUS_NOT_FOUND).emit('stc').emit('ret');
  // The offset becomes less than 16, and the segment moves from sector to sector.
  a.label('diskFits')
    .emit('mov', di, bx)
    .emit('and', di, 15)
    .emit('shr', bx, 4)
    .emit('mov', ax, es)
    .emit('add', ax, bx)
    .emit('mov', es, ax);

  a.label('diskChunk').emit('mov', cx, own16(a, 'diskCount')).emit('test', cx, cx).emit('je', a.ref('diskAll'));
  a.emit('cmp', cx, CHUNK_SECTORS).emit('jbe', a.ref('diskLast')).emit('mov', cx, CHUNK_SECTORS);
  a.label('diskLast').emit('sub', own16(a, 'diskCount'), cx).emit('call', a.ref('diskRegions'));
  a.emit('call', a.ref('diskStart'))
    .emit('jc', a.ref('diskError'))
    .emit('call', a.ref('diskMove'))
    .emit('jc', a.ref('diskError'));
  a.emit('add', own16(a, 'diskDone'), cx)
    .emit('mov', ax, es)
    .emit('shl', cx, SECTOR_PARAGRAPHS_SHIFT)
    .emit('add', ax, cx);
  a.emit('mov', es, ax).emit('jmp', a.ref('diskChunk'));
  a.label('diskError').emit('mov', ah, STATUS_READ_ERROR).emit('stc').emit('ret');
  a.label('diskAll').emit('clc').emit('ret');
  emitRegions(a);
  emitMove(a);
  emitCommand(a);
}

/** `diskRegions`: describes cx sectors at es:di to the bus master. A region must not cross 64 KiB, so there may be two. */
function emitRegions(a: Assembler): void {
  a.label('diskRegions').emit('xor', eax, eax).emit('mov', ax, es);
  a.emit('shl', eax, 4).emit('movzx', edx, di).emit('add', eax, edx).emit('mov', own32(a, 'regions'), eax);
  a.emit('movzx', ebx, cx).emit('shl', ebx, 9);
  a.emit('mov', edx, 0x10000).emit('movzx', eax, ax).emit('sub', edx, eax);
  // edx: bytes up to the boundary, ebx: bytes.
  a.emit('cmp', ebx, edx).emit('ja', a.ref('diskTwoRegions')).emit('and', ebx, 0xffff).emit('or', ebx, END_OF_TABLE);
  a.emit('mov', own32(a, 'regions', 4), ebx).emit('ret');
  a.label('diskTwoRegions')
    .emit('mov', eax, own32(a, 'regions'))
    .emit('add', eax, edx)
    .emit('mov', own32(a, 'regions', 8), eax);
  a.emit('sub', ebx, edx)
    .emit('or', ebx, END_OF_TABLE)
    .emit('mov', own32(a, 'regions', 12), ebx);
  a.emit('and', edx, 0xffff)
    .emit('mov', own32(a, 'regions', 4), edx)
    .emit('ret');
}

/**
 * `diskMove`: runs the bus master until the drive has done the command: its interrupt is in the status register, too, when it fails and moves less than
 * was asked for. Carry set when it fails. Changes ax, dx and ebx.
 */
function emitMove(a: Assembler): void {
  a.label('diskMove')
    .emit('push', ecx)
    .emit('call', a.ref('busMasterPort'))
    .emit('mov', al, bl)
    .emit('or', al, 1)
    .emit('out', dx, al);
  a.emit('add', dx, 2).emit('mov', ecx, PATIENCE);
  a.label('diskMoving').emit('in', al, dx).emit('xor', al, BUS_MASTER_ACTIVE);
  a.emit('test', al, BUS_MASTER_ACTIVE | BUS_MASTER_INTERRUPT)
    .emit('jne', a.ref('diskMovedAll'))
    .emit('dec', ecx);
  a.emit('jne', a.ref('diskMoving'));
  a.label('diskMovedAll').emit('sub', dx, 2).emit('mov', al, 0).emit('out', dx, al).emit('pop', ecx);
  a.emit('call', a.ref('diskWait'))
    .emit('jc', a.ref('diskMoveEnd'))
    .emit('test', al, DRQ)
    .emit('je', a.ref('diskMoveEnd'))
    .emit('stc');
  a.label('diskMoveEnd').emit('ret');

  // `busMasterPort`: dx = the channel's bus master, bl = its direction bit for this command.
  a.label('busMasterPort')
    .emit('mov', dx, own16(a, 'busMaster'))
    .emit('cmp', entry(PORT_AT, 16), PRIMARY)
    .emit('je', a.ref('busMasterFirst'));
  a.emit('add', dx, 8);
  a.label('busMasterFirst')
    .emit('mov', bl, TO_MEMORY)
    .emit('test', own8(a, 'diskCommand'), WRITE_BIT)
    .emit('je', a.ref('busMasterReads'));
  a.emit('mov', bl, 0).label('busMasterReads').emit('ret');
}

/** `diskStart`: cx sectors from `lba`, which moves on; with 48-bit commands where 28 bits are not enough. */
function emitCommand(a: Assembler): void {
  const out = (): Assembler => a.emit('out', dx, al);
  a.label('diskStart').emit('call', a.ref('busMasterPort')).emit('mov', al, bl);
  out().emit('add', dx, 2).emit('mov', al, CLEAR_STATUS);
  out().emit('add', dx, 2).emit('mov', eax, a.ref('regions', BIOS)).emit('out', dx, eax);
  a.emit('mov', dx, entry(PORT_AT, 16)).emit('add', dx, 6);
  a.emit('mov', al, entry(DEVICE_AT, 8)).emit('or', al, 0xe0);
  // The status may still hold the error of the last command.
  out().emit('call', a.ref('diskWait')).emit('test', al, BSY).emit('je', a.ref('diskIdle')).emit('stc').emit('ret');
  a.label('diskIdle');
  a.emit('mov', dx, entry(PORT_AT, 16)).emit('mov', bl, own8(a, 'diskCommand'));
  a.emit('mov', eax, own32(a, 'lba'))
    .emit('add', eax, 0x100)
    .emit('shr', eax, 28)
    .emit('or', eax, own32(a, 'lba', 4));
  a.emit('je', a.ref('diskShort'));
  // The upper halves are written first.
  a.emit('add', dx, 2).emit('mov', al, 0);
  out().emit('mov', eax, own32(a, 'lba')).emit('shr', eax, 24).emit('inc', dx);
  out()
    .emit('mov', eax, own32(a, 'lba', 4))
    .emit('inc', dx);
  out().emit('inc', dx).emit('mov', al, ah);
  out()
    .emit('mov', dx, entry(PORT_AT, 16))
    .emit('mov', bl, READ_EXTENDED)
    .emit('test', own8(a, 'diskCommand'), WRITE_BIT);
  a.emit('je', a.ref('diskLow')).emit('mov', bl, WRITE_EXTENDED).emit('jmp', a.ref('diskLow'));
  a.label('diskShort')
    .emit('mov', al, own8(a, 'lba', 3))
    .emit('or', al, entry(DEVICE_AT, 8))
    .emit('or', al, 0xe0)
    .emit('add', dx, 6);
  out().emit('sub', dx, 6);
  a.label('diskLow').emit('add', dx, 2).emit('mov', al, cl);
  out().emit('mov', eax, own32(a, 'lba')).emit('inc', dx);
  out().emit('inc', dx).emit('shr', eax, 8);
  out().emit('inc', dx).emit('shr', eax, 8);
  out().emit('add', dx, 2).emit('mov', al, bl);
  out()
    .emit('movzx', eax, cx)
    .emit('add', own32(a, 'lba'), eax)
    .emit('adc', own32(a, 'lba', 4), 0)
    .emit('clc')
    .emit('ret');

  // `diskWait`: until the drive of the entry at si is not busy. al is the status; carry set for an error or when it takes too long.
  a.label('diskWait').emit('push', ecx).emit('push', dx).emit('mov', dx, entry(PORT_AT, 16)).emit('add', dx, 7);
  a.emit('mov', ecx, PATIENCE);
  a.label('diskBusy').emit('in', al, dx).emit('test', al, BSY).emit('je', a.ref('diskReady')).emit('dec', ecx);
  a.emit('jne', a.ref('diskBusy')).emit('stc').emit('jmp', a.ref('diskWaited'));
  a.label('diskReady').emit('test', al, FAULT).emit('je', a.ref('diskWaited')).emit('stc');
  a.label('diskWaited').emit('pop', dx).emit('pop', ecx).emit('ret');
}

export const DISK_FIELDS: {
  readonly port: number;
  readonly device: number;
  readonly heads: number;
  readonly track: number;
  readonly cylinders: number;
  readonly sectors: number;
} = {
  port: PORT_AT,
  device: DEVICE_AT,
  heads: HEADS_AT,
  track: TRACK_AT,
  cylinders: CYLINDERS_AT,
  sectors: SECTORS_AT,
};
