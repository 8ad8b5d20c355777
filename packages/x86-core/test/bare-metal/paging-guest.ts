/** 32-bit and PAE paging: rights at both levels, WP, SMEP, SMAP, NX, large pages, reserved bits, accessed and dirty bits, error codes. */
import { cr0, cr3, cr4, eax, ecx, edx, edi, mem32, type Register } from '../../src/index.ts';
import type { Program } from './program.ts';
import { DATA, DONE, enterRing3, ProtectedGuest } from './protected-guest.ts';

const DIRECTORY = 0x3_0000;
const TABLE = 0x3_1000;
const POINTERS = 0x3_2000;
const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const LARGE = 0x80;
const NX = 0x8000_0000;
const MSR_EFER = 0xc000_0080;

/** Where the tested page lies: DATA, or for large pages the next one that a directory entry maps. */
const LARGE_32 = 0x40_0000;
const LARGE_PAE = 0x20_0000;

/** Identity for the first MiB and more, all rights. */
function fill(program: Program, name: string, entryBytes: 4 | 8): void {
  const loop = program.fresh();
  program.label(name).emit('mov', edi, DIRECTORY).emit('mov', ecx, 0xc00).emit('xor', eax, eax).emit('rep stosd');
  program.emit('mov', edi, TABLE).emit('mov', eax, 7).emit('mov', ecx, 512);
  program.label(loop).emit('mov', mem32(edi), eax).emit('add', edi, entryBytes).emit('add', eax, 0x1000);
  program.emit('dec', ecx).emit('jne', program.ref(loop));
  program
    .emit('mov', mem32(DIRECTORY), TABLE + 7)
    .emit('mov', mem32(POINTERS), DIRECTORY + 1)
    .emit('ret');
}

/** Takes U/S away from the whole identity mapping: with SMEP and SMAP ring 0 has to live on pages of its own. */
function withdraw(program: Program, name: string, entryBytes: 4 | 8): void {
  const loop = program.fresh();
  program.label(name).emit('mov', edi, TABLE).emit('mov', ecx, 512);
  program.label(loop).emit('and', mem32(edi), ~USER).emit('add', edi, entryBytes);
  program.emit('dec', ecx).emit('jne', program.ref(loop)).emit('ret');
}

interface Layout {
  readonly name: string;
  readonly routine: string;
  readonly root: number;
  readonly cr4: number;
  readonly entryBytes: 4 | 8;
  readonly large: number;
}

const layouts: readonly Layout[] = [
  { name: '32-bit', routine: 'fill 32', root: DIRECTORY, cr4: 0x10, entryBytes: 4, large: LARGE_32 },
  { name: 'PAE', routine: 'fill PAE', root: POINTERS, cr4: 0x20, entryBytes: 8, large: LARGE_PAE },
];

const entryOf = ({ entryBytes }: Layout): number => TABLE + (DATA / 4096) * entryBytes;
const directoryOf = ({ entryBytes }: Layout): number => DIRECTORY + entryBytes;

const accesses: readonly (readonly [string, (program: Program, address: number) => void])[] = [
  ['read', (p, address) => p.emit('mov', ecx, mem32(address + 8))],
  ['write', (p, address) => p.emit('mov', mem32(address + 8), edx)],
  [
    'execute',
    (p, address) => {
      p.emit('mov', eax, address + 16).emit('jmp', eax);
    },
  ],
];

interface Rights {
  readonly wp: boolean;
  readonly smep?: boolean;
  readonly smap?: boolean;
  readonly ac?: boolean;
  readonly nx?: boolean;
}

/** Turns paging on. The tested entries are written, with the page's code in place, before. */
function enable(program: Program, layout: Layout, rights: Rights): void {
  const set = (register: Register, value: number): Program =>
    program.emit('mov', eax, value).emit('mov', register, eax);
  if (rights.nx !== undefined)
    program
      .emit('mov', ecx, MSR_EFER)
      .emit('xor', edx, edx)
      .emit('mov', eax, rights.nx ? 0x800 : 0)
      .emit('wrmsr');
  set(cr3, layout.root);
  set(cr4, layout.cr4 | (rights.smep === true ? 1 << 20 : 0) | (rights.smap === true ? 1 << 21 : 0));
  set(cr0, 0x8000_0011 | (rights.wp ? 0x1_0000 : 0));
  if (rights.ac === true) program.emit('push', 0x4_0002).emit('popfd');
  program.emit('xor', eax, eax).emit('xor', ecx, ecx).emit('xor', edx, edx);
}

function pagingCases(guest: ProtectedGuest, layout: Layout): void {
  const entry = entryOf(layout);
  const test = (name: string, address: number, prepare: (p: Program) => void, rights: Rights): void => {
    const alone = rights.smep === true || rights.smap === true;
    for (const [access, run] of accesses) {
      for (const ring of alone ? [0] : [0, 3]) {
        guest.case(`${layout.name} ${name}, ring ${ring}, ${access}`, (p) => {
          p.emit('call', p.ref(layout.routine));
          // INT 30h at the tested address, wherever the entries lead.
          for (const place of [address, DATA, 0]) p.emit('mov', mem32(place + 16), 0xcd | (DONE << 8));
          if (alone) p.emit('call', p.ref('withdraw'));
          prepare(p);
          enable(p, layout, rights);
          if (ring === 3) enterRing3(p);
          run(p, address);
        });
      }
    }
  };
  for (let flags = 0; flags < 8; flags++) {
    for (const wp of [false, true])
      test(`page ${flags}, WP ${Number(wp)}`, DATA, (p) => p.emit('mov', mem32(entry), DATA | flags), { wp });
  }
  for (const flags of [PRESENT, PRESENT | WRITE, PRESENT | USER]) {
    test(`directory ${flags}, WP 1`, layout.large, (p) => p.emit('mov', mem32(directoryOf(layout)), TABLE + flags), {
      wp: true,
    });
    test(
      `large page ${flags}, WP 1`,
      layout.large,
      (p) => p.emit('mov', mem32(directoryOf(layout)), layout.large | LARGE | flags),
      { wp: true },
    );
  }
  for (const flags of [3, 7]) {
    const page = (p: Program): unknown => p.emit('mov', mem32(entry), DATA | flags);
    test(`page ${flags}, SMEP`, DATA, page, { wp: true, smep: true });
    test(`page ${flags}, SMAP`, DATA, page, { wp: true, smap: true });
    test(`page ${flags}, SMAP, AC`, DATA, page, { wp: true, smap: true, ac: true });
  }
  if (layout.entryBytes === 4) {
    test(
      'large page with reserved bit',
      layout.large,
      (p) => p.emit('mov', mem32(directoryOf(layout)), layout.large | LARGE | 7 | (1 << 21)),
      { wp: true },
    );
    return;
  }
  for (const nx of [false, true]) {
    const name = `NXE ${Number(nx)}`;
    test(`page with NX, ${name}`, DATA, (p) => p.emit('mov', mem32(entry + 4), NX), { wp: true, nx });
    test(
      `large page with NX, ${name}`,
      layout.large,
      (p) =>
        p
          .emit('mov', mem32(directoryOf(layout)), layout.large | LARGE | 7)
          .emit('mov', mem32(directoryOf(layout) + 4), NX),
      { wp: true, nx },
    );
  }
  test(
    'large page with reserved bit',
    layout.large,
    (p) => p.emit('mov', mem32(directoryOf(layout)), layout.large | LARGE | 7 | (1 << 14)),
    { wp: true },
  );
  test('page with reserved bit', DATA, (p) => p.emit('mov', mem32(entry + 4), 0x0800_0000), { wp: true });
}

export function pagingGuest(index: 0 | 1): Uint8Array {
  const layout = layouts[index] as Layout;
  const guest = new ProtectedGuest({
    watch: [entryOf(layout), directoryOf(layout), DIRECTORY],
    routines: (program) => {
      fill(program, layout.routine, layout.entryBytes);
      withdraw(program, 'withdraw', layout.entryBytes);
    },
  });
  pagingCases(guest, layout);
  return guest.finish();
}
