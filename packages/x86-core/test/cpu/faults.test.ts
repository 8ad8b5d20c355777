/** Exceptions of fetching and accessing memory, exact to the byte, in 64-bit mode. */
import { beforeEach, expect, test } from 'vitest';
import { al, eax, ecx, mem32, mem64, mem8, rax, rbp, rbx, rdi, rsi } from '../../src/index.ts';
import type { Line } from './assemble.ts';
import { TestMachine } from './machine.ts';

const CODE = 0x1000;
let machine: TestMachine;

beforeEach(() => {
  machine = new TestMachine();
});

/** Runs lines until they stop, and gives what was raised: [vector, error code, RIP that was pushed]. */
function raised(lines: readonly Line[], prepare: () => void = () => {}, at: number = CODE): [number, number, bigint] {
  machine.load(at, 64, [...lines, ['hlt']]);
  machine.startLong(at);
  machine.catchExceptions();
  prepare();
  expect(machine.cpu.run(100_000)).toBe('halt');
  let vector = -1;
  for (const [, value] of machine.output) vector = value;
  const hasCode = [8, 10, 11, 12, 13, 14, 17].includes(vector);
  const stack = Number(machine.cpu.registers.get('rsp'));
  const word = (index: number): bigint => machine.view.getBigUint64(stack + 8 * index, true);
  return [vector, hasCode ? Number(word(0)) : -1, word(hasCode ? 1 : 0)];
}

test('page faults: present, write, reserved bits, fetch; the address in CR2', () => {
  const { cpu } = machine;
  const page =
    (bits: number): (() => void) =>
    () => {
      machine.mapPage(0x50, 0x5_0000, bits);
      cpu.registers.set('rbx', 0x5_0ffe);
    };
  expect(raised([['mov', al, mem8(rbx)]], page(0))).toEqual([14, 0, BigInt(CODE)]);
  expect(cpu.context.cr2).toBe(0x5_0ffen);
  expect(raised([['mov', mem8(rbx), al]], page(0))).toEqual([14, 2, BigInt(CODE)]);
  expect(raised([['mov', mem8(rbx), al]], page(5))).toEqual([14, 3, BigInt(CODE)]);
  // Two pages: the address is the second's where only that one is missing.
  expect(raised([['mov', eax, mem32(rbx)]], () => (page(7)(), machine.mapPage(0x51, 0x5_1000, 0)))).toEqual([
    14,
    0,
    BigInt(CODE),
  ]);
  expect(cpu.context.cr2).toBe(0x5_1000n);
});

test('reserved bits, no-execute, and a fetch from a missing page', () => {
  const { cpu, view } = machine;
  const entry = (value: bigint) => (): void => {
    view.setBigUint64(0x10_3000 + 8 * 0x50, value, true);
    cpu.registers.set('rbx', 0x5_0010);
  };
  expect(raised([['mov', al, mem8(rbx)]], entry(0x5_0007n | (1n << 45n)))).toEqual([14, 9, BigInt(CODE)]);
  machine.load(0x5_0010, 64, [['hlt']]);
  expect(raised([['jmp', rbx]], entry(0x5_0007n | (1n << 63n)))).toEqual([14, 0x11, 0x5_0010n]);
  expect(raised([['jmp', rbx]], entry(0n))).toEqual([14, 0x10, 0x5_0010n]);
});

test('an instruction whose second page is missing faults there, with RIP at its start', () => {
  // mov eax, imm32: 5 bytes, 2 of them on the first page.
  const start = 0x5_0ffe;
  expect(raised([['mov', eax, 0x1234_5678]], () => machine.mapPage(0x51, 0x5_1000, 0), start)).toEqual([
    14,
    0x10,
    BigInt(start),
  ]);
  expect(machine.cpu.context.cr2).toBe(0x5_1000n);
});

test('one byte more than 15 is #GP, undecodable bytes #UD, division by zero #DE', () => {
  const long = new Uint8Array(15).fill(0x66);
  expect(raised([long, ['nop']])).toEqual([13, 0, BigInt(CODE)]);
  expect(raised([Uint8Array.of(0x90, 0x0f, 0x04)])).toEqual([6, -1, BigInt(CODE + 1)]);
  expect(
    raised([
      ['mov', ecx, 0],
      ['div', ecx],
    ]),
  ).toEqual([0, -1, BigInt(CODE + 5)]);
});

test('addresses that are not canonical: #GP, of the stack #SS', () => {
  const far = (): void => {
    for (const name of ['rbx', 'rbp']) machine.cpu.registers.set(name, 1n << 47n);
  };
  expect(raised([['mov', al, mem8(rbx)]], far)).toEqual([13, 0, BigInt(CODE)]);
  expect(raised([['mov', al, mem8(rbp)]], far)).toEqual([12, 0, BigInt(CODE)]);
  expect(raised([['jmp', rbx]], far)).toEqual([13, 0, BigInt(CODE)]);
});

test('SMEP and SMAP keep the supervisor from user pages', () => {
  const { cpu } = machine;
  const supervisorOnly = (cr4: number) => (): void => {
    for (const page of [1, ...Array.from({ length: 512 }, (_, index) => 0x200 + index), 0x7f])
      machine.mapPage(page, page * 4096, 3);
    cpu.context.cr4 |= cr4;
    cpu.context.flushTlb('all');
    cpu.registers.set('rbx', 0x5_0000);
  };
  expect(raised([['mov', al, mem8(rbx)]], supervisorOnly(1 << 21))).toEqual([14, 1, BigInt(CODE)]);
  expect(raised([['stac'], ['mov', al, mem8(rbx)], ['clac'], ['mov', al, mem8(rbx)]], supervisorOnly(1 << 21))).toEqual(
    [14, 1, BigInt(CODE + 8)],
  );
  expect(raised([['jmp', rbx]], supervisorOnly(1 << 20))).toEqual([14, 0x11, 0x5_0000n]);
});

test('a store into the present block takes effect at the next instruction', () => {
  // The immediate of the mov that follows is at its second byte.
  const lines: Line[] = [
    ['mov', mem8(rbx), 0x55],
    ['mov', al, 0x11],
    ['out', 0xe9, al],
  ];
  machine.load(CODE, 64, [...lines, ['hlt']]);
  machine.startLong(CODE);
  machine.cpu.registers.set('rbx', CODE + 4);
  expect(machine.cpu.run(100)).toBe('halt');
  expect(machine.output).toEqual([[0xe9, 0x55]]);
});

test('a loop that changes the instruction it has just run', () => {
  const labels = machine.load(CODE, 64, [
    ['mov', ecx, 3],
    'loop:',
    'patched:',
    ['mov', al, 1],
    ['out', 0xe9, al],
    ['add', mem8(rbx), 1],
    ['dec', ecx],
    ['jne', 'loop'],
    ['hlt'],
  ]);
  machine.startLong(CODE);
  machine.cpu.registers.set('rbx', (labels.get('patched') as number) + 1);
  expect(machine.cpu.run(1000)).toBe('halt');
  expect(machine.output.map(([, value]) => value)).toEqual([1, 2, 3]);
});

test('an access over two pages reads and writes both, wherever they are mapped', () => {
  machine.load(CODE, 64, [['mov', rax, mem64(rsi)], ['mov', mem64(rdi), rax], ['hlt']]);
  machine.startLong(CODE);
  machine.mapPage(0x51, 0x7_0000, 7);
  machine.view.setUint32(0x5_0ffc, 0x1111_2222, true);
  machine.view.setUint32(0x7_0000, 0x3333_4444, true);
  machine.mapPage(0x61, 0x9_0000, 7);
  machine.cpu.registers.set('rsi', 0x5_0ffc);
  machine.cpu.registers.set('rdi', 0x6_0ffe);
  expect(machine.cpu.run(100)).toBe('halt');
  expect(machine.cpu.registers.get('rax')).toBe(0x3333_4444_1111_2222n);
  expect([machine.view.getUint16(0x6_0ffe, true), machine.view.getUint32(0x9_0000, true)]).toEqual([
    0x2222, 0x4444_1111,
  ]);
});

test('memory that is not RAM is the bus, in pieces of at most four bytes; a store alone does not read', () => {
  const accesses: unknown[] = [];
  machine = new TestMachine({
    readMemory: (physical, bytes) => (accesses.push(['read', physical, bytes]), 0x8765_4321),
    writeMemory: (physical, bytes, value) => void accesses.push(['write', physical, bytes, value]),
  });
  machine.load(CODE, 64, [['mov', rax, mem64(rbx)], ['mov', mem32(rbx, 8), eax], ['or', mem8(rbx, 16), 2], ['hlt']]);
  machine.startLong(CODE);
  machine.mapPage(0x50, 0x8000_0000, 7);
  machine.cpu.registers.set('rbx', 0x5_0000);
  machine.cpu.registers.set('rcx', 0n);
  expect(machine.cpu.run(100)).toBe('halt');
  expect(accesses).toEqual([
    ['read', 0x8000_0000, 4],
    ['read', 0x8000_0004, 4],
    ['write', 0x8000_0008, 4, 0x8765_4321],
    ['read', 0x8000_0010, 1],
    ['write', 0x8000_0010, 1, 0x23],
  ]);
  expect(machine.cpu.registers.get('rax')).toBe(0x8765_4321_8765_4321n);
  expect(machine.cpu.registers.get('rcx')).toBe(0n);
});
