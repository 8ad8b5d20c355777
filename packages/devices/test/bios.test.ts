/** The BIOS' services from real mode, on QEMU; the same programs on SeaBIOS, which must give the same where the interface says what. */
import {
  ah,
  al,
  type Assembler,
  ax,
  bx,
  ch,
  cx,
  di,
  dl,
  dx,
  eax,
  ebx,
  ecx,
  edx,
  es,
  mem16,
  mem32,
  si,
} from '@drift-os/toolchain';
import { findCommand, qemuProgram } from '@drift-os/hypervisor';
import { describe, expect, test } from 'vitest';
import { assembleBios } from '../firmware/bios.ts';
import { bootDisk, DISK_SECTORS, FIRST_DATA_SECTOR, runBootDisk, startBootDisk } from './boot-program.ts';

const BUFFER = 0x9000;
const PACKET = 0x6000;
const firmware = [
  ['our BIOS', assembleBios()],
  ['SeaBIOS', undefined],
] as const;

const print = (a: Assembler): Assembler => a.emit('call', a.ref('print'));
const finish = (a: Assembler): Assembler => print(a.emit('mov', eax, 0xdeadbeef));
/** AH and the carry flag after a service, as 0000ccss. */
function printStatus(a: Assembler): void {
  a.emit('mov', al, 0).emit('adc', al, 0).emit('xchg', al, ah).emit('movzx', eax, ax);
  print(a);
}

/** A packet of extended services: count, buffer, sector. */
function packet(a: Assembler, count: number, segment: number, offset: number, sector: number): void {
  a.emit('mov', mem32(PACKET), 16 + count * 0x10000).emit('mov', mem32(PACKET + 4), offset + segment * 0x10000);
  a.emit('mov', mem32(PACKET + 8), sector)
    .emit('mov', mem32(PACKET + 12), 0)
    .emit('mov', si, PACKET)
    .emit('mov', dl, 0x80);
}

const missing = (await findCommand(qemuProgram.command)) === undefined;
if (missing) console.log('skipped: BIOS services on QEMU; apt-get install qemu-system-x86');

describe.skipIf(missing)('on QEMU', () => {
  describe.each(firmware)('%s', (_name, bios) => {
    test('INT 13h: LBA and CHS, reading and writing, across 64 KiB, errors', async () => {
      const disk = bootDisk((a) => {
        a.emit('mov', ah, 0x41).emit('mov', bx, 0x55aa).emit('mov', dl, 0x80).emit('int', 0x13);
        a.emit('movzx', eax, bx);
        print(a);
        packet(a, 3, 0, BUFFER, FIRST_DATA_SECTOR);
        a.emit('mov', ah, 0x42).emit('int', 0x13);
        printStatus(a);
        print(a.emit('mov', eax, mem32(BUFFER + 1024 + 4)));
        // 100 sectors to 1F000h: the DMA buffer crosses 20000h.
        packet(a, 100, 0x1f00, 0, 200);
        a.emit('mov', ah, 0x42).emit('int', 0x13);
        printStatus(a);
        a.emit('mov', ax, 0x2b60)
          .emit('mov', es, ax)
          .emit('mov', eax, mem32({ segment: es, displacement: 0 }));
        print(a).emit('xor', ax, ax).emit('mov', es, ax);
        // Written, read back from CHS 0, 1, 1: sector 63 of 63 sectors to a track.
        a.emit('mov', mem32(BUFFER), 0x12345678);
        packet(a, 1, 0, BUFFER, 63);
        a.emit('mov', ax, 0x4300).emit('int', 0x13);
        printStatus(a);
        a.emit('mov', ax, 0x0201)
          .emit('mov', bx, BUFFER + 512)
          .emit('mov', cx, 1)
          .emit('mov', dx, 0x0180)
          .emit('int', 0x13);
        printStatus(a);
        print(a.emit('mov', eax, mem32(BUFFER + 512)));
        packet(a, 1, 0, BUFFER, DISK_SECTORS);
        a.emit('mov', ah, 0x42).emit('int', 0x13).emit('mov', eax, 0).emit('adc', eax, 0);
        print(a);
        a.emit('mov', ah, 8).emit('mov', dl, 0x80).emit('int', 0x13).emit('movzx', eax, dx);
        print(a.emit('xor', cx, cx).emit('mov', es, cx));
        a.emit('mov', mem16(PACKET), 26)
          .emit('mov', si, PACKET)
          .emit('mov', dl, 0x80)
          .emit('mov', ah, 0x48)
          .emit('int', 0x13);
        print(a.emit('mov', eax, mem32(PACKET + 16)));
        print(a.emit('movzx', eax, mem16(PACKET + 24)));
        a.emit('mov', dl, 0x81)
          .emit('mov', ah, 0x41)
          .emit('mov', bx, 0x55aa)
          .emit('int', 0x13)
          .emit('mov', eax, 0)
          .emit('adc', eax, 0);
        finish(print(a));
      });
      const { lines } = await runBootDisk(disk, bios);
      const word = (sector: number, index: number): string =>
        (((sector + index + 1) << 16) | (sector + index)).toString(16).toUpperCase().padStart(8, '0');
      expect(lines).toEqual([
        '0000AA55',
        '00000000',
        word(FIRST_DATA_SECTOR + 2, 2),
        '00000000',
        word(200 + 99, 0),
        '00000000',
        '00000000',
        '12345678',
        '00000001',
        '00000F01',
        DISK_SECTORS.toString(16).toUpperCase().padStart(8, '0'),
        '00000200',
        '00000001',
      ]);
    });

    test('INT 11h, 12h, 15h, 16h and 1Ah', async () => {
      const disk = bootDisk((a) => {
        a.emit('int', 0x12).emit('movzx', eax, ax);
        print(a);
        // Usable memory of the whole map, in 64 KiB units.
        a.emit('xor', ebx, ebx).emit('mov', mem32(PACKET), 0);
        a.label('map')
          .emit('mov', eax, 0xe820)
          .emit('mov', edx, 0x534d4150)
          .emit('mov', ecx, 20)
          .emit('mov', di, BUFFER);
        a.emit('int', 0x15)
          .emit('jc', a.ref('mapEnd'))
          .emit('cmp', mem32(BUFFER + 16), 1)
          .emit('jne', a.ref('mapNext'));
        a.emit('mov', eax, mem32(BUFFER + 8))
          .emit('shr', eax, 16)
          .emit('add', mem32(PACKET), eax);
        a.label('mapNext').emit('test', ebx, ebx).emit('jne', a.ref('map')).label('mapEnd');
        print(a.emit('mov', eax, mem32(PACKET)).emit('shr', eax, 4));
        a.emit('mov', ax, 0xe801).emit('int', 0x15).emit('movzx', eax, ax);
        print(a);
        a.emit('mov', ax, 0x2402).emit('int', 0x15).emit('movzx', eax, al);
        print(a);
        a.emit('mov', ax, 0x2400).emit('int', 0x15).emit('mov', ax, 0x2402).emit('int', 0x15).emit('movzx', eax, al);
        print(a).emit('mov', ax, 0x2401).emit('int', 0x15);
        // An unknown function says so.
        a.emit('mov', ax, 0x7777).emit('int', 0x15);
        printStatus(a);
        // Keys, put into the keyboard controller: nothing, A with Shift, then Enter.
        a.emit('mov', ah, 1).emit('int', 0x16).emit('mov', eax, 0).emit('setne', al);
        print(a);
        for (const code of [0x2a, 0x1e, 0x9e, 0xaa, 0x1c, 0x9c]) {
          a.emit('mov', al, 0xd2)
            .emit('out', 0x64, al)
            .emit('mov', al, code)
            .emit('out', 0x60, al)
            .emit('mov', cx, 2000);
          const again = `key${code}`;
          a.label(again).emit('in', al, 0x61).emit('loop', a.ref(again));
        }
        a.emit('mov', ah, 1).emit('int', 0x16).emit('movzx', eax, ax);
        print(a);
        a.emit('mov', ah, 0).emit('int', 0x16).emit('mov', ah, 0).emit('int', 0x16).emit('movzx', eax, ax);
        print(a);
        // Ticks go on, and the clock is in this century.
        a.emit('mov', ah, 0).emit('int', 0x1a).emit('mov', di, dx);
        a.label('tick').emit('hlt').emit('mov', ah, 0).emit('int', 0x1a).emit('cmp', dx, di).emit('je', a.ref('tick'));
        a.emit('mov', ah, 4).emit('int', 0x1a).emit('movzx', eax, ch);
        finish(print(a));
      });
      const { lines } = await runBootDisk(disk, bios);
      expect(lines).toEqual([
        '0000027F',
        '0000003F',
        '00003C00',
        '00000001',
        '00000000',
        '00000186',
        '00000000',
        '00001E41',
        '00001C0D',
        '00000020',
      ]);
    });

    test('INT 10h: characters, control characters, scrolling, cursor', async () => {
      const disk = bootDisk((a) => {
        a.emit('mov', ax, 3).emit('int', 0x10);
        const type = (text: string): void => {
          for (const character of text)
            a.emit('mov', ax, 0x0e00 | character.charCodeAt(0))
              .emit('mov', bx, 7)
              .emit('int', 0x10);
        };
        type('first\r\nsecond\r\n');
        for (let i = 0; i < 22; i++) type('\r\n');
        type('abx\b \bc');
        // Scrolls rows 0 to 10 down by two; "second" was row 0.
        type('\r\n');
        a.emit('mov', ax, 0x0702).emit('mov', bx, 0x0700).emit('mov', cx, 0).emit('mov', dx, 0x0a4f).emit('int', 0x10);
        a.emit('mov', ah, 2).emit('mov', bx, 0).emit('mov', dx, 0x0505).emit('int', 0x10);
        a.emit('mov', ax, 0x0941).emit('mov', bx, 0x001f).emit('mov', cx, 3).emit('int', 0x10);
        a.emit('mov', ah, 8).emit('mov', bx, 0).emit('int', 0x10).emit('movzx', eax, ax);
        print(a);
        a.emit('mov', ah, 3).emit('mov', bx, 0).emit('int', 0x10).emit('movzx', eax, dx);
        print(a);
        a.emit('mov', ah, 0x0f).emit('int', 0x10).emit('movzx', eax, ax);
        finish(print(a));
      });
      const { lines, screen } = await runBootDisk(disk, bios);
      const rows = screen.split('\n');
      expect(lines).toEqual(['00001F41', '00000505', '00005003']);
      expect([rows[0] ?? '', rows[5], rows[23]]).toEqual(['', '     AAA', 'abc']);
    });
  });

  test('a disk that is not bootable is named on the screen', async () => {
    const disk = bootDisk(() => undefined);
    disk.fill(0, 510, 512);
    await using machine = await startBootDisk(disk, assembleBios());
    await expect.poll(() => machine.screenText(), { timeout: 10_000 }).toContain('the disk has no boot sector');
  });
});
