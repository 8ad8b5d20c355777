/**
 * The interpreter as a whole: instructions a second on loops, and what leaving it costs: port accesses, interrupts, changes of CR3, system calls.
 *
 *   node --conditions=@drift-os/source bench/cpu.ts
 */
import { al, cr3, dl, dx, eax, ecx, edx, mem32, mem64, mem8, rax, rbx, rcx, rdi, rdx, rsi } from '../src/index.ts';
import type { Line } from '../test/cpu/assemble.ts';
import { TestMachine } from '../test/cpu/machine.ts';

const CODE = 0x1000;
const DATA = 0x3_0000;

interface Kernel {
  readonly name: string;
  readonly lines: readonly Line[];
  /** What is counted: instructions, or one for each round of the loop. */
  readonly unit?: string;
  readonly rounds: number;
  readonly startCode?: number;
}

const kernels: readonly Kernel[] = [
  {
    name: 'crc',
    rounds: 40 * 65536,
    lines: [
      ['mov', ecx, 0],
      'loop:',
      ['movzx', edx, mem8({ base: rsi, index: rcx })],
      ['xor', edx, eax],
      ['movzx', edx, dl],
      ['shr', eax, 8],
      ['xor', eax, mem32({ base: rdi, index: rdx, scale: 4 })],
      ['inc', ecx],
      ['and', ecx, 0xffff],
      ['dec', rbx],
      ['jne', 'loop'],
      ['hlt'],
    ],
  },
  {
    name: 'register arithmetic',
    rounds: 3_000_000,
    lines: [
      'loop:',
      ['add', rax, rdx],
      ['xor', rdx, rax],
      ['lea', rcx, mem64({ base: rax, index: rdx, scale: 2 })],
      ['sub', rcx, 5],
      ['mov', rsi, rcx],
      ['add', rsi, rax],
      ['dec', rbx],
      ['jne', 'loop'],
      ['hlt'],
    ],
  },
  {
    name: 'memory',
    rounds: 3_000_000,
    lines: [
      'loop:',
      ['mov', rax, mem64(rsi)],
      ['add', rax, 1],
      ['mov', mem64(rsi), rax],
      ['add', mem64(rsi, 64), rax],
      ['dec', rbx],
      ['jne', 'loop'],
      ['hlt'],
    ],
  },
  {
    name: 'calls',
    rounds: 2_000_000,
    lines: [
      'loop:',
      ['call', 'function'],
      ['dec', rbx],
      ['jne', 'loop'],
      ['hlt'],
      'function:',
      ['push', rbx],
      ['mov', rax, rbx],
      ['pop', rbx],
      ['ret'],
    ],
  },
  {
    name: 'port writes',
    unit: 'writes',
    rounds: 200_000,
    lines: [['mov', edx, 0xe9], 'loop:', ['out', dx, al], ['dec', rbx], ['jne', 'loop'], ['hlt']],
  },
  {
    name: 'CR3 writes, with a call and memory behind each',
    unit: 'writes',
    rounds: 100_000,
    lines: [
      ['mov', rax, cr3],
      'loop:',
      ['mov', cr3, rax],
      ['mov', rcx, mem64(rsi)],
      ['call', 'function'],
      ['dec', rbx],
      ['jne', 'loop'],
      ['hlt'],
      'function:',
      ['ret'],
    ],
  },
  {
    name: 'CPUID',
    unit: 'instructions',
    rounds: 100_000,
    lines: [['mov', rsi, rbx], 'loop:', ['mov', eax, 1], ['cpuid'], ['dec', rsi], ['jne', 'loop'], ['hlt']],
  },
];

for (const kernel of kernels) {
  let best = Number.POSITIVE_INFINITY;
  let instructions = 0;
  for (let time = 0; time < 3; time++) {
    const machine = new TestMachine({ writePort: () => {} });
    const { cpu } = machine;
    // Pairs of instructions get handlers of their own once they were met several times.
    for (let copy = 70; copy >= 0; copy--) {
      machine.load(CODE + 0x1000 * copy, 64, kernel.lines);
      machine.startLong(CODE + 0x1000 * copy);
      cpu.registers.set('rbx', 1);
      cpu.registers.set('rsi', DATA);
      cpu.registers.set('rdi', 0x2_0000);
      if (copy > 0) cpu.run(1000);
    }
    cpu.registers.set('rbx', kernel.rounds);
    cpu.registers.set('rsi', DATA);
    cpu.registers.set('rdi', 0x2_0000);
    const before = cpu.instructions;
    const begun = performance.now();
    while (cpu.run(1_000_000) === 'budget');
    best = Math.min(best, performance.now() - begun);
    instructions = cpu.instructions - before;
  }
  const rate =
    kernel.unit === undefined
      ? `${(instructions / best / 1e3).toFixed(0)} million instructions/s`
      : `${((best / kernel.rounds) * 1e6).toFixed(0)} ns each`;
  console.log(`${kernel.name.padEnd(48)} ${rate}`);
}
