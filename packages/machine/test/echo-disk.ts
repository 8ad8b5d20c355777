/** A boot sector for tests: counts what comes on COM1 and answers each byte with it and the count; some bytes make it do other things. */
import { al, Assembler, ax, bl, ds, dx, mem8, mem16, sp, ss } from '@drift-os/toolchain';

const BOOT_SECTOR = 0x7c00;
const COUNT = 0x500;
const COM1 = 0x3f8;
const LINE_STATUS = COM1 + 5;
export const OWN_PORT = 0x5a0;

/**
 * Greets with `R`. Byte c: answers c and a digit, the count of such bytes. `x`: writes 21 to the exit port. `o`: switches off. `t`: a triple fault.
 * `d`: answers with a byte from OWN_PORT. `k`: waits for a key and answers its scan code.
 */
export function echoDisk(): Uint8Array {
  const a = new Assembler({ name: 'echo', mode: 16 });
  a.section('text', { address: BOOT_SECTOR });
  a.emit('cli').emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', ss, ax).emit('mov', sp, BOOT_SECTOR);
  a.emit('mov', mem8(COUNT), 0).emit('mov', al, 'R'.charCodeAt(0)).emit('call', a.ref('send'));
  a.label('next').emit('mov', dx, LINE_STATUS).emit('in', al, dx).emit('test', al, 1).emit('jz', a.ref('next'));
  a.emit('mov', dx, COM1).emit('in', al, dx);
  for (const [byte, label] of [
    ['x', 'exit'],
    ['o', 'off'],
    ['t', 'triple'],
    ['d', 'device'],
    ['k', 'key'],
  ] as const) {
    a.emit('cmp', al, byte.charCodeAt(0)).emit('je', a.ref(label));
  }
  a.emit('inc', mem8(COUNT)).emit('call', a.ref('send'));
  a.emit('mov', al, mem8(COUNT)).emit('add', al, '0'.charCodeAt(0));
  a.label('answer').emit('call', a.ref('send')).emit('jmp', a.ref('next'));
  a.label('exit').emit('mov', al, 21).emit('out', 0xf4, al).emit('jmp', a.ref('next'));
  a.label('off').emit('mov', dx, 0x604).emit('mov', ax, 0x2000).emit('out', dx, ax).emit('jmp', a.ref('next'));
  a.label('triple')
    .emit('lidt', mem16(a.ref('empty')))
    .emit('int3');
  a.label('device').emit('mov', dx, OWN_PORT).emit('in', al, dx).emit('jmp', a.ref('answer'));
  a.label('key')
    .emit('in', al, 0x64)
    .emit('test', al, 1)
    .emit('jz', a.ref('key'))
    .emit('in', al, 0x60)
    .emit('jmp', a.ref('answer'));
  a.label('send').emit('mov', bl, al).emit('mov', dx, LINE_STATUS);
  a.label('full').emit('in', al, dx).emit('test', al, 0x20).emit('jz', a.ref('full'));
  a.emit('mov', al, bl).emit('mov', dx, COM1).emit('out', dx, al).emit('ret');
  a.label('empty').u16(0, 0, 0);
  a.org(510).u16(0xaa55);
  const disk = new Uint8Array(64 * 512);
  disk.set(a.finish().sections[0]?.bytes ?? []);
  return disk;
}
