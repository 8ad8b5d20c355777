/** The TLB: what it keeps is never used behind what must forget it (SDM 3A 4.10.4.1), and accessed and dirty bits are set as without it (4.8). */
import { describe, expect, test } from 'vitest';
import { al, bl, cl, cr3, cr4, eax, mem, mem64, mem8, rax, rdi, rdx, rsi } from '../../src/index.ts';
import type { Line } from './assemble.ts';
import { TestMachine } from './machine.ts';

const GIB = 0x4000_0000;
/** As startLong has them: the upper directory, the first page table. */
const UPPER = 0x10_1000;
const TABLE = 0x10_3000;
/** For the directories and page tables of further GiB. */
const MORE_TABLES = 0x11_0000;
const GLOBAL = 0x100;
const LARGE = 0x80;
const ACCESSED = 0x20;
const DIRTY = 0x40;
const PGE = 0x80;

/** Page `page` of the `gibibyte`-th GiB lies in the same place of the TLB as that of the others. */
class Guest {
  readonly machine = new TestMachine();

  constructor() {
    this.machine.startLong(0x1000);
    this.machine.cpu.context.cr4 |= PGE;
    for (let gibibyte = 1; gibibyte < 4; gibibyte++) {
      const directory = MORE_TABLES + 0x2000 * gibibyte;
      this.#set(UPPER + 8 * gibibyte, directory | 7);
      this.#set(directory, (directory + 0x1000) | 7);
    }
    for (let frame = 0x200; frame < 0x400; frame++) this.machine.view.setUint32(4096 * frame, frame, true);
  }

  #set(at: number, value: number): void {
    this.machine.view.setBigUint64(at, BigInt(value), true);
  }

  entryAt(gibibyte: number, page: number): number {
    return (gibibyte === 0 ? TABLE : MORE_TABLES + 0x2000 * gibibyte + 0x1000) + 8 * page;
  }

  map(gibibyte: number, page: number, frame: number, bits: number): void {
    this.#set(this.entryAt(gibibyte, page), 4096 * frame + bits);
  }

  /** All of the first 2 MiB of a GiB. */
  mapLarge(gibibyte: number, frame: number, bits: number): void {
    this.#set(MORE_TABLES + 0x2000 * gibibyte, 4096 * frame + LARGE + bits);
  }

  bits(gibibyte: number, page: number): number {
    return this.machine.view.getUint32(this.entryAt(gibibyte, page), true) & 0xfff;
  }

  run(lines: readonly Line[]): void {
    const { cpu } = this.machine;
    this.machine.load(0x1000, 64, [...lines, ['hlt']]);
    cpu.registers.rip = 0x1000n;
    cpu.system.activity = 'running';
    expect(cpu.run(100_000)).toBe('halt');
  }

  frameAt(gibibyte: number, page: number): number {
    return Number(this.machine.cpu.context.read(BigInt(GIB * gibibyte + 4096 * page), 4, 'current'));
  }
}

const flushes: Record<'INVLPG' | 'MOV CR3' | 'CR4.PGE', readonly Line[]> = {
  INVLPG: [['invlpg', mem({ base: rsi })]],
  'MOV CR3': [
    ['mov', rax, cr3],
    ['mov', cr3, rax],
  ],
  'CR4.PGE': [
    ['mov', rax, cr4],
    ['xor', eax, PGE],
    ['mov', cr4, rax],
    ['xor', eax, PGE],
    ['mov', cr4, rax],
  ],
};

/** A page is read, displaced by another, mapped elsewhere, and read again behind `flush`. @returns the low bytes of the frames that were read */
function readAround(flush: readonly Line[], bits: number, displacing: number): [number, number] {
  const guest = new Guest();
  guest.map(0, 0x80, 0x210, 7 | bits);
  guest.map(1, 0x80, 0x211, 7 | displacing);
  const { registers } = guest.machine.cpu;
  registers.set('rsi', 0x8_0000);
  registers.set('rdi', GIB + 0x8_0000);
  registers.set('rdx', guest.entryAt(0, 0x80));
  registers.set('r8', 0x21_2007 | bits);
  guest.run([
    ['mov', al, mem8({ base: rsi })],
    ['mov', bl, mem8({ base: rdi })],
    ['mov', rax, 0x21_2007 | bits],
    ['mov', mem64({ base: rdx }), rax],
    ...flush,
    ['mov', cl, mem8({ base: rsi })],
    ['mov', bl, mem8({ base: rdi })],
  ]);
  return [Number(registers.get('rcx') & 0xffn), Number(registers.get('rbx') & 0xffn)];
}

describe('a page that another one displaced', () => {
  const kinds = [
    [0, 0],
    [0, GLOBAL],
    [GLOBAL, 0],
    [GLOBAL, GLOBAL],
  ] as const;
  for (const [bits, displacing] of kinds) {
    const name = `${bits === 0 ? '' : 'global '}behind ${displacing === 0 ? 'one that is not' : 'a global one'}`;
    test(`${name}: is known until it must be forgotten`, () => {
      expect(readAround([], bits, displacing)).toEqual([0x10, 0x11]);
      expect(readAround(flushes.INVLPG, bits, displacing)).toEqual([0x12, 0x11]);
      expect(readAround(flushes['MOV CR3'], bits, displacing)).toEqual([bits === 0 ? 0x12 : 0x10, 0x11]);
      expect(readAround(flushes['CR4.PGE'], bits, displacing)).toEqual([0x12, 0x11]);
    });
  }
});

test('accessed and dirty bits are set again behind INVLPG, and what was kept for reads does for no write', () => {
  const guest = new Guest();
  guest.map(0, 0x80, 0x210, 7);
  guest.map(1, 0x80, 0x211, 7);
  const { registers } = guest.machine.cpu;
  registers.set('rsi', 0x8_0000);
  registers.set('rdi', GIB + 0x8_0000);
  const read: Line[] = [
    ['mov', al, mem8({ base: rsi })],
    ['mov', bl, mem8({ base: rdi })],
  ];
  const write: Line[] = [['mov', mem8({ base: rsi }), al]];
  guest.run(read);
  expect(guest.bits(0, 0x80)).toBe(7 | ACCESSED);
  guest.run([...read, ...write]);
  expect(guest.bits(0, 0x80)).toBe(7 | ACCESSED | DIRTY);
  guest.map(0, 0x80, 0x210, 7);
  guest.run([...flushes.INVLPG, ...read]);
  expect(guest.bits(0, 0x80)).toBe(7 | ACCESSED);
  guest.run([...read, ...write]);
  expect(guest.bits(0, 0x80)).toBe(7 | ACCESSED | DIRTY);
});

test('INVLPG of one address forgets all of a large page, wherever else large pages are', () => {
  const guest = new Guest();
  for (const bits of [0, GLOBAL]) {
    guest.mapLarge(2, 0x200, 7 | bits);
    guest.machine.cpu.context.flushTlb('all');
    expect(guest.frameAt(2, 0x18)).toBe(0x218);
    guest.mapLarge(2, 0, 7 | bits);
    guest.machine.view.setUint32(0x1_8000, 0x18, true);
    guest.machine.cpu.context.flushTlb(BigInt(2 * GIB + 0x1f_f000));
    expect(guest.frameAt(2, 0x18)).toBe(0x18);
  }
});

/** What a page may be found to be: frames that it was mapped to since it was forgotten, and whether as a global page. */
class Expected {
  readonly frames = new Map<number, boolean>();
  frame = 0;
  isGlobal = false;

  map(frame: number, isGlobal: boolean): void {
    this.frame = frame;
    this.isGlobal = isGlobal;
    this.frames.set(frame, isGlobal || this.frames.get(frame) === true);
  }

  forget(keepGlobal: boolean): void {
    for (const [frame, isGlobal] of this.frames) if (!isGlobal || !keepGlobal) this.frames.delete(frame);
    this.map(this.frame, this.isGlobal);
  }
}

test.each([1, 2, 3, 4])(
  'whatever is mapped, read and forgotten in any order: no stale translation (seed %d)',
  (seed) => {
    const guest = new Guest();
    const { context } = guest.machine.cpu;
    let random = seed;
    const below = (limit: number): number => {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      return Math.floor((random / 2 ** 32) * limit);
    };
    const pages = [0x80, 0x81, 0xff];
    const small = [0, 1, 3].flatMap((gibibyte) => pages.map((page) => ({ gibibyte, page, expected: new Expected() })));
    const large = new Expected();
    const remap = ({ gibibyte, page, expected }: (typeof small)[number]): void => {
      const isGlobal = below(2) === 0;
      const frame = 0x200 + below(0x200);
      expected.map(frame, isGlobal);
      guest.map(gibibyte, page, frame, isGlobal ? 7 | GLOBAL : 7);
    };
    const remapLarge = (): void => {
      const isGlobal = below(2) === 0;
      large.map(0x200 * below(2), isGlobal);
      guest.mapLarge(2, large.frame, isGlobal ? 7 | GLOBAL : 7);
    };
    for (const page of pages) guest.machine.view.setUint32(4096 * page, page, true);
    for (const each of small) remap(each);
    remapLarge();
    context.flushTlb('all');
    let stale = 0;
    const look = (found: number, expected: Expected): void => {
      expect(expected.frames.has(found)).toBe(true);
      if (found !== expected.frame) stale++;
    };
    for (let step = 0; step < 20_000; step++) {
      const each = small[below(small.length)] as (typeof small)[number];
      const page = pages[below(pages.length)] as number;
      const action = below(40);
      if (action === 0) context.flushTlb('all');
      else if (action < 3) context.flushTlb('nonGlobal');
      if (action < 3) for (const one of [...small.map(({ expected }) => expected), large]) one.forget(action > 0);
      else if (action < 6) {
        context.flushTlb(BigInt(GIB * each.gibibyte + 4096 * each.page));
        each.expected.forget(false);
      } else if (action < 7) {
        context.flushTlb(BigInt(2 * GIB + 4096 * page));
        large.forget(false);
      } else if (action < 11) remap(each);
      else if (action < 12) remapLarge();
      else if (action < 18) look(guest.frameAt(2, page) - page, large);
      else look(guest.frameAt(each.gibibyte, each.page), each.expected);
    }
    expect(stale).toBeGreaterThan(0);
  },
);
