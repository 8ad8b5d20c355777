/** Drift in virtual time: whatever is typed in answer to what it prints, two runs are the same to the last instruction. */
import { createHash } from 'node:crypto';
import { createMachine } from '@drift-os/machine';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BuiltImage } from '../src/index.ts';
import { buildGuest } from './guest.ts';

const COMMANDS = ['cores', 'ledger check', 'start hello', 'time {sleep 20}', 'irq'];
const REGISTERS = [
  'rax',
  'rbx',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'rbp',
  'rsp',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
];
const BLOCK = 1 << 20;

describe('in virtual time', () => {
  let image: BuiltImage;
  beforeAll(async () => {
    image = await buildGuest(['hello']);
  }, 120_000);

  async function run(cores: number): Promise<Record<string, unknown>> {
    const memory = 32 * BLOCK;
    await using machine = await createMachine({ disks: [image.disk], cores, memory: '32M', time: 'virtual' });
    for (const command of COMMANDS) {
      await machine.waitFor('drift> ', { timeout: 60_000 });
      machine.send(`${command}\r`);
    }
    await machine.waitFor('drift> ', { timeout: 60_000 });
    machine.send('poweroff\r');
    const ending = await machine.ended;
    const hash = createHash('sha256');
    const block = new Uint8Array(BLOCK);
    for (let at = BLOCK; at < memory; at += BLOCK) {
      machine.memory.read(at, block);
      hash.update(block);
    }
    return {
      ending,
      output: machine.output,
      screen: machine.screenText(),
      time: machine.time,
      cores: machine.cores.map((core, number) => {
        const registers = machine.registers(number);
        const general = REGISTERS.map((name) => [name, registers.get(name)]);
        return { instructions: core.instructions, rip: registers.rip, rflags: registers.rflags, general };
      }),
      memory: hash.digest('hex'),
    };
  }

  test.each([1, 2, 4])('two runs are the same, cores: %i', { timeout: 180_000 }, async (cores) => {
    const first = await run(cores);
    expect(first['output']).toContain('poweroff');
    expect(first['ending']).toMatchObject({ reason: 'power-off' });
    expect(await run(cores)).toEqual(first);
  });
});
