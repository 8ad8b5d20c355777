/** REP MOVS and STOS, which move whole pages at once: over page ends, overlapping, onto code, in both directions, stopped in the middle. */
import { expect, test } from 'vitest';
import type { PrefixedMnemonic } from '../../src/index.ts';
import { TestMachine } from './machine.ts';

const CODE = 0x1000;
const AREA = 0x3_0000;

interface Case {
  readonly mnemonic: PrefixedMnemonic;
  readonly bytes: number;
  readonly source: number;
  readonly destination: number;
  readonly count: number;
  readonly down?: boolean;
}

/** What the manual's loop does (SDM 2 REP). */
function reference(memory: Uint8Array, { mnemonic, bytes, source, destination, count, down }: Case): void {
  const step = down === true ? -bytes : bytes;
  for (let element = 0; element < count; element++) {
    for (let byte = 0; byte < bytes; byte++) {
      const value = mnemonic.includes('movs') ? (memory[source + element * step + byte] as number) : 0x11 * (byte + 1);
      memory[destination + element * step + byte] = value;
    }
  }
}

function check(each: Case, budget = 1e6): void {
  const machine = new TestMachine();
  const { cpu, ram } = machine;
  machine.load(CODE, 64, [[each.mnemonic], ['hlt']]);
  machine.startLong(CODE);
  for (let at = AREA; at < AREA + 0x8000; at++) ram[at] = at * 7 + (at >> 8);
  const expected = ram.slice(AREA, AREA + 0x8000);
  const memory = new Uint8Array(AREA + 0x8000);
  memory.set(expected, AREA);
  reference(memory, each);
  cpu.registers.set('rax', 0x8877_6655_4433_2211n);
  cpu.registers.set('rcx', each.count);
  cpu.registers.set('rsi', each.source);
  cpu.registers.set('rdi', each.destination);
  if (each.down === true) cpu.registers.rflags |= 0x400;
  while (cpu.run(budget) === 'budget');
  expect(cpu.registers.get('rcx')).toBe(0n);
  const moved = BigInt((each.down === true ? -1 : 1) * each.bytes * each.count);
  expect(cpu.registers.get('rdi')).toBe(BigInt(each.destination) + moved);
  expect(cpu.instructions).toBe(each.count + 1);
  expect(Buffer.compare(ram.subarray(AREA, AREA + 0x8000), memory.subarray(AREA))).toBe(0);
}

test.each([
  { mnemonic: 'rep stosb', bytes: 1, source: 0, destination: AREA + 5, count: 9000 },
  { mnemonic: 'rep stosw', bytes: 2, source: 0, destination: AREA + 0xfff, count: 3000 },
  { mnemonic: 'rep stosd', bytes: 4, source: 0, destination: AREA + 0xffe, count: 1500 },
  { mnemonic: 'rep stosq', bytes: 8, source: 0, destination: AREA + 0x800, count: 1024 },
  { mnemonic: 'rep movsb', bytes: 1, source: AREA + 3, destination: AREA + 0x4007, count: 9001 },
  { mnemonic: 'rep movsq', bytes: 8, source: AREA + 0x0ff9, destination: AREA + 0x4003, count: 1200 },
  { mnemonic: 'rep movsd', bytes: 4, source: AREA + 0x1000, destination: AREA + 0x1004, count: 2000 },
  { mnemonic: 'rep movsb', bytes: 1, source: AREA + 0x1000, destination: AREA + 0x1003, count: 5000 },
  { mnemonic: 'rep movsw', bytes: 2, source: AREA + 0x1010, destination: AREA + 0x1000, count: 4000 },
  { mnemonic: 'rep movsb', bytes: 1, source: AREA + 0x5000, destination: AREA + 0x5005, count: 6000, down: true },
] as const)('$mnemonic from $source to $destination, $count times', (each) => {
  check(each);
  check(each, 100);
});

test('REP STOS over the code that follows is seen by it', () => {
  const machine = new TestMachine();
  // Fills the next bytes with HLT.
  machine.load(CODE, 64, [['rep stosb']]);
  machine.ram.fill(0x90, CODE + 2, CODE + 200);
  machine.startLong(CODE);
  machine.cpu.registers.set('rax', 0xf4);
  machine.cpu.registers.set('rcx', 64);
  machine.cpu.registers.set('rdi', CODE + 2);
  expect(machine.cpu.run(1e4)).toBe('halt');
  expect(machine.cpu.registers.rip).toBe(BigInt(CODE + 3));
});
