/** What the processor accesses by itself, tables and frames, is found by the TLB too: it follows the mapping, and gives nobody a right. */
import { expect, test } from 'vitest';
import { eax, mem, mem32, rax, rsp } from '../../src/index.ts';
import { Segment } from '../../src/system/core-context.ts';
import { TestMachine } from './machine.ts';

/** As catchExceptions has them. */
const IDT = 0x20_1000;
const IDT_PAGE = 0x201;
const OTHER_IDT = 0x30_0000;
const TSS = 0x30_1000;
const SUPERVISOR = 3;

function started(lines: Parameters<TestMachine['load']>[2]): TestMachine {
  const machine = new TestMachine();
  machine.load(0x1000, 64, lines);
  machine.startLong(0x1000);
  machine.catchExceptions();
  return machine;
}

test('the IDT is where it was mapped last, behind INVLPG', () => {
  const machine = started([['int', 3]]);
  expect(machine.cpu.run(100)).toBe('halt');
  // There, the gate of #BP leads to the handler of #DE.
  machine.ram.copyWithin(OTHER_IDT, IDT, IDT + 0x1000);
  machine.ram.copyWithin(OTHER_IDT + 16 * 3, IDT, IDT + 16);
  machine.mapPage(IDT_PAGE, OTHER_IDT, 7);
  machine.load(0x2000, 64, [
    ['mov', rax, IDT],
    ['invlpg', mem({ base: rax })],
    ['int', 3],
  ]);
  machine.cpu.registers.rip = 0x2000n;
  machine.cpu.system.activity = 'running';
  expect(machine.cpu.run(100)).toBe('halt');
  expect(machine.output.map(([, value]) => value)).toEqual([3, 0]);
});

test('a user may not read what an exception of his has had the processor read', () => {
  const machine = started([['ud2']]);
  const { context, registers } = machine.cpu;
  machine.mapPage(IDT_PAGE, IDT, SUPERVISOR);
  machine.load(0x2000, 64, [['mov', eax, mem32({ displacement: IDT, addressBits: 32 })]]);
  machine.view.setBigUint64(TSS + 4, 0x9_0000n, true);
  context.setSegment(Segment.tr, { selector: 0, base: BigInt(TSS), limit: 0x67, attributes: 0x8b });
  for (const rip of [0x1000n, 0x2000n]) {
    context.setSegment(Segment.cs, { selector: 0x1b, base: 0n, limit: 0xffff_ffff, attributes: 0xa0fb });
    context.setSegment(Segment.ss, { selector: 0x23, base: 0n, limit: 0xffff_ffff, attributes: 0xc0f3 });
    context.cpl = 3;
    registers.rip = rip;
    machine.cpu.system.activity = 'running';
    expect(machine.cpu.run(100)).toBe('halt');
  }
  expect(machine.output.map(([, value]) => value).filter((_, position) => position < 2)).toEqual([6, 14]);
  expect(context.cr2).toBe(BigInt(IDT));
});

test('an exception that is pushed over decoded code is what runs there afterwards', () => {
  const code = 0x3fc0;
  const machine = started([
    ['mov', rsp, 0x8_0000],
    ['mov', rax, code],
    ['call', rax],
    ['mov', rsp, 0x3fe8],
    ['int', 3],
  ]);
  machine.load(code, 64, [['mov', eax, 1], ['ret']]);
  const { registers } = machine.cpu;
  for (let round = 0; round < 2; round++) {
    registers.rip = 0x1000n;
    machine.load(code, 64, [['mov', eax, 1], ['ret']]);
    machine.cpu.system.activity = 'running';
    expect(machine.cpu.run(100)).toBe('halt');
    // CS as a quadword, 8: `or [rax], al` and three times `add [rax], al`.
    registers.set('rax', 0x9001n);
    registers.rip = BigInt(code);
    machine.cpu.system.activity = 'running';
    machine.view.setUint8(0x9001, 0);
    machine.cpu.run(1);
    expect(machine.view.getUint8(0x9001)).toBeGreaterThan(0);
  }
});
