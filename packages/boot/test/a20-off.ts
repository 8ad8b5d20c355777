/** A sector before the boot sector that turns the A20 line off, as some firmware leaves it, and then boots the disk as a BIOS would. */
import { BOOT_SECTOR } from '@drift-os/abi/layout/memory-map';
import { ah, al, Assembler, ax, bp, cx, di, ds, es, far, mem16, si, sp, ss } from '@drift-os/toolchain';
import { SECTOR_BYTES } from '../src/disk-header.ts';

const PLACE = 0x600;
const INT_15H = 0x15 * 4;

/**
 * The disk with that sector in front; the real boot sector moves to the end of the disk.
 *
 * @param deaf the BIOS answers INT 15h 24xxh with "not supported", so that the loader has to find another way.
 */
export function withA20Off(disk: Uint8Array, deaf: boolean): Uint8Array {
  const a = new Assembler({ name: 'a20-off', mode: 16 });
  a.section('text', { address: PLACE });
  a.emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', es, ax).emit('mov', ss, ax).emit('mov', sp, PLACE);
  a.emit('mov', si, BOOT_SECTOR)
    .emit('mov', di, PLACE)
    .emit('mov', cx, SECTOR_BYTES / 2)
    .emit('rep movsw');
  a.emit('jmp far', far(0, a.ref('moved')));
  a.label('moved').emit('mov', si, a.ref('packet')).emit('mov', ah, 0x42).emit('int', 0x13);
  if (deaf) {
    for (const half of [0, 2]) a.emit('mov', ax, mem16(INT_15H + half)).emit('mov', mem16(a.ref('next', half)), ax);
    a.emit('mov', mem16(INT_15H), a.ref('int15')).emit('mov', mem16(INT_15H + 2), 0);
  }
  a.emit('in', al, 0x92).emit('and', al, 0xfc).emit('out', 0x92, al).emit('jmp far', far(0, BOOT_SECTOR));

  a.label('int15').emit('cmp', ah, 0x24).emit('je', a.ref('refuse')).bytes(0xea).label('next').u16(0, 0);
  a.label('refuse').emit('mov', ah, 0x86).emit('push', bp).emit('mov', bp, sp).emit('or', mem16(bp, 6), 1);
  a.emit('pop', bp).emit('iret');
  a.label('packet')
    .u16(16, 1, BOOT_SECTOR, 0)
    .u64(disk.length / SECTOR_BYTES);
  a.org(SECTOR_BYTES - 2).u16(0xaa55);

  const whole = new Uint8Array(disk.length + SECTOR_BYTES);
  whole.set(disk);
  whole.set(a.finish().sections[0]?.bytes ?? []);
  whole.set(disk.subarray(0, SECTOR_BYTES), disk.length);
  return whole;
}
