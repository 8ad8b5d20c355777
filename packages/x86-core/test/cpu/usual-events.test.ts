/** What the runtime does of events, IRET and system calls (assembly/go-on.ts) beside src/system, which is the definition: whole states, and memory. */
import { expect, test } from 'vitest';
import * as state from '../../src/semantics/state.ts';
import { Segment } from '../../src/system/core-context.ts';
import { Random } from '../robustness/random.ts';
import { descriptor, gate } from '../system/environment.ts';
import { END_OF_SCENARIO, type ModeName, modes, setUp } from './event-scenario.ts';
import { TestMachine } from './machine.ts';

/** Cases in which the runtime must have done it all, for each kind. */
const SEEDS = 2500;
const ENOUGH = 8;
const LAZY_FLAGS = state.FLAG_RESULT - state.GPR;

const usual: Readonly<Record<ModeName, readonly string[]>> = {
  protected: ['iretd 0 to 0', 'iretd 0 to 3', 'iretd 3 to 3', 'ud2 3 to 0', 'ud2 0 to 0', 'mov 3 to 0', 'mov 0 to 0'],
  long: [
    'iretq 0 to 0',
    'iretq 0 to 3',
    'iretq 3 to 3',
    'ud2 3 to 0',
    'ud2 0 to 0',
    'mov 3 to 0',
    'mov 0 to 0',
    'syscall 3 to 0',
    'sysretq 0 to 3',
    'swapgs 0 to 0',
    'stac 0 to 0',
    'clac 0 to 0',
  ],
};

/** TypeScript does it all: a breakpoint keeps the runtime from going on, and the calls of src/system find nothing to be usual. */
function defining(): TestMachine {
  const machine = new TestMachine();
  machine.cpu.setBreakpoint(0x3f_0000n);
  const { context } = machine.cpu;
  Object.defineProperty(context, 'deliverUsual', { value: () => false });
  Object.defineProperty(context, 'returnUsual', { value: () => false });
  return machine;
}

/** Registers and the rest of the state; the status flags as what they mean. */
function stateOf({ cpu }: TestMachine): unknown {
  const { registers, system } = cpu.save();
  registers.fill(0, LAZY_FLAGS, LAZY_FLAGS + 24);
  return { registers: Buffer.from(registers).toString('hex'), rflags: cpu.context.rflags, system };
}

function memoryOf({ ram }: TestMachine): Uint8Array {
  return ram.subarray(0, END_OF_SCENARIO);
}

/** How often code has left for TypeScript, for a fault or to have an instruction carried out. */
function departures({ memory }: TestMachine): number {
  const exits = memory.regions?.counters.exits;
  return (exits?.fault ?? 0) + (exits?.assist ?? 0);
}

test.each(modes)('%s mode: as src/system has it', (mode) => {
  const fast = new TestMachine();
  const slow = defining();
  const taken = new Map<string, number>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const name = setUp(fast, mode, new Random(seed));
    setUp(slow, mode, new Random(seed));
    const from = fast.cpu.context.cpl;
    const departed = departures(fast);
    // In one run, the mode is followed by the runtime; in two, by TypeScript.
    const budgets = seed % 2 === 0 ? [1, 4] : [5];
    for (const [run, budget] of budgets.entries()) {
      const reason = fast.cpu.run(budget);
      expect(slow.cpu.run(budget), `seed ${seed}: ${name}`).toBe(reason);
      expect(fast.cpu.instructions, `seed ${seed}: ${name}`).toBe(slow.cpu.instructions);
      expect(stateOf(fast), `seed ${seed}: ${name}`).toEqual(stateOf(slow));
      const isSame = Buffer.compare(memoryOf(fast), memoryOf(slow)) === 0;
      expect(isSame, `seed ${seed}: ${name}: memory`).toBe(true);
      if (run === 0 && departures(fast) === departed) {
        const kind = `${name} ${from} to ${fast.cpu.context.cpl}`;
        taken.set(kind, (taken.get(kind) ?? 0) + 1);
      }
    }
  }
  const rare = usual[mode].filter((kind) => (taken.get(kind) ?? 0) < ENOUGH);
  expect(rare).toEqual([]);
});

test('a handler in a segment with another base is not taken for the code that lies at its offset in this one', () => {
  const machine = new TestMachine();
  const { context, system } = machine.cpu;
  const [gdt, idt, offset] = [0x100, 0x200, 0x1000];
  const [here, there] = [0x1_0000, 0x2_0000];
  system.activity = 'running';
  context.cr0 = 0x11;
  for (const [index, base] of [here, there].entries()) {
    machine.view.setBigUint64(gdt + 8 + 8 * index, descriptor(base, 0xf_ffff, 0x9b, 12), true);
  }
  machine.view.setBigUint64(idt + 8 * 0x20, gate(16, offset, 0x8e), true);
  context.gdtr = { base: BigInt(gdt), limit: 23 };
  context.idtr = { base: BigInt(idt), limit: 0x1ff };
  context.setSegment(Segment.cs, { selector: 8, base: BigInt(here), limit: 0xffff_ffff, attributes: 0xc09b });
  context.setSegment(Segment.ss, { selector: 0, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 });
  machine.load(here + offset, 32, [['int', 0x20]]);
  machine.load(there + offset, 32, [['hlt']]);
  context.gpr[4] = 0x8000n;
  context.rip = BigInt(offset);
  // Tables and stack are in the TLB.
  context.read(BigInt(gdt), 8, 'system');
  context.write(0x7000n, 8, 0n, 'system');
  expect(machine.cpu.run(100)).toBe('halt');
  expect(context.segment(Segment.cs).base).toBe(BigInt(there));
  expect(machine.cpu.instructions).toBeLessThan(5);
});
