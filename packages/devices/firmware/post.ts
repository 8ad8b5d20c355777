/**
 * Power-on: from the reset vector to 32-bit code, shadow RAM, chips; and back to real mode. What needs no INT runs in 32-bit code,
 * where all memory is in reach.
 */
import {
  al,
  type Assembler,
  ax,
  cr0,
  cs,
  ds,
  dx,
  eax,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  far,
  fs,
  gs,
  mem,
  mem32,
  ss,
} from '@drift-os/toolchain';
import { BDA_TICKS, BIOS, BIOS_BYTES, BIOS_HIGH, BIOS_SEGMENT, STACK } from './memory-layout.ts';

const CODE32 = 0x08;
const DATA32 = 0x10;
const CODE16 = 0x18;
const DATA16 = 0x20;
const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const HOST_BRIDGE = 0x80000000;
const APIC_SPURIOUS = 0xfee000f0;
const APIC_LINT0 = 0xfee00350;
const APIC_LINT1 = 0xfee00360;
const APIC_ENABLED = 0x100;
const LVT_EXTERNAL = 0x700;
const LVT_NMI = 0x400;
const SYSTEM_CONTROL_A = 0x92;
const A20 = 0x02;
const PAM0 = 0x59;
const PAM_READ_WRITE_UPPER = 0x30;
const PAM_READ_WRITE = 0x33;

/** `name` as a flat address in the shadowed ROM. */
export const flat = (a: Assembler, name: string, addend = 0): ReturnType<Assembler['ref']> =>
  a.ref(name, BIOS + addend);
export const flat32 = (a: Assembler, name: string, addend = 0): ReturnType<typeof mem32> =>
  mem32(flat(a, name, addend));

/** `post`, where the reset vector goes, up to the jump into the shadowed ROM at `shadowed`. */
export function emitPowerOn(a: Assembler): void {
  a.mode = 16;
  a.label('post').emit('cli').emit('cld');
  a.emit('o32 lgdt', mem({ segment: cs, symbol: a.ref('gdtPointerHigh') }));
  a.emit('mov', eax, cr0).emit('or', al, 1).emit('mov', cr0, eax);
  a.emit('o32 jmp far', far(CODE32, a.ref('protectedHigh', BIOS_HIGH)));

  a.mode = 32;
  a.label('protectedHigh').emit('mov', eax, DATA32);
  for (const segment of [ds, es, fs, gs, ss]) a.emit('mov', segment, eax);
  a.emit('mov', esp, STACK);
  // The attribute registers 59h to 5Fh: RAM answers reads and writes from C0000h to FFFFFh.
  emitConfigByte(a, PAM0, PAM_READ_WRITE_UPPER);
  for (let register = PAM0 + 1; register <= PAM0 + 6; register++) emitConfigByte(a, register, PAM_READ_WRITE);
  a.emit('mov', esi, BIOS_HIGH)
    .emit('mov', edi, BIOS)
    .emit('mov', ecx, BIOS_BYTES / 4)
    .emit('rep movsd');
  a.emit('mov', eax, flat(a, 'shadowed')).emit('jmp', eax);

  a.label('shadowed').emit('lgdt', mem({ symbol: flat(a, 'gdtPointer') }));
}

function emitConfigByte(a: Assembler, register: number, value: number): void {
  a.emit('mov', dx, CONFIG_ADDRESS)
    .emit('mov', eax, HOST_BRIDGE + (register & ~3))
    .emit('out', dx, eax);
  a.emit('mov', dx, CONFIG_DATA + (register & 3))
    .emit('mov', al, value)
    .emit('out', dx, al);
}

/**
 * `chips` (32-bit): local APIC as a wire for the 8259 (SDM 3A 11.5.1, "virtual wire"), A20, 8259 pair with vectors 08h and 70h, timer
 * at 18.2 Hz, keyboard controller, tick count from the clock.
 */
export function emitChips(a: Assembler): void {
  const out = (port: number, ...values: number[]): void => {
    for (const value of values) a.emit('mov', al, value).emit('out', port, al);
  };
  a.mode = 32;
  a.label('chips');
  a.emit('mov', mem32(APIC_SPURIOUS), APIC_ENABLED | 0xff);
  a.emit('mov', mem32(APIC_LINT0), LVT_EXTERNAL).emit('mov', mem32(APIC_LINT1), LVT_NMI);
  a.emit('in', al, SYSTEM_CONTROL_A).emit('or', al, A20).emit('and', al, 0xfe).emit('out', SYSTEM_CONTROL_A, al);
  out(0x20, 0x11);
  out(0xa0, 0x11);
  out(0x21, 0x08, 0x04, 0x01, 0xf8);
  out(0xa1, 0x70, 0x02, 0x01, 0xff);
  out(0x43, 0x34);
  out(0x40, 0x00, 0x00);
  // Empties the keyboard controller, then: interrupt, system flag, translation to set 1, no mouse.
  a.emit('mov', ecx, 64);
  a.label('keyboardDrain').emit('in', al, 0x64).emit('test', al, 1).emit('je', a.ref('keyboardEmpty'));
  a.emit('in', al, 0x60).emit('loop', a.ref('keyboardDrain'));
  a.label('keyboardEmpty');
  out(0x64, 0x60);
  a.emit('call', a.ref('keyboardReady'));
  out(0x60, 0x65);
  a.emit('call', a.ref('keyboardReady'));
  out(0x64, 0xae);
  emitTickCount(a);
  a.label('keyboardReady').emit('mov', ecx, 0x10000);
  a.label('keyboardWait').emit('in', al, 0x64).emit('test', al, 2).emit('loopne', a.ref('keyboardWait')).emit('ret');
}

/** Ticks since midnight: seconds * 1193182 / 65536. The registers are BCD: hours, minutes and seconds at 4, 2 and 0. */
function emitTickCount(a: Assembler): void {
  a.emit('xor', edi, edi);
  for (const register of [4, 2, 0]) {
    a.emit('mov', al, register).emit('out', 0x70, al).emit('in', al, 0x71).emit('movzx', eax, al);
    a.emit('mov', edx, eax).emit('shr', edx, 4).emit('imul', edx, edx, 10).emit('and', eax, 15).emit('add', eax, edx);
    a.emit('imul', edi, edi, 60).emit('add', edi, eax);
  }
  a.emit('mov', eax, 1193182)
    .emit('mul', edi)
    .emit('shrd', eax, edx, 16)
    .emit('mov', mem32(BDA_TICKS), eax)
    .emit('ret');
}

/** From 32-bit code to real mode, at `realPost`; the interrupt table is where reset put it. */
export function emitToRealMode(a: Assembler): void {
  a.mode = 32;
  a.emit('jmp far', far(CODE16, a.ref('protected16')));
  a.mode = 16;
  a.label('protected16').emit('mov', ax, DATA16);
  for (const segment of [ds, es, fs, gs, ss]) a.emit('mov', segment, ax);
  a.emit('mov', eax, cr0).emit('and', al, 0xfe).emit('mov', cr0, eax);
  a.emit('jmp far', far(BIOS_SEGMENT, a.ref('realPost')));
}

/** The descriptor table, and a pointer to it for either place of the ROM. */
export function emitDescriptors(a: Assembler): void {
  a.align(8, 0).label('gdt').u64(0, 0x00cf9b000000ffffn, 0x00cf93000000ffffn, 0x00009b0f0000ffffn, 0x000093000000ffffn);
  a.label('gdtPointer')
    .u16(a.distance('gdt', 'gdtPointer', -1))
    .u32(flat(a, 'gdt'));
  a.label('gdtPointerHigh')
    .u16(a.distance('gdt', 'gdtPointer', -1))
    .u32(a.ref('gdt', BIOS_HIGH));
}
