/** Entry and exit of a real-mode service, and where it finds the caller's registers: relative to bp, in the stack segment. */
import { type Assembler, ax, bp, cs, ds, es, type Memory, mem, mem16, mem32, mem8, sp } from '@drift-os/toolchain';

export const FRAME_EDI = 0;
export const FRAME_ESI = 4;
export const FRAME_EBX = 16;
export const FRAME_EDX = 20;
export const FRAME_ECX = 24;
export const FRAME_EAX = 28;
export const FRAME_ES = 32;
export const FRAME_DS = 34;
const FRAME_FLAGS = 40;
const VARIABLE_LINE = 16;
const CARRY = 0x0001;
const ZERO = 0x0040;

export const frame8 = (at: number): Memory => mem8(bp, at);
export const frame16 = (at: number): Memory => mem16(bp, at);
export const frame32 = (at: number): Memory => mem32(bp, at);
/** A variable of the BIOS, from 16-bit code. */
export const own8 = (a: Assembler, name: string, addend = 0): Memory =>
  mem({ bits: 8, segment: cs, symbol: a.ref(name, addend) });
export const own16 = (a: Assembler, name: string, addend = 0): Memory =>
  mem({ bits: 16, segment: cs, symbol: a.ref(name, addend) });
export const own32 = (a: Assembler, name: string, addend = 0): Memory =>
  mem({ bits: 32, segment: cs, symbol: a.ref(name, addend) });

/** Lines of 16 bytes for variables alone. A processor fetches code anew that stands beside what is written, and an emulator decodes it anew. */
export function emitVariables(a: Assembler, define: () => void): void {
  a.align(VARIABLE_LINE, 0);
  define();
  a.align(VARIABLE_LINE, 0);
}

/** `name`: saves all registers; ds and es are 0 then, bp is the frame. */
export function emitServiceEntry(a: Assembler, name: string): void {
  a.label(name).emit('push', ds).emit('push', es).emit('pushad').emit('mov', bp, sp).emit('cld');
  a.emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', es, ax);
}

/**
 * The ends of all services: `serviceDone` gives the caller carry clear, `serviceFailed` carry set, `serviceReturn` leaves the flags
 * as they were, `serviceUnknown` is 86h in AH with carry set. `serviceZero` and `serviceNotZero` set ZF for INT 16h.
 */
export function emitServiceExits(a: Assembler): void {
  a.label('serviceUnknown').emit('mov', frame8(FRAME_EAX + 1), 0x86);
  a.label('serviceFailed').emit('or', frame16(FRAME_FLAGS), CARRY).emit('jmp', a.ref('serviceReturn'));
  a.label('serviceZero').emit('or', frame16(FRAME_FLAGS), ZERO).emit('jmp', a.ref('serviceReturn'));
  a.label('serviceNotZero')
    .emit('and', frame16(FRAME_FLAGS), 0xffff & ~ZERO)
    .emit('jmp', a.ref('serviceReturn'));
  a.label('serviceDone').emit('and', frame16(FRAME_FLAGS), 0xffff & ~CARRY);
  a.label('serviceReturn').emit('popad').emit('pop', es).emit('pop', ds).emit('iret');
}
