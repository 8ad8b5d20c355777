/**
 * A frame for guest programs in 64-bit mode, as protected-guest.ts is for 32-bit mode. A line is
 *
 *   @name: vector error-code rip-of-case cs flags rax rcx rdx rbx ss rsp-of-stack [cr2 when vector 14] [watched words]
 *
 * with the 64-bit registers in two words, the upper one first. Linear addresses are physical ones up to 2 MiB.
 */
import {
  ax,
  cr0,
  cr2,
  cr3,
  cr4,
  cs,
  ds,
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
  mem8,
  mem16,
  mem32,
  mem64,
  type Memory,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  type Register,
  rsi,
  rsp,
  ss,
} from '../../src/index.ts';
import { emitConsole } from './console.ts';
import { segmentDescriptor } from './descriptors.ts';
import { Program, ROM } from './program.ts';

export const GDT64 = 0x1000;
export const IDT64 = 0x1800;
export const TSS64 = 0x2800;
const TABLE_BYTES = 0x1900;
const STACK = 0x7000;
export const USER_STACK64 = 0x8000;
export const DATA64 = 0x2_0000;
/** Paging structures: PML5, PML4, PDPT, PD, PT, one page each. */
export const PAGING = 0x3_0000;

export const CODE64 = 0x08;
export const DATA_64 = 0x10;
export const COMPATIBLE = 0x18;
/** 32-bit code, data, 64-bit code, as SYSRET wants them. */
export const USER32 = 0x23;
export const USER_DATA64 = 0x2b;
export const USER64 = 0x33;
export const TASK64 = 0x40;
export const OWN64 = 0x80;
export const DONE64 = 0x30;

const NAME = 0x500;
const START = 0x508;
const NEXT = 0x510;
const POINTER = 0x518;
const SHOWN_FLAGS = 0x6_7740;
const errorCodes = new Set([8, 10, 11, 12, 13, 14, 17]);
const MSR_EFER = 0xc000_0080;

/** A gate of the IDT: SDM 3A 6.14.1. Two entries. */
export function gate64(
  selector: number,
  offset: number,
  options: { dpl?: number; present?: boolean; type?: number; stack?: number } = {},
): bigint[] {
  const { dpl = 0, present = true, type = 14, stack = 0 } = options;
  const access = BigInt(type | (dpl << 5) | (present ? 0x80 : 0));
  const low =
    BigInt(offset & 0xffff) |
    (BigInt(selector) << 16n) |
    (BigInt(stack) << 32n) |
    (access << 40n) |
    (BigInt(offset >>> 16) << 48n);
  return [low, 0n];
}

export interface LongOptions {
  readonly fiveLevels?: boolean;
  readonly gdt?: (program: Program) => readonly bigint[];
  readonly idt?: (program: Program) => Readonly<Record<number, readonly bigint[]>>;
  readonly watch?: readonly number[];
}

const at = (displacement: number): Memory => mem({ displacement, addressBits: 32 });

export class LongGuest {
  readonly program: Program = new Program();
  readonly #options: LongOptions;
  readonly #names: [label: string, text: string][] = [];

  constructor(options: LongOptions = {}) {
    this.#options = options;
    this.#begin();
  }

  #begin(): void {
    const { program } = this;
    program.label('entry').emit('cli').emit('mov', ax, cs).emit('mov', ds, ax);
    program.emit('o32 lgdt', mem({ displacement: 0xff00, addressBits: 16 }));
    program.emit('mov', eax, cr0).emit('or', eax, 1).emit('mov', cr0, eax);
    program.emit('o32 jmp far', far(COMPATIBLE, program.ref('entry32', 32)));
    program.mode = 32;
    program.label('entry32').emit('mov', ax, DATA_64);
    for (const segment of [ds, es, fs, gs, ss]) program.emit('mov', segment, ax);
    program.emit('mov', esp, STACK).emit('mov', esi, program.ref('originals')).emit('mov', edi, GDT64);
    program.emit('mov', ecx, TABLE_BYTES / 4).emit('rep movsd');
    this.#paging();
    program.emit('jmp far', far(CODE64, program.ref('entry64', 32)));
    program.mode = 64;
    program.label('entry64').emit('mov', rsp, STACK);
    program
      .emit('mov', mem16(POINTER), 0x7ff)
      .emit('mov', mem64(POINTER + 2), GDT64)
      .emit('lgdt', at(POINTER));
    program
      .emit('mov', mem16(POINTER), 0xfff)
      .emit('mov', mem64(POINTER + 2), IDT64)
      .emit('lidt', at(POINTER));
    program.emit('mov', ax, TASK64).emit('ltr', ax).emit('jmp', program.ref('cases'));
    emitConsole(program);
    this.#routines();
    this.#handlers();
    program.label('cases');
  }

  #paging(): void {
    const { program } = this;
    const five = this.#options.fiveLevels === true;
    const loop = program.fresh();
    const enter = program.fresh();
    program.emit('call', program.ref('page tables')).emit('jmp', program.ref(enter));
    program.label('page tables');
    program.emit('mov', edi, PAGING).emit('mov', ecx, 0x1400).emit('xor', eax, eax).emit('rep stosd');
    for (let level = 0; level < 4; level++)
      program.emit('mov', mem32(PAGING + 0x1000 * level), PAGING + 0x1000 * (level + 1) + 7);
    program
      .emit('mov', edi, PAGING + 0x4000)
      .emit('mov', eax, 7)
      .emit('mov', ecx, 512);
    program.label(loop).emit('mov', mem32(edi), eax).emit('add', edi, 8).emit('add', eax, 0x1000);
    program.emit('sub', ecx, 1).emit('jne', program.ref(loop)).emit('ret');
    program
      .label(enter)
      .emit('mov', eax, five ? 0x1620 : 0x620)
      .emit('mov', cr4, eax);
    program.emit('mov', eax, five ? PAGING : PAGING + 0x1000).emit('mov', cr3, eax);
    program.emit('mov', ecx, MSR_EFER).emit('xor', edx, edx).emit('mov', eax, 0x900).emit('wrmsr');
    program.emit('mov', eax, 0x8001_0013).emit('mov', cr0, eax);
  }

  /** The same page tables once more, from 64-bit code; hex of a 64-bit register. */
  #routines(): void {
    const { program } = this;
    const loop = program.fresh();
    program
      .label('restore')
      .emit('mov', esi, program.ref('originals', 32))
      .emit('mov', edi, GDT64)
      .emit('mov', ecx, TABLE_BYTES / 4)
      .emit('rep movsd');
    // In place: the processor is using them.
    for (let level = 0; level < 4; level++)
      program.emit('mov', mem64(PAGING + 0x1000 * level), PAGING + 0x1000 * (level + 1) + 7);
    program
      .emit('mov', edi, PAGING + 0x4000)
      .emit('mov', eax, 7)
      .emit('mov', ecx, 512);
    program.label(loop).emit('mov', mem64(rdi), rax).emit('add', edi, 8).emit('add', eax, 0x1000);
    program.emit('sub', ecx, 1).emit('jne', program.ref(loop));
    program.emit('mov', rax, cr3).emit('mov', cr3, rax).emit('ret');
    // Takes U/S away from all pages: with SMEP and SMAP ring 0 has to live on pages of its own.
    const each = program.fresh();
    program
      .label('withdraw')
      .emit('mov', edi, PAGING + 0x4000)
      .emit('mov', ecx, 512);
    program.label(each).emit('and', mem32(rdi), ~4).emit('add', edi, 8).emit('sub', ecx, 1);
    program.emit('jne', program.ref(each)).emit('mov', rax, cr3).emit('mov', cr3, rax).emit('ret');
    program.label('wide').emit('push', rax).emit('shr', rax, 32).emit('call', program.ref('hex64'));
    program.emit('pop', rax).emit('call', program.ref('hex64')).emit('ret');
  }

  #handlers(): void {
    const { program } = this;
    for (let vector = 0; vector < 256; vector++) {
      program.label(`vector ${vector}`);
      if (!errorCodes.has(vector)) program.emit('push', 0);
      program.emit('push', vector > 127 ? vector - 256 : vector).emit('jmp', program.ref('handler', 32));
    }
    const saved = [rax, rcx, rdx, rbx, rsi, rdi];
    program.label('handler').emit('cld');
    for (const register of saved) program.emit('push', register);
    program.emit('mov', rbp, rsp);
    const base = 8 * saved.length;
    const show = (offset: number): void =>
      void program.emit('mov', rax, mem64(rbp, offset)).emit('call', program.ref('wide'));
    program.emit('mov', rsi, mem64(NAME)).emit('call', program.ref('print64'));
    program.emit('movzx', eax, mem8(rbp, base)).emit('call', program.ref('hex64'));
    program.emit('mov', eax, mem32(rbp, base + 8)).emit('call', program.ref('hex64'));
    program
      .emit('mov', rax, mem64(rbp, base + 16))
      .emit('sub', rax, mem64(START))
      .emit('call', program.ref('wide'));
    program.emit('mov', eax, mem32(rbp, base + 24)).emit('call', program.ref('hex64'));
    program
      .emit('mov', eax, mem32(rbp, base + 32))
      .emit('and', eax, SHOWN_FLAGS)
      .emit('call', program.ref('hex64'));
    for (let index = 1; index <= 4; index++) show(base - 8 * index);
    program.emit('mov', eax, mem32(rbp, base + 48)).emit('call', program.ref('hex64'));
    show(base + 40);
    const fault = program.fresh();
    program
      .emit('cmp', mem8(rbp, base), 14)
      .emit('jne', program.ref(fault))
      .emit('mov', rax, cr2)
      .emit('call', program.ref('wide'));
    program.label(fault);
    for (const address of this.#options.watch ?? [])
      program.emit('mov', eax, mem32(address)).emit('call', program.ref('hex64'));
    program.emit('call', program.ref('newline64')).emit('mov', rsp, STACK).emit('push', 2).emit('popfq');
    program.emit('mov', eax, 0x8001_0013).emit('mov', cr0, rax);
    program.emit('mov', rax, cr4).emit('and', eax, ~0x30_0000).emit('mov', cr4, rax);
    program.emit('call', program.ref('restore')).emit('mov', ax, DATA_64);
    for (const segment of [ds, es, fs, gs, ss]) program.emit('mov', segment, ax);
    program.emit('mov', ax, TASK64).emit('ltr', ax).emit('jmp', mem64(NEXT));
  }

  /** One case, from ring 0 in 64-bit mode; INT 30h is added behind it. */
  case(name: string, body: (program: Program) => void): this {
    const { program } = this;
    const next = program.fresh();
    const start = program.fresh();
    const text = `name ${this.#names.length}`;
    this.#names.push([text, `@${name}:`]);
    for (const [place, label] of [
      [NAME, text],
      [NEXT, next],
      [START, start],
    ] as const) {
      program.emit('mov', eax, program.ref(label, 32)).emit('mov', mem64(place), rax);
    }
    for (const register of [eax, ecx, edx]) program.emit('xor', register, register);
    program.emit('mov', rbx, rax).label(start);
    body(program);
    program.mode = 64;
    program.emit('int', DONE64).label(next);
    return this;
  }

  finish(): Uint8Array {
    const { program } = this;
    program.mode = 64;
    program.emit('jmp', program.ref('exit64'));
    for (const [label, text] of this.#names) program.label(label).text(text);
    program.align(16).label('originals');
    this.#writeTables();
    const rom = program.finish('entry');
    const view = new DataView(rom.buffer);
    view.setUint16(0xff00, 0x1f, true);
    view.setUint32(0xff02, ROM + 0xff08, true);
    for (const [index, value] of this.#gdt().slice(0, 4).entries()) view.setBigUint64(0xff08 + 8 * index, value, true);
    return rom;
  }

  #gdt(): bigint[] {
    const flat = { base: 0, limit: 0xf_ffff };
    const table = [
      0n,
      segmentDescriptor({ ...flat, type: 0x1b, flags: 10 }),
      segmentDescriptor({ ...flat, type: 0x13, flags: 12 }),
      segmentDescriptor({ ...flat, type: 0x1b, flags: 12 }),
      segmentDescriptor({ ...flat, type: 0x1b, dpl: 3, flags: 12 }),
      segmentDescriptor({ ...flat, type: 0x13, dpl: 3, flags: 12 }),
      segmentDescriptor({ ...flat, type: 0x1b, dpl: 3, flags: 10 }),
      0n,
      segmentDescriptor({ base: TSS64, limit: 0x67, type: 9, flags: 0 }),
      0n,
    ];
    while (table.length < OWN64 / 8) table.push(0n);
    return [...table, ...(this.#options.gdt?.(this.program) ?? [])];
  }

  #writeTables(): void {
    const { program } = this;
    const memory = new Uint8Array(TABLE_BYTES);
    const view = new DataView(memory.buffer);
    const put = (start: number, table: readonly bigint[]): void => {
      for (const [index, value] of table.entries()) view.setBigUint64(start - GDT64 + 8 * index, value, true);
    };
    put(GDT64, this.#gdt());
    const own = this.#options.idt?.(program) ?? {};
    const gates = Array.from({ length: 256 }, (_, vector) => {
      const dpl = vector === DONE64 || vector === 3 || vector === 4 ? 3 : 0;
      return own[vector] ?? gate64(CODE64, program.addressOf(`vector ${vector}`), { dpl });
    });
    put(IDT64, gates.flat());
    view.setUint32(TSS64 - GDT64 + 4, 0x6f00, true);
    view.setUint32(TSS64 - GDT64 + 0x24, 0x6800, true);
    view.setUint16(TSS64 - GDT64 + 0x66, 0x68, true);
    program.bytes(...memory);
  }
}

/** Goes on in ring 3, in 64-bit code. */
export function enterUser64(program: Program): void {
  const user = program.fresh();
  program.emit('push', USER_DATA64).emit('push', USER_STACK64).emit('push', 2).emit('push', USER64);
  program.emit('push', program.ref(user, 32)).emit('iretq').label(user);
}

/** Loads a 64-bit constant. */
export function load(program: Program, register: Register, value: bigint): void {
  program.emit('mov', register, BigInt.asUintN(64, value));
}
