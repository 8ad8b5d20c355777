/** Small programs for real mode that call BIOS services and print what they get on COM1; and the machine that runs them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type QemuMachine, runOnQemu } from '@drift-os/hypervisor';
import { al, ah, Assembler, ax, bx, cx, dl, ds, dx, eax, es, far, mem8, sp, ss } from '@drift-os/toolchain';

const BOOT_SECTOR = 0x7c00;
export const PROGRAM = 0x7e00;
export const PROGRAM_SECTORS = 8;
/** Sectors of the disk; sector n from 16 on is filled with words n, n + 1, ... */
export const DISK_SECTORS = 3000;
export const FIRST_DATA_SECTOR = 16;
const DRIVE_AT = 0x7000;

/** The program is called with ds = es = 0; `print` puts eax on the line in hexadecimal. Behind its end the processor halts. */
export function bootDisk(body: (a: Assembler) => void): Uint8Array {
  const a = new Assembler({ name: 'boot-program', mode: 16 });
  a.section('text', { address: BOOT_SECTOR });
  a.emit('jmp far', far(0, a.ref('start'))).org(0x3e);
  a.label('start')
    .emit('xor', ax, ax)
    .emit('mov', ds, ax)
    .emit('mov', es, ax)
    .emit('mov', ss, ax)
    .emit('mov', sp, BOOT_SECTOR);
  a.emit('mov', mem8(DRIVE_AT), dl).emit('cld').emit('sti');
  // The rest of the program, by cylinder, head and sector.
  a.emit('mov', ax, 0x0200 | PROGRAM_SECTORS)
    .emit('mov', bx, PROGRAM)
    .emit('mov', cx, 2)
    .emit('mov', dx, 0x0080)
    .emit('int', 0x13);
  a.emit('jc', a.ref('unread')).emit('call', a.ref('program'));
  a.label('end').emit('hlt').emit('jmp', a.ref('end'));
  a.label('unread').emit('movzx', eax, ax).emit('call', a.ref('print')).emit('jmp', a.ref('end'));
  emitPrint(a);
  a.org(446)
    .bytes(0x80, 0, 1, 0, 0xda, 0, 1, 0)
    .u32(1, DISK_SECTORS - 1)
    .org(510)
    .u16(0xaa55);
  a.org(PROGRAM - BOOT_SECTOR).label('program');
  body(a);
  a.emit('ret').org(512 * (1 + PROGRAM_SECTORS));
  const disk = new Uint8Array(DISK_SECTORS * 512);
  disk.set(a.finish().sections[0]?.bytes ?? []);
  const words = new DataView(disk.buffer);
  for (let sector = FIRST_DATA_SECTOR; sector < DISK_SECTORS; sector++) {
    for (let i = 0; i < 256; i++) words.setUint16(sector * 512 + 2 * i, (sector + i) & 0xffff, true);
  }
  return disk;
}

function emitPrint(a: Assembler): void {
  a.label('print').emit('pushad').emit('mov', cx, 8);
  a.label('printDigit')
    .emit('rol', eax, 4)
    .emit('push', eax)
    .emit('and', al, 15)
    .emit('cmp', al, 10)
    .emit('sbb', al, 0x69);
  a.emit('das').emit('call', a.ref('printByte')).emit('pop', eax).emit('loop', a.ref('printDigit'));
  a.emit('mov', al, 10).emit('call', a.ref('printByte')).emit('popad').emit('ret');
  a.label('printByte').emit('push', dx).emit('mov', ah, al).emit('mov', dx, 0x3fd);
  a.label('printWait').emit('in', al, dx).emit('test', al, 0x20).emit('je', a.ref('printWait'));
  a.emit('mov', dx, 0x3f8).emit('mov', al, ah).emit('out', dx, al).emit('pop', dx).emit('ret');
}

/** A machine with this firmware: its program waits at its end. */
export async function startBootDisk(disk: Uint8Array, bios: Uint8Array | undefined): Promise<QemuMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'drift-bios-'));
  try {
    const path = join(folder, 'bios.bin');
    if (bios !== undefined) await writeFile(path, bios);
    const extraArguments = bios === undefined ? [] : ['-bios', path];
    return await runOnQemu({ image: disk, memory: '64M', cores: 1, accelerator: 'tcg', extraArguments });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs the disk until its program has printed DEADBEEF. @returns the lines before that, and the screen */
export async function runBootDisk(
  disk: Uint8Array,
  bios: Uint8Array | undefined,
): Promise<{ lines: string[]; screen: string }> {
  await using machine = await startBootDisk(disk, bios);
  const { text } = await machine.waitFor('DEADBEEF\n', { timeout: 20_000 });
  const lines = text.replace('DEADBEEF\n', '').split('\n');
  return { lines: lines.filter((line) => line !== ''), screen: await machine.screenText() };
}
