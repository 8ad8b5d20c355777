/** Segment loads, far transfers, LAR, LSL, VERR, VERW and LTR with every type of descriptor, in rings 0 and 3. */
import { ax, bx, ds, eax, ebx, esp, mem, mem32, ss } from '../../src/index.ts';
import { gateDescriptor, segmentDescriptor } from './descriptors.ts';
import {
  CODE16,
  CODE32,
  DATA,
  DATA32,
  enterRing3,
  OWN,
  ProtectedGuest,
  TASK_OTHER,
  TSS_16,
  TSS_OTHER,
  USER_DATA,
} from './protected-guest.ts';
import { DONE } from './protected-guest.ts';
import type { Program } from './program.ts';

/** Types 0 to 31 (bit 4 is S) with a DPL. */
function everyType(program: Program, dpl: number, present: boolean): bigint[] {
  return Array.from({ length: 32 }, (_, type) => {
    const target = program.addressOf('gate target');
    if (type === 4) return gateDescriptor(type, CODE16, program.addressOf('gate target 16') & 0xffff, { dpl, present });
    if (type === 12) return gateDescriptor(type, CODE32, target, { dpl, present });
    if (type === 5) return gateDescriptor(type, TASK_OTHER, 0, { dpl, present });
    if ([6, 7, 14, 15].includes(type)) return gateDescriptor(type, CODE32, target, { dpl, present });
    if (type === 1 || type === 3) return segmentDescriptor({ base: TSS_16, limit: 0x2b, type, dpl, present, flags: 0 });
    if (type === 9 || type === 11)
      return segmentDescriptor({ base: TSS_OTHER, limit: 0x67, type, dpl, present, flags: 0 });
    if (type < 16) return segmentDescriptor({ base: DATA, limit: 0x3f, type, dpl, present, flags: 0 });
    const code = (type & 8) !== 0;
    return segmentDescriptor({
      base: code ? 0 : DATA,
      limit: code ? 0xf_ffff : 0x12345,
      type,
      dpl,
      present,
      flags: code ? 12 : 4,
    });
  });
}

export function segmentsGuest(): Uint8Array {
  const guest = new ProtectedGuest({
    gdt: (program) => [
      ...everyType(program, 0, true),
      ...everyType(program, 3, true),
      ...everyType(program, 0, false).slice(0, 32),
    ],
  });
  const last = OWN + 8 * 96 + 8;
  const rings: [string, (program: Program) => void, number][] = [
    ['ring 0', () => undefined, 0],
    ['ring 3', enterRing3, 3],
  ];
  for (const [ring, enter, level] of rings) {
    const each = (name: string, body: (program: Program) => void): void => {
      guest.repeat(`${ring} ${name}`, OWN + level, last, 8, (program) => {
        enter(program);
        body(program);
      });
    };
    each('mov ds', (program) => program.emit('mov', ds, bx).emit('mov', eax, mem32(0)));
    // The handler wants a stack that it can push to.
    each('mov ss', (program) => {
      program
        .emit('mov', eax, level === 0 ? DATA32 : USER_DATA)
        .emit('mov', ss, bx)
        .emit('mov', ss, ax);
    });
    // LAR leaves bits 16 to 19 undefined.
    each('lar', (program) => program.emit('lar', eax, ebx).emit('and', eax, 0xf0_ff00));
    each('lsl', (program) => program.emit('lsl', eax, ebx));
    each('verr', (program) => program.emit('verr', bx));
    each('verw', (program) => program.emit('verw', bx));
    each('ltr', (program) => program.emit('ltr', bx));
    each('lldt', (program) => program.emit('lldt', bx).emit('sldt', ax));
    const through = (name: 'jmp far' | 'call far'): void =>
      each(name, (program) => {
        program
          .emit('push', ebx)
          .emit('push', program.ref('far target', 32))
          .emit(name, mem({ base: esp, bits: 48 }));
      });
    through('jmp far');
    through('call far');
    each('retf', (program) => program.emit('push', ebx).emit('push', program.ref('far target', 32)).emit('retf'));
    each('iret', (program) => {
      program.emit('push', 2).emit('push', ebx).emit('push', program.ref('far target', 32)).emit('iretd');
    });
  }
  const { program } = guest;
  program.emit('jmp', program.ref('end'));
  program.label('far target').label('gate target').emit('int', DONE);
  program.mode = 16;
  program.label('gate target 16').emit('int', DONE);
  program.mode = 32;
  program.label('end');
  return guest.finish();
}
