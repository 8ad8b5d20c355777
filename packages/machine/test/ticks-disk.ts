/**
 * A boot sector for tests: counts the ticks of the 8254 while the time-stamp counter goes on by a tenth of a second, in which it reads OWN_PORT once. Says on
 * COM1 how many there were, as a character.
 */
import { al, Assembler, ax, ds, dx, eax, ebx, mem8, mem16, sp, ss } from '@drift-os/toolchain';
import { OWN_PORT } from './echo-disk.ts';

const BOOT_SECTOR = 0x7c00;
const COM1 = 0x3f8;
const TICKS = 0x500;
/** Interrupt 8, where the BIOS has IRQ 0. */
const VECTOR = 4 * 8;
/** 1,193,182 Hz over this are 1000 Hz. */
const DIVISOR = 1193;
/** Ticks of the time-stamp counter, which has 1 GHz: 100 ms. */
const SPAN = 100_000_000;

export function ticksDisk(): Uint8Array {
  const a = new Assembler({ name: 'ticks', mode: 16 });
  a.section('text', { address: BOOT_SECTOR });
  a.emit('cli').emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', ss, ax).emit('mov', sp, BOOT_SECTOR);
  a.emit('mov', mem16(VECTOR), a.ref('tick'))
    .emit('mov', mem16(VECTOR + 2), ax)
    .emit('mov', mem8(TICKS), al);
  // Counter 0, both bytes, mode 2; IRQ 0 alone.
  a.emit('mov', al, 0x34).emit('out', 0x43, al);
  a.emit('mov', al, DIVISOR & 0xff).emit('out', 0x40, al);
  a.emit('mov', al, DIVISOR >> 8).emit('out', 0x40, al);
  a.emit('mov', al, 0xfe).emit('out', 0x21, al).emit('sti');
  a.emit('rdtsc').emit('mov', ebx, eax);
  a.emit('mov', dx, OWN_PORT).emit('in', al, dx);
  a.label('spin').emit('rdtsc').emit('sub', eax, ebx).emit('cmp', eax, SPAN).emit('jb', a.ref('spin'));
  a.emit('cli').emit('mov', al, mem8(TICKS)).emit('mov', dx, COM1).emit('out', dx, al);
  a.label('end').emit('hlt').emit('jmp', a.ref('end'));
  a.label('tick').emit('push', ax).emit('inc', mem8(TICKS));
  a.emit('mov', al, 0x20).emit('out', 0x20, al).emit('pop', ax).emit('iret');
  a.org(510).u16(0xaa55);
  const disk = new Uint8Array(64 * 512);
  disk.set(a.finish().sections[0]?.bytes ?? []);
  return disk;
}
