/** Single step, INT1, breakpoints, general detect. */
import { dr0, dr6, dr7, dx, eax, ebx, ecx, edx, mem8, mem32, ss } from '../../src/index.ts';
import type { Program } from './program.ts';
import { DATA, type ProtectedGuest } from './protected-guest.ts';

export function debugging(guest: ProtectedGuest): void {
  const reset = (p: Program): Program =>
    p.emit('xor', eax, eax).emit('mov', dr7, eax).emit('mov', eax, 0xffff_0ff0).emit('mov', dr6, eax);
  const status = (name: string, body: (p: Program) => void): void => {
    guest.case(name, body);
    guest.case(`${name}: dr6`, (p) => p.emit('mov', eax, dr6).emit('and', eax, 0xe00f));
  };
  const stepped = (p: Program): Program => reset(p).emit('push', 0x102).emit('popfd');
  status('single step', (p) => stepped(p).emit('inc', ecx).emit('inc', edx).emit('inc', ebx));
  status('single step over mov ss', (p) => {
    reset(p).emit('mov', edx, ss);
    p.emit('push', 0x102).emit('popfd').emit('mov', ss, dx).emit('inc', ecx).emit('inc', ebx);
  });
  status('single step of int', (p) => stepped(p).emit('int', 0x42));
  status('single step of rep', (p) => {
    reset(p).emit('mov', ecx, 3);
    p.emit('push', 0x102).emit('popfd').emit('rep lodsb').emit('inc', ebx);
  });
  status('int1', (p) => {
    reset(p);
    p.emit('int1');
  });
  const breakpoint = (
    name: string,
    dr7Value: number,
    address: (p: Program) => void,
    body: (p: Program) => void,
  ): void => {
    status(name, (p) => {
      reset(p);
      address(p);
      p.emit('mov', dr0, eax).emit('mov', eax, dr7Value).emit('mov', dr7, eax).emit('xor', eax, eax);
      body(p);
    });
  };
  breakpoint(
    'execution breakpoint',
    0x401,
    (p) => p.emit('mov', eax, p.ref('broken', 32)),
    (p) => p.emit('inc', ecx).label('broken').emit('inc', edx).emit('inc', ebx),
  );
  const data = (p: Program): void => void p.emit('mov', eax, DATA + 4);
  breakpoint('write breakpoint, written', 0xd_0401, data, (p) => p.emit('mov', mem32(DATA + 4), ecx).emit('inc', edx));
  breakpoint('write breakpoint, one byte', 0x1_0401, data, (p) =>
    p
      .emit('mov', mem8(DATA + 5), 1)
      .emit('inc', edx)
      .emit('mov', mem32(DATA + 2), ecx)
      .emit('inc', ebx),
  );
  breakpoint('write breakpoint, read', 0xd_0401, data, (p) =>
    p
      .emit('mov', ecx, mem32(DATA + 4))
      .emit('inc', edx)
      .emit('xor', ecx, ecx),
  );
  breakpoint('access breakpoint, read', 0xf_0401, data, (p) =>
    p
      .emit('mov', eax, mem32(DATA + 4))
      .emit('xor', eax, eax)
      .emit('inc', edx),
  );
  status('general detect', (p) => {
    reset(p);
    p.emit('mov', eax, 0x2400).emit('mov', dr7, eax).emit('xor', eax, eax).emit('mov', ecx, dr0).emit('inc', edx);
  });
  guest.case('debug registers are as before', (p) => reset(p).emit('mov', eax, dr7));
}
