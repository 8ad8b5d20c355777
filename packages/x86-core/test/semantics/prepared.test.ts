/** The handlers that were made when the package was built are those that would be made here, and nobody makes them again. */
import { expect, test } from 'vitest';
import { handlerCode, handlerLines } from '../../src/generated/handlers.ts';
import { eax, ebx, mem32, PhysicalMemory, rbx } from '../../src/index.ts';
import { prepareHandlers } from '../../src/semantics/prepare-handlers.ts';
import { TestMachine } from '../cpu/machine.ts';

test('they are of these sources', { timeout: 120_000 }, () => {
  const { code, lines } = prepareHandlers();
  expect(lines === handlerLines, 'run the script generate').toBe(true);
  expect(Buffer.from(code).equals(Buffer.from(handlerCode, 'base64')), 'run the script generate').toBe(true);
});

test('common instructions wait for no handler, others get theirs', () => {
  const machine = new TestMachine();
  machine.load(0x1000, 64, [['mov', eax, 7], ['add', eax, mem32(rbx)], ['hlt']]);
  machine.startLong(0x1000);
  expect(machine.cpu.run(100)).toBe('halt');
  expect(machine.memory.handlers.made).toBe(0);
  machine.load(0x2000, 64, [['andn', eax, ebx, eax], ['hlt']]);
  machine.startLong(0x2000);
  expect(machine.cpu.run(100)).toBe('halt');
  expect(machine.memory.handlers.made).toBe(1);
});

test('a memory with options of its own, or one that is shared, has handlers too', () => {
  for (const options of [{ ordered: true }, { hotAfter: 8 }, { shared: true }]) {
    const memory = new PhysicalMemory({ bytes: 1 << 20, ...options });
    expect(memory.handlers.special('stale')).toBe(1);
  }
});
