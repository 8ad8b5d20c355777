/** From real mode on: interrupt table, BIOS data area, screen, disks; then the kernel or the boot sector. */
import {
  ah,
  al,
  type Assembler,
  ax,
  bx,
  cs,
  cx,
  di,
  dl,
  ds,
  dx,
  eax,
  es,
  far,
  mem,
  mem16,
  mem32,
  mem8,
  si,
  sp,
  ss,
} from '@drift-os/toolchain';
import { own16 } from './frame.ts';
import {
  BASE_MEMORY_KIB,
  BDA,
  BDA_COM1,
  BDA_DISKS,
  BDA_EBDA_SEGMENT,
  BDA_EQUIPMENT,
  BDA_KEY_BUFFER,
  BDA_KEY_BUFFER_END,
  BDA_KEY_BUFFER_END_AT,
  BDA_KEY_BUFFER_START_AT,
  BDA_KEY_HEAD,
  BDA_KEY_STATUS,
  BDA_KEY_TAIL,
  BDA_MEMORY_KIB,
  BDA_TICKS,
  BIOS_SEGMENT,
  BOOT_SECTOR,
  EBDA_SEGMENT,
  STACK,
} from './memory-layout.ts';

const COM1 = 0x3f8;
/** Coprocessor, PS/2 mouse, 80x25 color, one serial port. */
const EQUIPMENT = 0x0226;
const ENHANCED_KEYBOARD = 0x10;
const DEBUG_PORT = 0x402;
const VECTORS = 0x78;

/** Vector to the label of its handler. Others only return. */
const vectors: readonly (readonly [vector: number, label: string])[] = [
  [0x08, 'irq0'],
  [0x09, 'irq1'],
  [0x10, 'int10'],
  [0x11, 'int11'],
  [0x12, 'int12'],
  [0x13, 'int13'],
  [0x15, 'int15'],
  [0x16, 'int16'],
  [0x18, 'int18'],
  [0x19, 'int19'],
  [0x1a, 'int1a'],
];

export function emitBoot(a: Assembler): void {
  a.mode = 16;
  a.label('realPost')
    .emit('xor', ax, ax)
    .emit('mov', ds, ax)
    .emit('mov', es, ax)
    .emit('mov', ss, ax)
    .emit('mov', sp, STACK);
  emitVectorTable(a);
  emitBiosData(a);
  a.emit('mov', al, 0x03).emit('call', a.ref('setMode')).emit('call', a.ref('disksDetect')).emit('sti');
  a.emit('cmp', own16(a, 'linuxSegment'), 0).emit('jne', a.ref('linuxEnter')).emit('int', 0x19);

  // INT 19h: sector 0 of the first disk to 0:7C00h, with its number in dl.
  a.label('int19')
    .emit('xor', ax, ax)
    .emit('mov', ds, ax)
    .emit('mov', es, ax)
    .emit('mov', ss, ax)
    .emit('mov', sp, STACK);
  a.emit('mov', ax, 0x0201).emit('mov', bx, BOOT_SECTOR).emit('mov', cx, 1).emit('mov', dx, 0x80).emit('int', 0x13);
  a.emit('mov', si, a.ref('noDiskText')).emit('jc', a.ref('stop')).emit('mov', si, a.ref('noSignatureText'));
  a.emit('cmp', mem16(BOOT_SECTOR + 510), 0xaa55).emit('jne', a.ref('stop'));
  a.emit('mov', dl, 0x80).emit('jmp far', far(0, BOOT_SECTOR));
  // INT 18h: a boot sector gives up.
  a.label('int18').emit('mov', si, a.ref('nextText'));
  emitStop(a);
  a.label('noDiskText').ascii('BIOS: no disk that can be read.\r\n').bytes(0);
  a.label('noSignatureText')
    .ascii('BIOS: the disk has no boot sector (its last two bytes are not 55 AA).\r\n')
    .bytes(0);
  a.label('nextText').ascii('BIOS: the boot sector gave up, and there is no other disk to boot from.\r\n').bytes(0);
  a.label('noMemoryText').ascii('BIOS: fw_cfg has no memory map (etc/e820).\r\n').bytes(0);
}

/** `stop` prints the text at cs:si on screen and debug port, and stays. `stop32` is the same from 32-bit code, text at eax. */
function emitStop(a: Assembler): void {
  a.label('stop').emit('xor', ax, ax).emit('mov', ds, ax);
  a.label('stopNext')
    .emit('mov', al, mem({ bits: 8, segment: cs, base: si }))
    .emit('inc', si)
    .emit('test', al, al);
  a.emit('je', a.ref('stopForever')).emit('mov', dx, DEBUG_PORT).emit('out', dx, al);
  a.emit('mov', ah, 0x0e).emit('mov', bx, 7).emit('int', 0x10).emit('jmp', a.ref('stopNext'));
  a.label('stopForever').emit('hlt').emit('jmp', a.ref('stopForever'));
  a.mode = 32;
  a.label('stop32').emit('mov', dx, DEBUG_PORT).emit('mov', ah, mem8(eax)).label('stop32End').emit('cli').emit('hlt');
  a.emit('jmp', a.ref('stop32End'));
  a.mode = 16;
}

function emitVectorTable(a: Assembler): void {
  a.emit('cld')
    .emit('xor', di, di)
    .emit('mov', cx, VECTORS)
    .emit('mov', ax, a.ref('returnOnly'))
    .emit('mov', dx, BIOS_SEGMENT);
  a.label('vectorNext')
    .emit('stosw')
    .emit('xchg', ax, dx)
    .emit('stosw')
    .emit('xchg', ax, dx)
    .emit('loop', a.ref('vectorNext'));
  // Interrupt requests that nobody handles must be ended, or nothing else would interrupt.
  for (let request = 2; request < 16; request++) {
    const vector = request < 8 ? 0x08 + request : 0x70 + request - 8;
    a.emit('mov', mem16(4 * vector), a.ref(request < 8 ? 'endMaster' : 'endSlave'));
  }
  for (const [vector, label] of vectors) a.emit('mov', mem16(4 * vector), a.ref(label));
  a.emit('jmp', a.ref('vectorsDone'));
  a.label('endSlave')
    .emit('push', ax)
    .emit('mov', al, 0x20)
    .emit('out', 0xa0, al)
    .emit('out', 0x20, al)
    .emit('pop', ax)
    .emit('iret');
  a.label('endMaster').emit('push', ax).emit('mov', al, 0x20).emit('out', 0x20, al).emit('pop', ax);
  a.label('returnOnly').emit('iret');
  a.label('vectorsDone');
}

/** All zero but for these fields; the tick count is there already. */
function emitBiosData(a: Assembler): void {
  a.emit('push', mem32(BDA_TICKS)).emit('mov', di, BDA).emit('mov', cx, 128).emit('xor', ax, ax).emit('rep stosw');
  a.emit('pop', mem32(BDA_TICKS));
  for (const [at, value] of [
    [BDA_COM1, COM1],
    [BDA_EBDA_SEGMENT, EBDA_SEGMENT],
    [BDA_EQUIPMENT, EQUIPMENT],
    [BDA_MEMORY_KIB, BASE_MEMORY_KIB],
    [BDA_KEY_HEAD, BDA_KEY_BUFFER - BDA],
    [BDA_KEY_TAIL, BDA_KEY_BUFFER - BDA],
    [BDA_KEY_BUFFER_START_AT, BDA_KEY_BUFFER - BDA],
    [BDA_KEY_BUFFER_END_AT, BDA_KEY_BUFFER_END - BDA],
    [BDA_KEY_STATUS, ENHANCED_KEYBOARD],
  ] as const) {
    a.emit('mov', mem16(at), value);
  }
  // The first byte of the extended area is its size in KiB.
  a.emit('mov', ax, EBDA_SEGMENT)
    .emit('mov', es, ax)
    .emit('mov', mem8({ segment: es, displacement: 0 }), 1);
  a.emit('xor', ax, ax).emit('mov', es, ax).emit('mov', mem8(BDA_DISKS), 0);
}
