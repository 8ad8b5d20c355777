/** What a debugger outside of the guest asks of a core: watchpoints, and breakpoints that no end of a turn hides. */
import { expect, test } from 'vitest';
import { ebx, ecx, mem32, rax } from '../../src/index.ts';
import { TestMachine } from './machine.ts';

const CODE = 0x1000;

test('watchpoints stop behind the instruction that touches them, by kind of access', () => {
  const machine = new TestMachine();
  const labels = machine.load(CODE, 64, [
    ['mov', ebx, mem32(0x3000)],
    'read:',
    ['mov', mem32(0x3002), ecx],
    'written:',
    ['mov', mem32(0x3004), ecx],
    ['hlt'],
  ]);
  const { cpu } = machine;
  const at = (label: string): bigint => BigInt(labels.get(label) as number);
  machine.startLong(CODE);
  const written = { linear: 0x3002n, bytes: 2, kind: 'write' } as const;
  const read = { linear: 0x3003n, bytes: 1, kind: 'access' } as const;
  cpu.setWatchpoint(written);
  cpu.setWatchpoint(read);
  expect([cpu.run(100), cpu.registers.rip]).toEqual(['watchpoint', at('read')]);
  expect(cpu.watchHit).toEqual({ watchpoint: read, linear: 0x3000n, write: false });
  cpu.clearWatchpoint({ ...read });
  expect([cpu.step(), cpu.registers.rip]).toEqual(['watchpoint', at('written')]);
  expect(cpu.watchHit).toEqual({ watchpoint: written, linear: 0x3002n, write: true });
  expect(cpu.run(100)).toBe('halt');
  expect(cpu.watchHit).toBeUndefined();
});

test('a breakpoint where a turn ended for its budget stops the next one', () => {
  const machine = new TestMachine();
  machine.load(CODE, 64, ['loop:', ['inc', rax], ['jmp', 'loop']]);
  const { cpu } = machine;
  machine.startLong(CODE);
  cpu.run(1);
  cpu.setBreakpoint(cpu.registers.rip);
  expect(cpu.run(100)).toBe('breakpoint');
  const before = cpu.registers.get('rax');
  expect(cpu.run(100)).toBe('breakpoint');
  expect(cpu.registers.get('rax')).toBe(before + 1n);
});
