/**
 * A frame for guest programs in 32-bit protected mode. Each case runs from fresh tables until an exception or INT 30h, which a handler prints:
 *
 *   @name: vector error-code ip-of-case cs flags eax ecx edx ebx [ss esp when from ring 3] [cr2 when vector 14] [watched words]
 */
import {
  ax,
  bx,
  cr0,
  cr2,
  cr4,
  cs,
  cx,
  ds,
  dx,
  eax,
  ebx,
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
  mem8,
  mem16,
  mem32,
  type Operand,
  sp,
  ss,
} from '../../src/index.ts';
import { emitConsole } from './console.ts';
import { gateDescriptor, segmentDescriptor } from './descriptors.ts';
import { Program, ROM } from './program.ts';

/** Where the tables lie in memory while a case runs; their originals are in the ROM. */
export const GDT = 0x1000;
export const IDT = 0x1800;
export const TSS = 0x2000;
export const TSS_OTHER = 0x2200;
export const TSS_16 = 0x2300;
export const LDT = 0x2400;
const TABLE_BYTES = 0x1800;
export const STACK = 0x7000;
export const USER_STACK = 0x8000;
export const DATA = 0x2_0000;

export const CODE32 = 0x08;
export const DATA32 = 0x10;
/** Base ROM. */
export const CODE16 = 0x18;
export const USER_CODE = 0x23;
export const USER_DATA = 0x2b;
export const TASK = 0x30;
export const TASK_OTHER = 0x38;
export const TASK_16 = 0x48;
const DATA16 = 0x50;
/** The first selector that is the program's own. */
export const OWN = 0x80;

/** Ends a case. */
export const DONE = 0x30;

/** Variables. */
const NAME = 0x500;
const START = 0x504;
const NEXT = 0x508;
export const PARAMETER = 0x50c;
const POINTER = 0x510;

/** OF, DF, SF, ZF, AF, PF and CF are left out but for ZF; so is RF. */
const SHOWN_FLAGS = 0x6_7740;
const errorCodes = new Set([8, 10, 11, 12, 13, 14, 17]);

export interface Tables {
  /** Physical addresses of words that are printed at the end of each line. */
  readonly watch?: readonly number[];
  /** Routines that cases call. */
  readonly routines?: (program: Program) => void;
  /** From selector OWN on. Offsets of gates are label addresses: a function of the finished program. */
  readonly gdt?: (program: Program) => readonly bigint[];
  readonly ldt?: (program: Program) => readonly bigint[];
  /** Gates by vector, in place of the frame's. */
  readonly idt?: (program: Program) => Readonly<Record<number, bigint>>;
}

export class ProtectedGuest {
  readonly program: Program = new Program();
  readonly #tables: Tables;
  readonly #names: [label: string, text: string][] = [];

  constructor(tables: Tables = {}) {
    this.#tables = tables;
    this.#begin();
  }

  #begin(): void {
    const { program } = this;
    program.label('entry').emit('cli').emit('mov', ax, cs).emit('mov', ds, ax);
    program.emit('o32 lgdt', mem({ displacement: ROM + 0xff00 - ROM, addressBits: 16 }));
    program.emit('mov', eax, cr0).emit('or', eax, 1).emit('mov', cr0, eax);
    program.emit('o32 jmp far', far(CODE32, program.ref('entry32', 32)));
    program.mode = 32;
    program.label('entry32').emit('mov', ax, DATA32);
    for (const segment of [ds, es, fs, gs, ss]) program.emit('mov', segment, ax);
    program.emit('mov', esp, STACK).emit('call', program.ref('tables'));
    program
      .emit('mov', mem16(POINTER), 0x7ff)
      .emit('mov', mem32(POINTER + 2), IDT)
      .emit('lidt', mem(at(POINTER)));
    program
      .emit('mov', mem16(POINTER), 0x7ff)
      .emit('mov', mem32(POINTER + 2), GDT)
      .emit('lgdt', mem(at(POINTER)));
    program.emit('mov', ax, TASK).emit('ltr', ax);
    program.emit('mov', eax, cr0).emit('and', eax, ~0x6000_0000).emit('mov', cr0, eax);
    program.emit('jmp', program.ref('cases'));
    emitConsole(program);
    program.label('tables').emit('mov', esi, program.ref('originals')).emit('mov', edi, GDT);
    program
      .emit('mov', ecx, TABLE_BYTES / 4)
      .emit('rep movsd')
      .emit('ret');
    this.#handlers();
    this.#tables.routines?.(program);
    program.label('cases');
  }

  #handlers(): void {
    const { program } = this;
    for (let vector = 0; vector < 256; vector++) {
      program.label(`vector ${vector}`);
      if (!errorCodes.has(vector)) program.emit('push', 0);
      program.emit('push', vector > 127 ? vector - 256 : vector).emit('jmp', program.ref('handler', 32));
    }
    program.label('handler').emit('pushad').emit('cld').emit('mov', ax, DATA32);
    for (const segment of [ds, es, fs, gs]) program.emit('mov', segment, ax);
    program.emit('mov', esi, mem32(NAME)).emit('call', program.ref('print32'));
    const show = (...load: [Operand][]): void => {
      for (const [source] of load) program.emit('mov', eax, source).emit('call', program.ref('hex32'));
    };
    program.emit('movzx', eax, mem8(esp, 32)).emit('call', program.ref('hex32'));
    show([mem32(esp, 36)]);
    program.emit('mov', eax, mem32(esp, 40)).emit('sub', eax, mem32(START)).emit('call', program.ref('hex32'));
    show([mem32(esp, 44)]);
    program.emit('mov', eax, mem32(esp, 48)).emit('and', eax, SHOWN_FLAGS).emit('call', program.ref('hex32'));
    show([mem32(esp, 28)], [mem32(esp, 24)], [mem32(esp, 20)], [mem32(esp, 16)]);
    const [outer, fault] = [program.fresh(), program.fresh()];
    program.emit('test', mem8(esp, 44), 3).emit('je', program.ref(outer));
    show([mem32(esp, 56)], [mem32(esp, 52)]);
    program.label(outer).emit('cmp', mem8(esp, 32), 14).emit('jne', program.ref(fault));
    program.emit('mov', eax, cr2).emit('call', program.ref('hex32'));
    program.label(fault);
    // The next case begins without paging.
    program.emit('mov', eax, 0x11).emit('mov', cr0, eax).emit('xor', eax, eax).emit('mov', cr4, eax);
    for (const address of this.#tables.watch ?? []) show([mem32(address)]);
    program.emit('call', program.ref('newline32'));
    program.emit('mov', ax, DATA32).emit('mov', ss, ax).emit('mov', esp, STACK).emit('push', 2).emit('popfd');
    program.emit('call', program.ref('tables')).emit('mov', ax, TASK).emit('ltr', ax);
    program.emit('xor', eax, eax).emit('lldt', ax).emit('jmp', mem32(NEXT));
  }

  #prepare(name: string, next: string): void {
    const { program } = this;
    const text = `name ${this.#names.length}`;
    this.#names.push([text, `@${name}:`]);
    program.emit('mov', mem32(NAME), program.ref(text)).emit('mov', mem32(NEXT), program.ref(next, 32));
  }

  #start(): void {
    const { program } = this;
    const start = program.fresh();
    program.emit('mov', mem32(START), program.ref(start, 32));
    for (const register of [eax, ecx, edx, ebx]) program.emit('xor', register, register);
    program.label(start);
  }

  /** One case. INT 30h is added behind it. */
  case(name: string, body: (program: Program) => void): this {
    const { program } = this;
    const next = program.fresh();
    this.#prepare(name, next);
    this.#start();
    body(program);
    program.mode = 32;
    program.emit('int', DONE).label(next);
    return this;
  }

  /** The body once for each value of ebx, from `first` in steps up to `last`. */
  repeat(name: string, first: number, last: number, step: number, body: (program: Program) => void): this {
    const { program } = this;
    const [again, next, end] = [program.fresh(), program.fresh(), program.fresh()];
    program.emit('mov', mem32(PARAMETER), first);
    program.label(again);
    this.#prepare(name, next);
    this.#start();
    program.emit('mov', ebx, mem32(PARAMETER));
    body(program);
    program.mode = 32;
    program.emit('int', DONE).label(next);
    program.emit('add', mem32(PARAMETER), step).emit('cmp', mem32(PARAMETER), last);
    program.emit('ja', program.ref(end)).emit('jmp', program.ref(again)).label(end);
    return this;
  }

  finish(): Uint8Array {
    const { program } = this;
    program.mode = 32;
    program.emit('jmp', program.ref('exit32'));
    emitTasks(program);
    for (const [label, text] of this.#names) program.label(label).text(text);
    program.align(16).label('originals');
    this.#writeTables();
    const rom = program.finish('entry');
    // The first table: code and data, read in place.
    const view = new DataView(rom.buffer);
    view.setUint16(0xff00, 0x1f, true);
    view.setUint32(0xff02, ROM + 0xff08, true);
    for (const [index, value] of this.#gdt().slice(0, 4).entries()) view.setBigUint64(0xff08 + 8 * index, value, true);
    return rom;
  }

  #gdt(): bigint[] {
    const flat = { base: 0, limit: 0xf_ffff, flags: 12 };
    const table = [
      0n,
      segmentDescriptor({ ...flat, type: 0x1b }),
      segmentDescriptor({ ...flat, type: 0x13 }),
      segmentDescriptor({ base: ROM, limit: 0xffff, type: 0x1b, flags: 0 }),
      segmentDescriptor({ ...flat, type: 0x1b, dpl: 3 }),
      segmentDescriptor({ ...flat, type: 0x13, dpl: 3 }),
      segmentDescriptor({ base: TSS, limit: 0x67, type: 9, flags: 0 }),
      segmentDescriptor({ base: TSS_OTHER, limit: 0x67, type: 9, flags: 0 }),
      segmentDescriptor({ base: LDT, limit: 0x3f, type: 2, flags: 0 }),
      segmentDescriptor({ base: TSS_16, limit: 0x2b, type: 1, flags: 0 }),
      segmentDescriptor({ base: 0, limit: 0xffff, type: 0x13, flags: 0 }),
    ];
    while (table.length < OWN / 8) table.push(0n);
    return [...table, ...(this.#tables.gdt?.(this.program) ?? [])];
  }

  #writeTables(): void {
    const { program } = this;
    const memory = new Uint8Array(TABLE_BYTES);
    const view = new DataView(memory.buffer);
    const put = (start: number, table: readonly bigint[]): void => {
      for (const [index, value] of table.entries()) view.setBigUint64(start - GDT + 8 * index, value, true);
    };
    put(GDT, this.#gdt());
    const own = this.#tables.idt?.(program) ?? {};
    const gates = Array.from(
      { length: 256 },
      (_, vector) =>
        own[vector] ??
        gateDescriptor(14, CODE32, program.addressOf(`vector ${vector}`), {
          dpl: vector === DONE || vector === 3 || vector === 4 ? 3 : 0,
        }),
    );
    put(IDT, gates);
    put(LDT, this.#tables.ldt?.(program) ?? []);
    view.setUint32(TSS - GDT + 4, 0x6f00, true);
    view.setUint16(TSS - GDT + 8, DATA32, true);
    view.setUint16(TSS - GDT + 0x66, 0x68, true);
    this.#otherTask(view);
    program.bytes(...memory);
  }

  /** A task that ends its case at once. */
  #otherTask(view: DataView): void {
    const at = TSS_OTHER - GDT;
    view.setUint32(at + 4, 0x6f00, true);
    view.setUint16(at + 8, DATA32, true);
    view.setUint32(at + 0x20, this.program.addressOf('task'), true);
    view.setUint32(at + 0x24, 2, true);
    view.setUint32(at + 0x28, 0x1234_5678, true);
    view.setUint32(at + 0x38, 0x6800, true);
    for (const [index, selector] of [DATA32, CODE32, DATA32, DATA32, DATA32, DATA32].entries()) {
      view.setUint16(at + 0x48 + 4 * index, selector, true);
    }
    view.setUint16(at + 0x66, 0x68, true);
    const at16 = TSS_16 - GDT;
    view.setUint16(at16 + 2, 0x6f00, true);
    view.setUint16(at16 + 4, DATA32, true);
    view.setUint16(at16 + 0x0e, this.program.addressOf('task 16') - ROM, true);
    view.setUint16(at16 + 0x10, 2, true);
    view.setUint16(at16 + 0x1a, 0x6800, true);
    for (const [index, selector] of [DATA32, CODE16, DATA16, DATA32].entries())
      view.setUint16(at16 + 0x22 + 2 * index, selector, true);
  }
}

function at(displacement: number): { displacement: number; addressBits: 32 } {
  return { displacement, addressBits: 32 };
}

/** Goes on in ring 3, with segments that it may use, and the registers as they are. */
export function enterRing3(program: Program): void {
  const user = program.fresh();
  program.emit('push', USER_DATA).emit('pop', ds).emit('push', USER_DATA).emit('pop', es);
  program.emit('push', USER_DATA).emit('push', USER_STACK).emit('push', 2).emit('push', USER_CODE);
  program.emit('push', program.ref(user, 32)).emit('iretd').label(user);
}

/** Where the other tasks begin. */
function emitTasks(program: Program): void {
  program.mode = 32;
  program.label('task').emit('int', DONE);
  program.mode = 16;
  // The upper halves come from nowhere in a 16-bit TSS, and the handler wants a 32-bit stack.
  program.label('task 16').emit('movzx', esp, sp).emit('mov', ax, DATA32).emit('mov', ss, ax);
  for (const [wide, narrow] of [
    [eax, ax],
    [ecx, cx],
    [edx, dx],
    [ebx, bx],
  ] as const)
    program.emit('movzx', wide, narrow);
  program.emit('int', DONE);
  program.mode = 32;
}
