/** Exceptions and interrupts through gates of every kind, IOPL, debug registers, single step, virtual-8086 mode; 32-bit protected mode. */
import {
  al,
  ax,
  cr0,
  cx,
  ds,
  eax,
  ebp,
  ecx,
  mem,
  mem8,
  mem16,
  mem32,
  type Register,
  ss,
  st0,
} from '../../src/index.ts';
import { gateDescriptor, segmentDescriptor } from './descriptors.ts';
import { debugging } from './debug-cases.ts';
import type { Program } from './program.ts';
import {
  CODE32,
  DATA,
  DATA32,
  enterRing3,
  IDT,
  OWN,
  ProtectedGuest,
  TASK_OTHER,
  TSS,
  USER_CODE,
  USER_DATA,
} from './protected-guest.ts';
import { virtual8086, virtualCase } from './virtual-8086-cases.ts';

const SMALL = OWN;
const EXPAND_DOWN = OWN + 8;
const ABSENT_CODE = OWN + 16;
const CONFORMING = OWN + 24;
const ABSENT_DATA = OWN + 32;
const SMALL_CODE = OWN + 40;

const gates: readonly [number, (program: Program) => bigint][] = [
  [0x40, (p) => gateDescriptor(14, CODE32, p.addressOf('vector 64'), { dpl: 0 })],
  [0x41, (p) => gateDescriptor(14, CODE32, p.addressOf('vector 65'), { dpl: 3 })],
  [0x42, (p) => gateDescriptor(15, CODE32, p.addressOf('vector 66'), { dpl: 3 })],
  [0x43, (p) => gateDescriptor(14, CODE32, p.addressOf('vector 67'), { dpl: 3, present: false })],
  [0x44, (p) => gateDescriptor(14, 0, p.addressOf('vector 68'), { dpl: 3 })],
  [0x45, (p) => gateDescriptor(14, DATA32, p.addressOf('vector 69'), { dpl: 3 })],
  [0x46, (p) => gateDescriptor(14, ABSENT_CODE, p.addressOf('vector 70'), { dpl: 3 })],
  [0x47, (p) => gateDescriptor(14, CONFORMING, p.addressOf('vector 71'), { dpl: 3 })],
  [0x48, () => gateDescriptor(5, TASK_OTHER, 0, { dpl: 3 })],
  [0x49, () => gateDescriptor(12, CODE32, 0, { dpl: 3 })],
  [0x4a, () => gateDescriptor(2, CODE32, 0, { dpl: 3 })],
  [0x4b, (p) => gateDescriptor(14, 0xfff8, p.addressOf('vector 75'), { dpl: 3 })],
  [0x4c, (p) => gateDescriptor(14, USER_CODE, p.addressOf('vector 76'), { dpl: 3 })],
  [0x4d, () => gateDescriptor(5, CODE32, 0, { dpl: 3 })],
  [0x4f, () => 0n],
];

const gdt = (): bigint[] => [
  segmentDescriptor({ base: DATA, limit: 0xff, type: 0x13, dpl: 3 }),
  segmentDescriptor({ base: DATA, limit: 0xff, type: 0x17, dpl: 3 }),
  segmentDescriptor({ base: 0, limit: 0xf_ffff, type: 0x1b, flags: 12, present: false }),
  segmentDescriptor({ base: 0, limit: 0xf_ffff, type: 0x1f, flags: 12 }),
  segmentDescriptor({ base: DATA, limit: 0xff, type: 0x13, dpl: 3, present: false }),
  segmentDescriptor({ base: 0, limit: 0xff, type: 0x1b }),
];

const rings: readonly [string, (program: Program) => void, number][] = [
  ['ring 0', () => undefined, 0],
  ['ring 3', enterRing3, 3],
];

/** What QEMU's interpreter does not check: segment limits, null selectors, reserved combinations in CR0. */
export function limitsGuest(): Uint8Array {
  const small = (program: Program): bigint =>
    gateDescriptor(14, SMALL_CODE, program.addressOf('vector 78'), { dpl: 3 });
  const guest = new ProtectedGuest({ gdt, idt: (program) => ({ 0x4e: small(program) }) });
  for (const [ring, enter, level] of rings) {
    const test: Test = (name, body) => {
      guest.case(`${ring} ${name}`, (program) => {
        enter(program);
        body(program);
      });
    };
    test('int to an offset beyond the limit', (p) => p.emit('int', 0x4e));
    segmentFaults(test, level);
    test('cr0 with PG and no PE', (p) => p.emit('mov', eax, 0x8000_0000).emit('mov', cr0, eax));
    test('cr0 with NW and no CD', (p) => p.emit('mov', eax, 0x2000_0011).emit('mov', cr0, eax));
  }
  virtualCase(guest, 'limit', 3, (p) => p.emit('mov', ax, mem16(0xffff)));
  virtualCase(guest, 'limit of ss', 3, (p) => p.emit('mov', ebp, 0x1_0000).emit('mov', al, mem8(ebp)));
  return guest.finish();
}

export function interruptsGuest(): Uint8Array {
  const guest = new ProtectedGuest({
    gdt,
    idt: (program) => Object.fromEntries(gates.map(([vector, gate]) => [vector, gate(program)])),
  });
  for (const [ring, enter] of rings) {
    const test: Test = (name, body) => {
      guest.case(`${ring} ${name}`, (program) => {
        enter(program);
        body(program);
      });
    };
    for (const [vector] of gates) test(`int ${vector.toString(16)}`, (p) => p.emit('int', vector));
    test('int beyond the table', (p) => p.emit('int', 0xff));
    simpleExceptions(test);
    privileged(test);
  }
  doubleFaults(guest);
  stackSwitches(guest);
  ioPrivilege(guest);
  debugging(guest);
  virtual8086(guest);
  return guest.finish();
}

type Test = (name: string, body: (program: Program) => void) => void;

function simpleExceptions(test: Test): void {
  test('div by 0', (p) => p.emit('xor', ecx, ecx).emit('div', ecx));
  test('idiv overflow', (p) => p.emit('mov', eax, 0x8000_0000).emit('cdq').emit('mov', ecx, -1).emit('idiv', ecx));
  test('aam 0', (p) => p.emit('aam', 0));
  test('ud2', (p) => p.emit('ud2'));
  test('lock nop', (p) => p.bytes(0xf0, 0x90));
  test('int3', (p) => p.emit('int3'));
  test('into', (p) => p.emit('mov', al, 0x7f).emit('inc', al).emit('into'));
  test('bound', (p) =>
    p
      .emit('mov', mem32(DATA), 1)
      .emit('mov', mem32(DATA + 4), 2)
      .emit('bound', eax, mem({ displacement: DATA, bits: 64, addressBits: 32 })));
  test('sixteen bytes', (p) =>
    p.bytes(...new Array<number>(14).fill(0x66), 0x90).bytes(...new Array<number>(15).fill(0x66), 0x90));
  test('rsm', (p) => p.emit('rsm'));
  test('arpl', (p) => p.emit('mov', eax, 8).emit('mov', ecx, 3).emit('arpl', ax, cx));
  test('smsw', (p) => p.emit('smsw', eax).emit('and', eax, 0xf));
  test('str', (p) => p.emit('str', eax));
  test('sldt', (p) => p.emit('sldt', eax));
}

function segmentFaults(test: Test, level: number): void {
  const load = (p: Program, register: Register, selector: number): Program =>
    p.emit('mov', eax, selector | level).emit('mov', register, ax);
  test('limit, last byte', (p) => load(p, ds, SMALL).emit('mov', eax, mem32(0xfc)));
  test('limit, one byte beyond', (p) => load(p, ds, SMALL).emit('mov', eax, mem32(0xfd)));
  test('limit, far beyond', (p) => load(p, ds, SMALL).emit('mov', mem8(0x1000), 0));
  test('expand-down, at the limit', (p) => load(p, ds, EXPAND_DOWN).emit('mov', eax, mem32(0xff)));
  test('expand-down, above the limit', (p) =>
    load(p, ds, EXPAND_DOWN).emit('mov', al, mem8(0x100)).emit('xor', eax, eax));
  test('expand-down, around the end', (p) =>
    load(p, ds, EXPAND_DOWN).emit('mov', eax, mem({ displacement: -2, bits: 32, addressBits: 32 })));
  test('null ds', (p) => p.emit('xor', eax, eax).emit('mov', ds, ax).emit('mov', eax, mem32(0)));
  test('not present ds', (p) => load(p, ds, ABSENT_DATA));
  test('not present ss', (p) => load(p, ss, ABSENT_DATA));
  test('null ss', (p) => p.emit('xor', eax, eax).emit('mov', ss, ax));
  test('write through cs', (p) => p.bytes(0x2e).emit('mov', mem8(DATA), 1));
  test('selector beyond the table', (p) => load(p, ds, 0x7f8));
  test('ldt selector without ldt', (p) => load(p, ds, 0x0c));
}

function privileged(test: Test): void {
  test('hlt refused or not', (p) => p.emit('mov', eax, cr0).emit('and', eax, 1));
  test('clts', (p) => p.emit('clts'));
  test('cli sti', (p) => p.emit('cli').emit('sti').emit('cli'));
  test('in', (p) => p.emit('in', al, 0x80).emit('mov', al, 0));
  test('popf of IOPL and IF', (p) =>
    p
      .emit('push', 0x3202)
      .emit('popfd')
      .emit('pushfd')
      .emit('pop', eax)
      .emit('and', eax, 0x3200)
      .emit('push', 2)
      .emit('popfd'));
  test('popf of NT and AC', (p) =>
    p
      .emit('push', 0x4_4002)
      .emit('popfd')
      .emit('pushfd')
      .emit('pop', eax)
      .emit('and', eax, 0x4_4000)
      .emit('push', 2)
      .emit('popfd'));
  test('device not available', (p) => p.emit('fninit').emit('fld1').emit('wait').emit('fadd', st0, st0));
}

function doubleFaults(guest: ProtectedGuest): void {
  const without = (p: Program, ...vectors: number[]): void => {
    for (const vector of vectors) p.emit('mov', mem32(IDT + 8 * vector), 0).emit('mov', mem32(IDT + 8 * vector + 4), 0);
  };
  guest.case('#GP without a gate: #DF', (p) => {
    without(p, 13);
    p.emit('mov', eax, 0xfff8).emit('mov', ds, ax);
  });
  guest.case('#DE without a gate: #GP', (p) => {
    without(p, 0);
    p.emit('xor', ecx, ecx).emit('div', ecx);
  });
  guest.case('#UD without a gate: #GP', (p) => {
    without(p, 6);
    p.emit('ud2');
  });
  guest.case('#NP through an absent gate: #DF', (p) => {
    p.emit('and', mem8(IDT + 8 * 11 + 5), 0x7f)
      .emit('mov', eax, ABSENT_DATA)
      .emit('mov', ds, ax);
  });
  guest.case('#DE through an absent gate: #NP', (p) => {
    p.emit('and', mem8(IDT + 5), 0x7f)
      .emit('xor', ecx, ecx)
      .emit('div', ecx);
  });
  guest.case('#DE through a gate into data: #GP', (p) => {
    p.emit('mov', mem16(IDT + 2), DATA32)
      .emit('xor', ecx, ecx)
      .emit('div', ecx);
  });
  guest.case('#DF through a task gate', (p) => {
    without(p, 13);
    p.emit('mov', mem32(IDT + 64), TASK_OTHER << 16)
      .emit('mov', mem32(IDT + 68), 0x8500)
      .emit('mov', eax, 0xfff8)
      .emit('mov', ds, ax);
  });
}

/** What ring 0's stack in the TSS may be. */
function stackSwitches(guest: ProtectedGuest): void {
  const stacks: readonly (readonly [string, number])[] = [
    ['null', 0],
    ['user data', USER_DATA],
    ['code', CODE32],
    ['absent', ABSENT_DATA & ~3],
    ['RPL 1', DATA32 | 1],
    ['beyond the table', 0x7f8],
  ];
  for (const [name, selector] of stacks) {
    guest.case(`int from ring 3 to a stack: ${name}`, (p) => {
      // #TS and its like are handled by a task, which has a stack of its own.
      for (const vector of [8, 10, 11, 12, 13])
        p.emit('mov', mem32(IDT + 8 * vector), TASK_OTHER << 16).emit('mov', mem32(IDT + 8 * vector + 4), 0x8500);
      p.emit('mov', mem16(TSS + 8), selector);
      enterRing3(p);
      p.emit('int', 0x41);
    });
  }
}

function ioPrivilege(guest: ProtectedGuest): void {
  const ring3 = (name: string, iopl: number, map: readonly number[] | undefined, body: (p: Program) => void): void => {
    guest.case(name, (p) => {
      if (map !== undefined) {
        p.emit('mov', mem32(0x1000 + 0x30), 0x2000_00ff).emit('mov', mem16(TSS + 0x66), 0x68);
        for (const [index, byte] of map.entries()) p.emit('mov', mem8(TSS + 0x68 + index), byte);
        p.emit('and', mem8(0x1000 + 0x35), 0xfd)
          .emit('mov', eax, 0x30)
          .emit('ltr', ax);
      }
      const user = p.fresh();
      p.emit('push', USER_DATA)
        .emit('push', 0x8000)
        .emit('push', 2 | (iopl << 12))
        .emit('push', USER_CODE);
      p.emit('push', p.ref(user, 32)).emit('iretd').label(user);
      body(p);
    });
  };
  ring3('IOPL 3: cli, in', 3, undefined, (p) => p.emit('cli').emit('in', al, 0x80).emit('xor', eax, eax));
  ring3('IOPL 0: in, no bitmap', 0, undefined, (p) => p.emit('in', al, 0x80));
  ring3('IOPL 0: popf does not set IF', 0, undefined, (p) =>
    p.emit('push', 0x3202).emit('popfd').emit('pushfd').emit('pop', eax).emit('and', eax, 0x3200),
  );
  ring3('IOPL 3: popf sets IF', 3, undefined, (p) =>
    p.emit('push', 0x0202).emit('popfd').emit('pushfd').emit('pop', eax).emit('and', eax, 0x3200),
  );
}
