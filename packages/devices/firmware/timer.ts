/** IRQ 0 and INT 1Ah: ticks since midnight, and the time and date of the clock, read only. */
import { ah, al, type Assembler, ax, eax, type Memory, mem16, mem32, mem8 } from '@drift-os/toolchain';
import { emitServiceEntry, FRAME_EAX, FRAME_ECX, FRAME_EDX, frame16, frame8 } from './frame.ts';
import { BDA_TICK_DAY, BDA_TICKS } from './memory-layout.ts';

/** 24 hours of 1193182 / 65536 Hz. */
const DAY_TICKS = 0x1800b0;

export function emitTimer(a: Assembler): void {
  a.mode = 16;
  emitServiceEntry(a, 'irq0');
  a.emit('inc', mem32(BDA_TICKS)).emit('cmp', mem32(BDA_TICKS), DAY_TICKS).emit('jb', a.ref('tickSameDay'));
  a.emit('mov', mem32(BDA_TICKS), 0).emit('inc', mem8(BDA_TICK_DAY));
  a.label('tickSameDay')
    .emit('int', 0x1c)
    .emit('mov', al, 0x20)
    .emit('out', 0x20, al)
    .emit('jmp', a.ref('serviceReturn'));

  emitServiceEntry(a, 'int1a');
  a.emit('mov', ah, frame8(FRAME_EAX + 1));
  for (const [service, label] of [
    [0, 'tickGet'],
    [1, 'tickSet'],
    [2, 'clockTime'],
    [4, 'clockDate'],
  ] as const) {
    a.emit('cmp', ah, service).emit('je', a.ref(label));
  }
  a.emit('jmp', a.ref('serviceUnknown'));
  a.label('tickGet').emit('mov', eax, mem32(BDA_TICKS)).emit('mov', frame16(FRAME_EDX), ax).emit('shr', eax, 16);
  a.emit('mov', frame16(FRAME_ECX), ax).emit('mov', al, 0).emit('xchg', al, mem8(BDA_TICK_DAY));
  a.emit('mov', frame8(FRAME_EAX), al).emit('jmp', a.ref('serviceDone'));
  a.label('tickSet')
    .emit('mov', ax, frame16(FRAME_EDX))
    .emit('mov', mem16(BDA_TICKS), ax)
    .emit('mov', ax, frame16(FRAME_ECX));
  a.emit('mov', mem16(BDA_TICKS + 2), ax)
    .emit('mov', mem8(BDA_TICK_DAY), 0)
    .emit('jmp', a.ref('serviceDone'));
  // BCD, as the clock has it: hours and minutes in cx, seconds in dx; century and year in cx, month and day in dx.
  a.label('clockTime');
  emitRegisters(a, [
    [4, frame8(FRAME_ECX + 1)],
    [2, frame8(FRAME_ECX)],
    [0, frame8(FRAME_EDX + 1)],
  ]);
  a.emit('mov', frame8(FRAME_EDX), 0).emit('jmp', a.ref('serviceDone'));
  a.label('clockDate');
  emitRegisters(a, [
    [0x32, frame8(FRAME_ECX + 1)],
    [9, frame8(FRAME_ECX)],
    [8, frame8(FRAME_EDX + 1)],
    [7, frame8(FRAME_EDX)],
  ]);
  a.emit('jmp', a.ref('serviceDone'));
}

function emitRegisters(a: Assembler, registers: readonly (readonly [register: number, target: Memory])[]): void {
  for (const [register, target] of registers) {
    a.emit('mov', al, register).emit('out', 0x70, al).emit('in', al, 0x71).emit('mov', target, al);
  }
}
