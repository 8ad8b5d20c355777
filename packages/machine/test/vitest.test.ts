/** The helpers for tests, as a test uses them: one that holds, and one that fails and shows the guest. */
import { describe, expect } from 'vitest';
import { describeMachine, machineTest } from '../src/vitest/index.ts';
import { echoDisk } from './echo-disk.ts';

const test = machineTest(() => ({ memory: '16M', time: 'virtual', disks: [echoDisk()] }), { ready: 'R' });

describe('a machine under test', () => {
  test('prints what is expected', async ({ machine }) => {
    machine.send('ab');
    await expect(machine).toPrintOnSerial(/a1b\d/, { timeout: 10_000 });
    await expect(machine).not.toPrintOnSerial('c3', { timeout: 50 });
  });

  test('is shown by an expectation that fails', async ({ machine }) => {
    machine.send('a');
    await machine.waitFor('a1');
    const failing = expect(machine).toPrintOnSerial(/pigs fly/, { timeout: 50 });
    const message = await failing.then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    expect(message).toContain('Expected the machine to print /pigs fly/ on COM1. /pigs fly/ did not come within 50 ms');
    expect(message).toMatch(
      /--- End of COM1\nRa1\n--- Screen\n[^]*\n--- Core 0, running, next instruction at 7c[0-9a-f]+h\n/,
    );
    expect(message).toMatch(/rax [0-9a-f]{16} .*\n[^]*rip 0000000000007c/);
    const unexpected = expect(machine).not.toPrintOnSerial('b2');
    machine.send('b');
    await expect(unexpected).rejects.toThrow(/not to print "b2" on COM1, but it did\.[^]*Ra1b2/);
  });

  test('is shown with COM2 and its screen where there is something on them', async ({ machine }) => {
    expect(describeMachine(machine)).not.toContain('COM2');
    machine.serial[1].receive(0x21);
    expect(describeMachine(machine)).toMatch(/--- End of COM2\n!\n/);
  });
});
