/**
 * A boot sector for tests: a driver of a PS/2 mouse by polling (IBM PS/2 Technical Reference, "Auxiliary Device"). It says on COM1 what the mouse sends,
 * in hexadecimal.
 */
import { ah, al, Assembler, ax, bl, ds, dx, sp, ss } from '@drift-os/toolchain';

const BOOT_SECTOR = 0x7c00;
const COM1 = 0x3f8;
const DATA = 0x60;
const CONTROL = 0x64;
const OUTPUT_FULL = 0x01;
const INPUT_FULL = 0x02;
const FROM_MOUSE = 0x20;
const ENABLE_MOUSE = 0xa8;
const TO_MOUSE = 0xd4;
const SET_SAMPLE_RATE = 0xf3;
const GET_ID = 0xf2;
const ENABLE_REPORTING = 0xf4;

/** Says `ready` when the mouse reports. `wheel`: asks for one first. */
export function mouseDisk({ wheel }: { readonly wheel: boolean }): Uint8Array {
  const a = new Assembler({ name: 'mouse', mode: 16 });
  a.section('text', { address: BOOT_SECTOR });
  a.emit('cli').emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', ss, ax).emit('mov', sp, BOOT_SECTOR);
  a.emit('call', a.ref('ready')).emit('mov', al, ENABLE_MOUSE).emit('out', CONTROL, al);
  const knock = wheel ? [200, 100, 80].flatMap((rate) => [SET_SAMPLE_RATE, rate]) : [];
  for (const byte of [...knock, GET_ID]) a.emit('mov', ah, byte).emit('call', a.ref('command'));
  a.emit('call', a.ref('receive'));
  a.emit('mov', ah, ENABLE_REPORTING).emit('call', a.ref('command'));
  for (const letter of 'ready ') a.emit('mov', al, letter.charCodeAt(0)).emit('call', a.ref('send'));
  a.label('next').emit('call', a.ref('receive')).emit('jmp', a.ref('next'));

  a.label('ready').emit('in', al, CONTROL).emit('test', al, INPUT_FULL).emit('jnz', a.ref('ready')).emit('ret');
  a.label('command').emit('call', a.ref('ready')).emit('mov', al, TO_MOUSE).emit('out', CONTROL, al);
  a.emit('call', a.ref('ready')).emit('mov', al, ah).emit('out', DATA, al);
  // Its answer, and the ID that follows F2h.
  a.label('receive')
    .emit('in', al, CONTROL)
    .emit('and', al, OUTPUT_FULL | FROM_MOUSE);
  a.emit('cmp', al, OUTPUT_FULL | FROM_MOUSE)
    .emit('jne', a.ref('receive'))
    .emit('in', al, DATA)
    .emit('mov', bl, al);
  a.emit('shr', al, 4)
    .emit('call', a.ref('digit'))
    .emit('mov', al, bl)
    .emit('and', al, 15)
    .emit('call', a.ref('digit'));
  a.emit('mov', al, ' '.charCodeAt(0)).emit('jmp', a.ref('send'));
  a.label('digit').emit('add', al, '0'.charCodeAt(0)).emit('cmp', al, '9'.charCodeAt(0)).emit('jbe', a.ref('send'));
  a.emit('add', al, 'a'.charCodeAt(0) - '9'.charCodeAt(0) - 1);
  a.label('send')
    .emit('mov', ah, al)
    .emit('mov', dx, COM1 + 5);
  a.label('full').emit('in', al, dx).emit('test', al, 0x20).emit('jz', a.ref('full'));
  a.emit('mov', al, ah).emit('mov', dx, COM1).emit('out', dx, al).emit('ret');
  a.org(510).u16(0xaa55);
  const disk = new Uint8Array(64 * 512);
  disk.set(a.finish().sections[0]?.bytes ?? []);
  return disk;
}
