/** Interrupts, single step, breakpoints, several cores over one memory, saved states. */
import { expect, test, vi } from 'vitest';
import { al, Cpu, ecx, emptyBus, mem32, mem8, PhysicalMemory, rax, rbx, rcx, StateError } from '../../src/index.ts';
import { TestMachine } from './machine.ts';

const CODE = 0x1000;

/** A machine in long mode whose vector 20h counts in the byte at 3000h and returns. */
function interruptible(vector = 0x20): TestMachine {
  const machine: TestMachine = new TestMachine({
    acknowledgeInterrupt: () => {
      machine.cpu.interrupt(false);
      return vector;
    },
  });
  machine.startLong(CODE);
  machine.catchExceptions();
  machine.load(0x2000, 64, [['inc', mem8(0x3000)], ['iretq']]);
  machine.view.setBigUint64(0x20_1000 + 16 * vector, 0x2000n | (8n << 16n) | (0x8e00n << 32n), true);
  machine.cpu.context.idtr = { base: 0x20_1000n, limit: 0x3ff };
  return machine;
}

test('an interrupt is taken within a loop, and only while IF is set', () => {
  const machine = interruptible();
  const { cpu, ram } = machine;
  machine.load(CODE, 64, ['loop:', ['inc', rax], ['jmp', 'loop']]);
  cpu.run(1000);
  cpu.interrupt(true);
  expect(cpu.run(1000)).toBe('budget');
  expect(ram[0x3000]).toBe(0);
  cpu.registers.rflags |= 0x200;
  expect(cpu.run(1000)).toBe('budget');
  expect(ram[0x3000]).toBe(1);
  expect(cpu.registers.rflags & 0x200).toBe(0x200);
});

test('an interrupt that comes behind the last look at a branch is no part of where the branch leads', () => {
  const machine = interruptible();
  const { cpu, memory, ram } = machine;
  machine.load(CODE, 64, ['loop:', ['inc', rax], ['jmp', 'there'], ['hlt'], 'there:', ['inc', rbx], ['jmp', 'loop']]);
  cpu.registers.rflags |= 0x200;
  // As from another thread: compiled code has returned, because the branch leads to code that is not decoded yet.
  const run = memory.handlers.run.bind(memory.handlers);
  vi.spyOn(memory.handlers, 'run').mockImplementationOnce((at, core) => {
    run(at, core);
    cpu.interrupt(true);
  });
  for (let round = 0; round < 3; round++) expect(cpu.run(1000)).toBe('budget');
  expect(ram[0x3000]).toBe(1);
  expect(cpu.registers.get('rax')).toBeGreaterThan(500n);
});

test('an INIT that comes when the budget is used up is taken in the next turn', () => {
  const machine = interruptible();
  const { cpu, memory } = machine;
  machine.load(CODE, 64, ['loop:', ['inc', rax], ['jmp', 'loop']]);
  cpu.run(1000);
  const run = memory.handlers.run.bind(memory.handlers);
  vi.spyOn(memory.handlers, 'run').mockImplementationOnce((at, core) => {
    run(at, core);
    cpu.init();
  });
  expect(cpu.run(1000)).toBe('budget');
  expect(cpu.registers.rip).not.toBe(0xfff0n);
  expect(cpu.run(0)).toBe('budget');
  expect(cpu.registers.rip).toBe(0xfff0n);
});

test('STI lets an interrupt in behind the next instruction', () => {
  const machine = interruptible();
  const { cpu, ram } = machine;
  machine.load(CODE, 64, [['sti'], ['mov', al, mem8(0x3000)], ['mov', ecx, 1], 'loop:', ['jmp', 'loop']]);
  cpu.registers.set('rax', 0xff);
  cpu.interrupt(true);
  cpu.run(100);
  expect(ram[0x3000]).toBe(1);
  expect(cpu.registers.get('rax')).toBe(0n);
});

test('a core that spins on PAUSE gives up its turn now and then, where there are others, interpreted and compiled', () => {
  for (const tier of ['interpreted', 'compiled']) {
    for (const cores of [1, 2]) {
      const options = tier === 'compiled' ? { hotAfter: 8 } : { jit: false as const };
      const memory = new PhysicalMemory({ bytes: (4 << 20) + (1 << 16), codeBytes: 1 << 20, cores, ...options });
      const machine = new TestMachine({}, { memory, cores });
      machine.startLong(CODE);
      machine.load(CODE, 64, ['loop:', ['pause'], ['inc', rax], ['jmp', 'loop']]);
      const turns = [1, 2, 3].map(() => {
        expect(machine.cpu.run(3000)).toBe('budget');
        return Number(machine.cpu.registers.get('rax'));
      });
      if (cores === 1) expect(turns[0], tier).toBeGreaterThanOrEqual(1000);
      else expect(turns, tier).toEqual([0, 32, 64]);
      expect(memory.regions?.counters.installed ?? 0).toBe(tier === 'compiled' ? 1 : 0);
    }
  }
});

test('a core with a thread of its own counts the turns that it has ended by PAUSE in vain', () => {
  const memory = new PhysicalMemory({ bytes: (4 << 20) + (1 << 16), codeBytes: 1 << 20, cores: 2, shared: true });
  const machine = new TestMachine({}, { memory, cores: 2 });
  const { cpu } = machine;
  machine.startLong(CODE);
  machine.load(CODE, 64, ['loop:', ['pause'], ['jmp', 'loop']]);
  const spinsAfter = (budget: number): number => {
    expect(cpu.run(budget)).toBe('budget');
    return cpu.spins;
  };
  expect([1, 2, 3, 4].map(() => spinsAfter(100_000))).toEqual([0, 1, 2, 3]);
  expect(spinsAfter(10)).toBe(0);
  expect(spinsAfter(100_000)).toBe(1);
  cpu.registers.set('rbx', 1n);
  expect([1, 2].map(() => spinsAfter(100_000))).toEqual([0, 1]);
});

test('HLT ends with an interrupt; sti, hlt misses none', () => {
  const machine = interruptible();
  const { cpu, ram } = machine;
  machine.load(CODE, 64, ['loop:', ['sti'], ['hlt'], ['cli'], ['inc', rbx], ['jmp', 'loop']]);
  for (let round = 1; round <= 3; round++) {
    cpu.interrupt(true);
    expect(cpu.run(1000)).toBe('halt');
    expect(ram[0x3000]).toBe(round);
  }
  expect(cpu.registers.get('rbx')).toBe(2n + 1n);
});

test('step carries out one instruction, a round of a repeated one, or takes an interrupt', () => {
  const machine = interruptible();
  const { cpu } = machine;
  machine.load(CODE, 64, [['mov', ecx, 3], ['rep stosb'], ['sti'], ['inc', rax], ['inc', rax]]);
  cpu.registers.set('rdi', 0x4000);
  const places: bigint[] = [];
  for (let round = 0; round < 6; round++) {
    cpu.step();
    places.push(cpu.registers.rip - BigInt(CODE));
  }
  expect(places).toEqual([5n, 5n, 5n, 7n, 8n, 11n]);
  cpu.interrupt(true);
  cpu.step();
  expect(cpu.registers.rip).toBe(0x2000n);
});

test('TF raises #DB behind every instruction', () => {
  const machine = interruptible(1);
  const { cpu, ram } = machine;
  machine.load(CODE, 64, [
    ['pushfq'],
    ['or', mem32({ base: undefined, displacement: 0x7_fff8 }), 0x100],
    ['popfq'],
    ['inc', rax],
    ['inc', rax],
    ['hlt'],
  ]);
  expect(cpu.run(1000)).toBe('halt');
  // Behind both INC, and behind HLT, which it wakes.
  expect(ram[0x3000]).toBeGreaterThanOrEqual(2);
  expect(cpu.registers.get('rax')).toBe(2n);
});

test('breakpoints stop before their instruction, every time, and go on from it', () => {
  const machine = new TestMachine();
  const labels = machine.load(CODE, 64, [
    ['mov', ecx, 3],
    'loop:',
    ['inc', rax],
    'here:',
    ['inc', rbx],
    ['dec', ecx],
    ['jne', 'loop'],
    ['hlt'],
  ]);
  machine.startLong(CODE);
  const here = BigInt(labels.get('here') as number);
  machine.cpu.setBreakpoint(here);
  for (let round = 1n; round <= 3n; round++) {
    expect([machine.cpu.run(1000), machine.cpu.registers.rip]).toEqual(['breakpoint', here]);
    expect([machine.cpu.registers.get('rax'), machine.cpu.registers.get('rbx')]).toEqual([round, round - 1n]);
  }
  machine.cpu.clearBreakpoint(here);
  expect(machine.cpu.run(1000)).toBe('halt');
});

test('two cores over one memory: one changes the code that the other runs', () => {
  const memory = new PhysicalMemory({ bytes: 4 << 20, cores: 2, codeBytes: 1 << 20 });
  const machine = new TestMachine({}, { memory, apicId: 0 });
  const other = new Cpu(emptyBus, { memory, apicId: 1, cores: 2 });
  expect(other.run(1000)).toBe('waitForStartup');
  const labels = machine.load(0x4000, 16, ['loop:', 'patched:', ['mov', al, 1], ['jmp', 'loop']]);
  other.sipi(4);
  expect(other.run(1000)).toBe('budget');
  expect(other.registers.get('rax')).toBe(1n);
  machine.load(CODE, 64, [['mov', mem8((labels.get('patched') as number) + 1), 2], ['hlt']]);
  machine.startLong(CODE);
  expect(machine.cpu.run(1000)).toBe('halt');
  other.run(1000);
  expect(other.registers.get('rax')).toBe(2n);
  expect(() => new Cpu(emptyBus, { memory })).toThrow(RangeError);
});

test('a saved state goes on in another core as it would have here', () => {
  const lines = [
    ['mov', ecx, 1000],
    'loop:',
    ['add', rax, rcx],
    ['xor', rbx, rax],
    ['dec', ecx],
    ['jne', 'loop'],
    ['hlt'],
  ] as const;
  const first = new TestMachine();
  first.load(CODE, 64, lines);
  first.startLong(CODE);
  expect(first.cpu.run(1500)).toBe('budget');
  const saved = structuredClone(first.cpu.save());
  const second = new TestMachine();
  second.ram.set(first.ram);
  second.cpu.restore(saved);
  expect(second.cpu.registers.toString()).toBe(first.cpu.registers.toString());
  for (const { cpu } of [first, second]) expect(cpu.run(1e6)).toBe('halt');
  expect(second.cpu.registers.toString()).toBe(first.cpu.registers.toString());
  expect(() => second.cpu.restore({ ...saved, version: 0 })).toThrow(StateError);
});

test('whatever the bytes and registers are, the host goes on', () => {
  let seed = 0x1357_9bdf;
  const random = (below: number): number => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % below;
  };
  const machine = new TestMachine();
  const { cpu, ram } = machine;
  for (let round = 0; round < 40; round++) {
    for (let at = CODE; at < CODE + 0x400; at++) ram[at] = random(256);
    cpu.reset();
    if (round % 2 === 0) machine.startLong(CODE);
    else cpu.context.setSegment(1, { selector: 0, base: 0n, limit: 0xffff, attributes: 0x9b });
    cpu.registers.rip = BigInt(CODE);
    for (const name of ['rax', 'rcx', 'rsi', 'rdi', 'rsp']) cpu.registers.set(name, BigInt(random(0x40_0000)));
    expect(['budget', 'halt', 'shutdown']).toContain(cpu.run(20_000));
  }
});
