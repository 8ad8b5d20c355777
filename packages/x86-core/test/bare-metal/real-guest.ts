/**
 * Real mode: exceptions and interrupts through the vector table, what it refuses, 64 KiB limits. A line is
 *
 *   @name: vector ip-of-case cs flags eax ecx edx ebx sp
 */
import {
  ax,
  bp,
  bx,
  cr0,
  cs,
  cx,
  ds,
  dx,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  far,
  mem,
  mem8,
  mem16,
  mem32,
  si,
  sp,
  ss,
  xmm,
} from '../../src/index.ts';
import { emitConsole } from './console.ts';
import { Program } from './program.ts';

const NAME = 0x500;
const START = 0x502;
const NEXT = 0x504;
const POINTER = 0x508;
const VECTOR = 0x50e;
const STACK = 0x7000;
const DONE = 0x30;
const SHOWN_FLAGS = 0x7740;

class RealGuest {
  readonly program: Program = new Program();
  readonly #names: [label: string, text: string][] = [];

  constructor() {
    const { program } = this;
    const loop = program.fresh();
    program
      .label('entry')
      .emit('cli')
      .emit('xor', ax, ax)
      .emit('mov', ds, ax)
      .emit('mov', es, ax)
      .emit('mov', ss, ax)
      .emit('mov', sp, STACK);
    // A stub of five bytes for each vector.
    program.emit('xor', si, si).emit('mov', ax, program.ref('stubs'));
    program.label(loop).emit('mov', mem16(si), ax).emit('mov', mem16(si, 2), cs).emit('add', ax, 5).emit('add', si, 4);
    program.emit('cmp', si, 0x400).emit('jne', program.ref(loop, 8)).emit('jmp', program.ref('cases', 16));
    emitConsole(program);
    program.label('stubs');
    for (let vector = 0; vector < 256; vector++) program.bytes(0x6a, vector).emit('jmp', program.ref('handler', 16));
    this.#handler();
    program.label('cases');
  }

  /** Registers: edi esi ebp esp ebx edx ecx eax, then vector, ip, cs, flags. */
  #handler(): void {
    const { program } = this;
    program.label('handler').emit('o32 pushad').emit('cld').emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', bp, sp);
    program.emit('mov', si, mem16(NAME)).emit('call', program.ref('print16'));
    program.emit('movzx', eax, mem8(bp, 32)).emit('call', program.ref('hex16'));
    program
      .emit('mov', ax, mem16(bp, 34))
      .emit('sub', ax, mem16(START))
      .emit('movzx', eax, ax)
      .emit('call', program.ref('hex16'));
    program.emit('movzx', eax, mem16(bp, 36)).emit('call', program.ref('hex16'));
    program.emit('movzx', eax, mem16(bp, 38)).emit('and', ax, SHOWN_FLAGS).emit('call', program.ref('hex16'));
    for (const offset of [28, 24, 20, 16, 12])
      program.emit('mov', eax, mem32(bp, offset)).emit('call', program.ref('hex16'));
    program
      .emit('call', program.ref('newline16'))
      .emit('xor', ax, ax)
      .emit('mov', es, ax)
      .emit('mov', ss, ax)
      .emit('mov', sp, STACK);
    program
      .emit('mov', mem16(POINTER), 0x3ff)
      .emit('mov', mem32(POINTER + 2), 0)
      .emit('lidt', mem({ displacement: POINTER, addressBits: 16 }));
    program.emit('push', 2).emit('popf').emit('jmp', mem16(NEXT));
  }

  case(name: string, body: (program: Program) => void): this {
    const { program } = this;
    const [next, start] = [program.fresh(), program.fresh()];
    const text = `name ${this.#names.length}`;
    this.#names.push([text, `@${name}:`]);
    for (const [place, label] of [
      [NAME, text],
      [NEXT, next],
      [START, start],
    ] as const)
      program.emit('mov', mem16(place), program.ref(label, 16));
    for (const register of [eax, ecx, edx, ebx, esi, edi, ebp]) program.emit('xor', register, register);
    program.label(start);
    body(program);
    program.emit('int', DONE).label(next);
    return this;
  }

  finish(): Uint8Array {
    this.program.emit('jmp', this.program.ref('exit16', 16));
    for (const [label, text] of this.#names) this.program.label(label).text(text);
    return this.program.finish('entry');
  }
}

export function realGuest(): Uint8Array {
  const guest = new RealGuest();
  guest.case('int', (p) => p.emit('int', 0x40));
  guest.case('int3', (p) => p.emit('int3'));
  guest.case('into', (p) => p.emit('mov', ax, 0x7fff).emit('inc', ax).emit('into'));
  guest.case('div by 0', (p) => p.emit('div', cx));
  guest.case('bound', (p) =>
    p
      .emit('mov', mem16(VECTOR), 1)
      .emit('mov', mem16(VECTOR + 2), 2)
      .emit('bound', ax, mem({ displacement: VECTOR, bits: 32, addressBits: 16 })),
  );
  guest.case('ud2', (p) => p.emit('ud2'));
  guest.case('lock nop', (p) => p.bytes(0xf0, 0x90));
  guest.case('too long', (p) => p.bytes(...new Array<number>(15).fill(0x66), 0x90));
  for (const [name, ...code] of [
    ['arpl', 0x63, 0xc0],
    ['lar', 0x0f, 0x02, 0xc0],
    ['lsl', 0x0f, 0x03, 0xc0],
    ['verr', 0x0f, 0x00, 0xe0],
    ['lldt', 0x0f, 0x00, 0xd0],
    ['str', 0x0f, 0x00, 0xc8],
    ['syscall', 0x0f, 0x05],
    ['sysenter', 0x0f, 0x34],
  ] as const) {
    guest.case(`${name} is refused`, (p) => p.bytes(...code));
  }
  guest.case('smsw', (p) => p.emit('smsw', ax).emit('and', ax, 0xf));
  guest.case('clts', (p) => p.emit('clts').emit('mov', eax, cr0).emit('and', eax, 0xf));
  guest.case('popf of all', (p) =>
    p
      .emit('push', 0x7202)
      .emit('popf')
      .emit('pushf')
      .emit('pop', ax)
      .emit('and', ax, 0x7202)
      .emit('push', 2)
      .emit('popf'),
  );
  guest.case('int clears IF and TF', (p) => p.emit('sti').emit('int', 0x41));
  guest.case('iret', (p) => {
    const target = p.fresh();
    p.emit('push', 0x3002)
      .emit('push', cs)
      .emit('push', p.ref(target))
      .emit('iret')
      .label(target)
      .emit('pushf')
      .emit('pop', ax)
      .emit('push', 2)
      .emit('popf');
  });
  guest.case('far call', (p) => {
    const [target, over] = [p.fresh(), p.fresh()];
    p.emit('call far', far(0xf000, p.ref(target)))
      .emit('mov', dx, 7)
      .emit('jmp', p.ref(over, 8));
    p.label(target).emit('mov', cx, sp).emit('retf').label(over);
  });
  guest.case('segment arithmetic', (p) => {
    p.emit('mov', ax, 0x1234)
      .emit('mov', ds, ax)
      .emit('mov', mem16(0x10), 0x5678)
      .emit('xor', ax, ax)
      .emit('mov', ds, ax);
    p.emit('mov', ax, 0x1235).emit('mov', es, ax).bytes(0x26).emit('mov', cx, mem16(0));
  });
  guest.case('single step', (p) => p.emit('push', 0x102).emit('popf').emit('inc', cx).emit('inc', dx));
  guest.case('interrupt table with a limit', (p) => {
    p.emit('mov', mem16(POINTER), 0xff)
      .emit('lidt', mem({ displacement: POINTER, addressBits: 16 }))
      .emit('int', 0x40);
  });
  guest.case('32-bit operands', (p) =>
    p.emit('mov', eax, 0x1234_5678).emit('push', eax).emit('pop', ecx).emit('mov', bx, sp),
  );
  guest.case('sse', (p) => p.emit('xorps', xmm[0] as never, xmm[0] as never));
  return guest.finish();
}

/** What QEMU's interpreter does not check in real mode. */
export function realLimitsGuest(): Uint8Array {
  const guest = new RealGuest();
  guest.case('word at the end', (p) => p.emit('mov', ax, mem16(0xffff)));
  guest.case('word before the end', (p) => p.emit('mov', cx, mem16(0xfffe)).emit('xor', cx, cx));
  guest.case('word at the end of ss', (p) => p.emit('mov', bp, 0xffff).emit('mov', ax, mem16(bp)));
  guest.case('32-bit address', (p) => p.emit('mov', ebx, 0x1_0000).emit('mov', ax, mem16(ebx)));
  guest.case('32-bit address in ss', (p) => p.emit('mov', ebp, 0x1_0000).emit('mov', ax, mem16(ebp)));
  guest.case('push around the end', (p) =>
    p.emit('mov', ax, 0x2000).emit('mov', ss, ax).emit('xor', sp, sp).emit('push', ax).emit('mov', cx, sp),
  );
  guest.case('vex', (p) => p.bytes(0xc5, 0xf8, 0x57, 0xc0));
  guest.case('jump beyond the end', (p) => p.bytes(0x66, 0xe9, 0, 0, 1, 0));
  return guest.finish();
}
