/** Gives every PCI device on bus 0 its ports, memory and interrupt (PCI Firmware Specification 3.0, 3.5), and sets up the PIIX. */
import { ah, al, type Assembler, ax, dx, eax, ebx, ecx, edi, edx, esi, mem8 } from '@drift-os/toolchain';
import { emitVariables } from './frame.ts';
import { BIOS, PCI_MEMORY, PCI_PORTS, PIRQ_ROUTES, PM_BASE } from './memory-layout.ts';
import { flat32 } from './post.ts';

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const ENABLE = 0x80000000;
const FUNCTION_STEP = 0x100;
const FUNCTIONS_END = ENABLE + 0x10000;
const PIIX3_ISA = 0x70008086;
const PIIX4_PM = 0x71138086;
const BAR0 = 0x10;
const BARS_END = 0x28;
const SCI = 9;
const ELCR2 = 0x4d1;
const CLASS_IDE = 0x0101;

/** `pci` (32-bit). */
export function emitPci(a: Assembler): void {
  a.mode = 32;
  a.label('pci').emit('mov', ebx, ENABLE);
  a.label('pciFunction').emit('xor', esi, esi).emit('call', a.ref('pciRead')).emit('cmp', ax, 0xffff);
  a.emit('je', a.ref('pciNext')).emit('mov', edi, eax);
  a.emit('mov', esi, 0x0c).emit('call', a.ref('pciRead')).emit('test', eax, 0x7f0000).emit('jne', a.ref('pciNext'));
  a.emit('call', a.ref('pciBars')).emit('call', a.ref('pciInterrupt'));
  a.emit('cmp', edi, PIIX3_ISA).emit('jne', a.ref('pciNotIsa')).emit('call', a.ref('piix3')).label('pciNotIsa');
  a.emit('cmp', edi, PIIX4_PM).emit('jne', a.ref('pciNotPm')).emit('call', a.ref('piix4')).label('pciNotPm');
  // Command: ports and memory on. Bus mastering is up to the drivers, but for the disks that this BIOS reads.
  a.emit('mov', ecx, 3)
    .emit('mov', esi, 8)
    .emit('call', a.ref('pciRead'))
    .emit('shr', eax, 16)
    .emit('cmp', ax, CLASS_IDE);
  a.emit('jne', a.ref('pciCommand')).emit('mov', esi, 0x20).emit('call', a.ref('pciRead')).emit('and', eax, 0xfff0);
  a.emit('mov', flat32(a, 'busMaster'), eax).emit('mov', ecx, 7);
  a.label('pciCommand')
    .emit('mov', esi, 4)
    .emit('call', a.ref('pciRead'))
    .emit('and', eax, 0xffff)
    .emit('or', eax, ecx);
  a.emit('call', a.ref('pciWrite'));
  a.label('pciNext').emit('add', ebx, FUNCTION_STEP).emit('cmp', ebx, FUNCTIONS_END).emit('jb', a.ref('pciFunction'));
  a.emit('ret');

  // eax from, or to, register esi of the function at ebx. They change edx.
  a.label('pciRead').emit('call', a.ref('pciSelect')).emit('in', eax, dx).emit('ret');
  a.label('pciWrite')
    .emit('push', eax)
    .emit('call', a.ref('pciSelect'))
    .emit('pop', eax)
    .emit('out', dx, eax)
    .emit('ret');
  a.label('pciSelect').emit('mov', eax, ebx).emit('or', eax, esi).emit('mov', dx, CONFIG_ADDRESS).emit('out', dx, eax);
  a.emit('mov', dx, CONFIG_DATA).emit('ret');
  emitBars(a);
  emitInterrupt(a);
  emitPiix(a);
  emitVariables(a, () => a.label('pciPorts').u32(PCI_PORTS).label('pciMemory').u32(PCI_MEMORY));
  a.label('pirqRoutes').bytes(...PIRQ_ROUTES);
}

/** `pciBars`: writes all ones to each register, reads its size from what stays, and gives it the next aligned place. */
function emitBars(a: Assembler): void {
  a.label('pciBars').emit('mov', esi, BAR0);
  a.label('pciBar').emit('mov', eax, 0xffffffff).emit('call', a.ref('pciWrite')).emit('call', a.ref('pciRead'));
  a.emit('test', eax, eax).emit('je', a.ref('pciBarNext')).emit('test', al, 1).emit('je', a.ref('pciBarMemory'));
  // Only 16 bits of a port address are decoded.
  a.emit('or', eax, 0xffff0000).emit('and', al, 0xfc).emit('mov', ecx, eax).emit('mov', eax, flat32(a, 'pciPorts'));
  a.emit('call', a.ref('pciPlace')).emit('mov', flat32(a, 'pciPorts'), ecx);
  a.emit('call', a.ref('pciWrite')).emit('jmp', a.ref('pciBarNext'));

  a.label('pciBarMemory').emit('push', eax).emit('and', al, 0xf0).emit('mov', ecx, eax);
  a.emit('mov', eax, flat32(a, 'pciMemory')).emit('call', a.ref('pciPlace')).emit('mov', flat32(a, 'pciMemory'), ecx);
  a.emit('call', a.ref('pciWrite')).emit('pop', eax).emit('test', al, 4).emit('je', a.ref('pciBarNext'));
  a.emit('add', esi, 4).emit('xor', eax, eax).emit('call', a.ref('pciWrite'));
  a.label('pciBarNext').emit('add', esi, 4).emit('cmp', esi, BARS_END).emit('jb', a.ref('pciBar')).emit('ret');

  // eax: next free; ecx: minus the size. Gives eax: the place, ecx: behind it. Rounding up is (eax - 1 - ecx) & ecx.
  a.label('pciPlace').emit('sub', eax, 1).emit('sub', eax, ecx).emit('and', eax, ecx);
  a.emit('neg', ecx).emit('add', ecx, eax).emit('ret');
}

/** `pciInterrupt`: pin p of device d goes to PIRQ (p + d - 1) mod 4, counted from 0. */
function emitInterrupt(a: Assembler): void {
  a.label('pciInterrupt').emit('mov', esi, 0x3c).emit('call', a.ref('pciRead')).emit('test', ah, ah);
  a.emit('je', a.ref('pciNoPin'))
    .emit('movzx', ecx, ah)
    .emit('mov', edx, ebx)
    .emit('shr', edx, 11)
    .emit('and', edx, 31);
  a.emit('lea', ecx, { ...mem8(ecx, -2), index: edx, bits: 0 }).emit('and', ecx, 3);
  a.emit('mov', al, mem8({ base: ecx, symbol: a.ref('pirqRoutes', BIOS) })).emit('call', a.ref('pciWrite'));
  a.label('pciNoPin').emit('ret');
}

/** Interrupt routes, level triggered; the power management block with its ports, and the SCI. */
function emitPiix(a: Assembler): void {
  const routes = PIRQ_ROUTES.reduce((value, route, i) => value + route * 2 ** (8 * i), 0);
  const levels = PIRQ_ROUTES.reduce((bits, route) => bits | (1 << (route - 8)), 0);
  a.label('piix3').emit('mov', esi, 0x60).emit('mov', eax, routes).emit('call', a.ref('pciWrite'));
  a.emit('mov', dx, ELCR2).emit('mov', al, levels).emit('out', dx, al).emit('ret');

  a.label('piix4')
    .emit('mov', esi, 0x40)
    .emit('mov', eax, PM_BASE + 1)
    .emit('call', a.ref('pciWrite'));
  a.emit('mov', esi, 0x80).emit('call', a.ref('pciRead')).emit('or', al, 1).emit('call', a.ref('pciWrite'));
  a.emit('mov', esi, 0x3c)
    .emit('call', a.ref('pciRead'))
    .emit('mov', al, SCI)
    .emit('call', a.ref('pciWrite'))
    .emit('ret');
}
