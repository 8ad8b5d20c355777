/** Virtual-8086 mode with IOPL 0 and 3. */
import { al, ax, cr0, cx, ds, eax, esp, mem16, mem32 } from '../../src/index.ts';
import type { Program } from './program.ts';
import { DONE, type ProtectedGuest } from './protected-guest.ts';

export function virtualCase(guest: ProtectedGuest, name: string, iopl: number, body: (p: Program) => void): void {
  guest.case(`virtual-8086, IOPL ${iopl}: ${name}`, (p) => {
    const start = p.fresh();
    for (const segment of [0x2000, 0x2000, 0x2000, 0x2000]) p.emit('push', segment);
    p.emit('push', 0x700)
      .emit('push', 0xfff0)
      .emit('push', 0x2_0002 | (iopl << 12))
      .emit('push', 0xf000);
    p.emit('mov', eax, p.ref(start, 32))
      .emit('sub', eax, 0xf_0000)
      .emit('push', eax)
      .emit('xor', eax, eax)
      .emit('iretd');
    p.label(start);
    p.mode = 16;
    body(p);
    p.emit('int', DONE);
  });
}

export function virtual8086(guest: ProtectedGuest): void {
  const virtual = (name: string, iopl: number, body: (p: Program) => void): void =>
    virtualCase(guest, name, iopl, body);
  for (const iopl of [0, 3]) {
    virtual('memory', iopl, (p) => p.emit('mov', mem16(0x100), 0x1234).emit('mov', ax, mem16(0x100)));
    virtual('cli', iopl, (p) => p.emit('cli'));
    virtual('pushf', iopl, (p) => p.emit('pushf').emit('pop', ax));
    virtual('popf', iopl, (p) => p.emit('push', 0x3002).emit('popf').emit('pushf').emit('pop', ax));
    virtual('int', iopl, (p) => p.emit('int', 0x41));
    virtual('int of DPL 0', iopl, (p) => p.emit('int', 0x40));
    virtual('int3', iopl, (p) => p.emit('int3'));
    virtual('iret', iopl, (p) => p.emit('push', 2).emit('push', 0xf000).emit('push', p.ref('v86 target')).emit('iret'));
    virtual('hlt', iopl, (p) => p.emit('hlt'));
    virtual('in', iopl, (p) => p.emit('in', al, 0x80).emit('mov', al, 0));
    virtual('load of segments', iopl, (p) => p.emit('mov', ax, 0x2100).emit('mov', ds, ax).emit('mov', cx, ds));
    virtual('lar', iopl, (p) => p.emit('lar', ax, cx));
    virtual('mov cr', iopl, (p) => p.emit('mov', eax, cr0));
    virtual('far jump', iopl, (p) => p.emit('mov', mem16(0), 0x30cd).bytes(0xea).word(0, 2).word(0x2000, 2));
  }
  const { program } = guest;
  const over = program.fresh();
  program.emit('jmp', program.ref(over));
  program.mode = 16;
  program.label('v86 target').emit('int', DONE);
  program.mode = 32;
  program.label(over);
  guest.case('back in ring 0', (p) => p.emit('mov', eax, mem32(esp)).emit('xor', eax, eax));
}
