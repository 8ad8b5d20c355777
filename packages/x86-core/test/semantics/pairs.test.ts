/** Two instructions with one handler do what each of them does with its own: faults in either, branches to the second, flags between them. */
import { expect, test } from 'vitest';
import { al, cl, eax, ecx, edx, mem32, mem8, rax, rbx, rcx, rdx, rsi } from '../../src/index.ts';
import type { Line } from '../cpu/assemble.ts';
import { TestMachine } from '../cpu/machine.ts';

const CODE = 0x1000;
const SPACE = 0x100;
/** More often than a pair must be met before it gets a handler. */
const COPIES = 80;

/** Runs a program many times, at another address each time, and gives what every run ended with. */
function outcomes(lines: readonly Line[], prepare: (machine: TestMachine) => void): string[] {
  const machine = new TestMachine();
  const results: string[] = [];
  const sizes: number[] = [];
  for (let copy = 0; copy < COPIES; copy++) {
    const at = CODE + SPACE * copy;
    machine.load(at, 64, [...lines, ['hlt']]);
    machine.startLong(at);
    machine.catchExceptions();
    for (const name of ['rax', 'rcx', 'rdx', 'rbx', 'rsi', 'rdi', 'rbp']) machine.cpu.registers.set(name, 0);
    machine.cpu.registers.rflags = 2;
    machine.ram.fill(0, 0x3_0000, 0x3_1000);
    prepare(machine);
    const before = machine.cpu.instructions;
    const reason = machine.cpu.run(10_000);
    sizes.push(machine.memory.handlers.made);
    const { cpu, view } = machine;
    const stack = Number(cpu.registers.get('rsp'));
    // RIP behind the program, or what an exception pushed: RIP or error code, from the program's start on.
    const places = [cpu.registers.rip, ...[0, 8].map((offset) => view.getBigUint64(stack + offset, true))];
    const relative = places.map((place) =>
      place >= CODE && place < 0x2_0000 ? place - BigInt(at) : place < 64n ? place : -1n,
    );
    const registers = ['rax', 'rcx', 'rdx', 'rbx', 'rsi'].map((name) => cpu.registers.get(name));
    results.push([reason, ...relative, ...registers, cpu.registers.rflags, cpu.instructions - before].join());
  }
  expect(sizes.at(-1)).toBeGreaterThan(sizes[1] as number);
  return results;
}

const programs: readonly { readonly name: string; readonly lines: readonly Line[]; readonly rsi?: number }[] = [
  {
    name: 'every condition behind a comparison with an immediate',
    lines: Array.from({ length: 16 }, (_, code): Line[] => {
      const jumps = [
        'jo',
        'jno',
        'jb',
        'jae',
        'je',
        'jne',
        'jbe',
        'ja',
        'js',
        'jns',
        'jp',
        'jnp',
        'jl',
        'jge',
        'jle',
        'jg',
      ] as const;
      return [['cmp', al, 0x80 + code], [jumps[code] as 'jo', `skip${code}`], ['add', rbx, 1 << code], `skip${code}:`];
    }).flat(),
  },
  {
    name: 'a loop whose branch goes to the second of a pair',
    lines: [['mov', ecx, 5], ['mov', eax, 3], 'loop:', ['add', rbx, rax], ['dec', ecx], ['jne', 'loop']],
  },
  {
    name: 'a fault in the first',
    lines: [
      ['mov', eax, 7],
      ['mov', ecx, mem32(rsi)],
      ['inc', rdx],
    ],
    rsi: 0x8000_0000,
  },
  {
    name: 'a fault in the second',
    lines: [
      ['inc', rdx],
      ['add', ecx, mem32(rsi)],
      ['inc', rbx],
    ],
    rsi: 0x8000_0000,
  },
  {
    name: 'flags through an instruction that keeps some',
    lines: [
      ['mov', al, 0xff],
      ['add', al, 1],
      ['inc', rcx],
      ['adc', rdx, rdx],
      ['shl', edx, cl],
      ['sbb', rbx, rbx],
    ],
  },
  {
    name: 'partial registers',
    lines: [
      ['mov', eax, 0x1234_5678],
      ['mov', al, mem8(rsi)],
      ['movsx', ecx, al],
      ['lea', rdx, mem8({ base: rax, index: rcx, scale: 4 })],
    ],
    rsi: 0x3_0010,
  },
];

test.each(programs)('$name', ({ lines, rsi: source = 0x3_0000 }) => {
  const results = outcomes(lines, ({ cpu }) => cpu.registers.set('rsi', source));
  expect(new Set(results).size).toBe(1);
});
