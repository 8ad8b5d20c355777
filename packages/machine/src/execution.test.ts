/** Turns and their time, with cores that only count: against the same arithmetic in bigints. */
import type { Cpu } from '@drift-os/x86-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Execution } from './execution.ts';

/** What Execution sees of a core. */
interface Counter {
  instructions: number;
  readonly system: { activity: 'running' | 'halted'; yields: boolean; readonly apic: { deadline: bigint | undefined } };
}

function counter(): Counter {
  return { instructions: 0, system: { activity: 'running', yields: false, apic: { deadline: undefined } } };
}

function execution(time: 'virtual' | 'host', instructionTime: number, cores: readonly Counter[]): Execution {
  const made = new Execution(time, instructionTime);
  made.cores = cores as unknown as readonly Cpu[];
  return made;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

describe('Execution in virtual time', () => {
  it.each([1, 4, 7, 999_999])(
    'gives budgets and makes calls as the time says, %d ns an instruction',
    (instructionTime) => {
      const cores = [counter(), counter(), counter()];
      const machine = execution('virtual', instructionTime, cores);
      const { clock } = machine;
      // Beyond what a number holds exactly.
      let now = 2n ** 60n + 1n;
      machine.restart(now);
      let random = instructionTime;
      const below = (limit: number): number => {
        random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
        return Math.floor((random / 2 ** 32) * limit);
      };
      /** Times of calls that are to come, and of those that were made. */
      const scheduled: bigint[] = [];
      const made: bigint[] = [];
      const call = (): void => {
        const at = now + BigInt(below(60_000 * instructionTime));
        scheduled.push(at);
        clock.schedule(at, () => made.push(at));
      };
      let expectedBudget = 0;
      let sharing = 1n;
      machine.runCore = (core, _index, budget) => {
        expect(budget).toBe(expectedBudget);
        expect(clock.now()).toBe(now);
        if (core.system.activity !== 'running') return 'halt';
        const done = below(budget + 10);
        let charged = 0n;
        if (below(4) === 0) {
          machine.chargePortAccess();
          charged = 1000n;
        }
        (core as unknown as Counter).instructions += done;
        now += charged + (BigInt(done) * BigInt(instructionTime)) / sharing;
        expect(clock.now()).toBe(now);
        return 'budget';
      };
      for (let round = 0; round < 3000; round++) {
        if (below(3) === 0) call();
        for (const { system } of cores) {
          system.activity = below(4) === 0 ? 'halted' : 'running';
          if (below(8) === 0) system.apic.deadline = now + BigInt(below(30_000 * instructionTime));
          if (below(8) === 0) system.apic.deadline = undefined;
        }
        const due = scheduled.filter((at) => at <= now).sort((a, b) => Number(a - b));
        const later = scheduled.filter((at) => at > now);
        const deadlines = cores.flatMap(({ system }) => system.apic.deadline ?? []);
        const next = [...later, ...deadlines].reduce<bigint | undefined>(
          (a, b) => (a === undefined ? b : least(a, b)),
          undefined,
        );
        const left = next === undefined ? 20_000 : Number((next - now) / BigInt(instructionTime)) + 1;
        expectedBudget = Math.max(1, Math.min(20_000, left));
        sharing = BigInt(Math.max(1, cores.filter(({ system }) => system.activity === 'running').length));
        const result = machine.round();
        expect(made.splice(0)).toEqual(due);
        scheduled.splice(0, scheduled.length, ...later);
        if (result === 'idle' && next !== undefined) {
          machine.skipToDue();
          now = next > now ? next : now;
          expect(made.splice(0)).toEqual(later.filter((at) => at <= now).sort((a, b) => Number(a - b)));
          scheduled.splice(0, scheduled.length, ...later.filter((at) => at > now));
        }
        expect(clock.now()).toBe(now);
      }
      expect(now - 2n ** 60n > BigInt(instructionTime) * 100_000n).toBe(true);
    },
  );
});

it('counts virtual time exactly, however long nothing is due', () => {
  const cores = [counter(), counter()];
  const machine = execution('virtual', 1_000_000_007, cores);
  let now = 0n;
  machine.runCore = (core, _index, budget) => {
    (core as unknown as Counter).instructions += budget;
    now += (BigInt(budget) * 1_000_000_007n) / 2n;
    return 'budget';
  };
  while (now < 2n ** 54n) machine.round();
  expect(machine.clock.now()).toBe(now);
});

describe("Execution in the host's time", () => {
  let host = 0;
  beforeEach(() => {
    host = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => host);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('makes a call in the first round after it is due, has short turns while it is behind, and stands still while paused', () => {
    const machine = execution('host', 4, [counter()]);
    const { clock } = machine;
    const budgets: number[] = [];
    const calls: bigint[] = [];
    machine.runCore = (_core, _index, budget) => (budgets.push(budget), 'budget');
    const tick = (): void => {
      calls.push(clock.now());
      clock.schedule(clock.now() + 1_000_000n, tick);
    };
    clock.schedule(1_000_000n, tick);
    host = 5000;
    machine.running = true;
    host += 0.9;
    machine.round();
    expect([calls, budgets]).toEqual([[], [100_000]]);
    host += 0.1;
    machine.round();
    expect([calls, budgets]).toEqual([[1_000_000n], [100_000, 100_000]]);
    host += 2.5;
    for (let round = 0; round < 3; round++) machine.round();
    expect(calls).toEqual([1_000_000n, 2_000_000n, 3_000_000n]);
    expect(budgets.slice(2)).toEqual([10_000, 100_000, 100_000]);
    machine.running = false;
    host += 1000;
    expect(clock.now()).toBe(3_500_000n);
    machine.running = true;
    // An earlier call than the one that was next.
    clock.schedule(3_600_000n, () => calls.push(-1n));
    host += 0.2;
    machine.round();
    expect(calls.at(-1)).toBe(-1n);
  });

  it('never makes up for more than a second', () => {
    const machine = execution('host', 4, [counter()]);
    const calls: bigint[] = [];
    machine.runCore = () => 'budget';
    machine.clock.schedule(1_000_000n, () => calls.push(machine.clock.now()));
    machine.running = true;
    host += 10_000;
    machine.round();
    expect([calls, machine.clock.now()]).toEqual([[1_000_000n], 1_001_000_000n]);
    machine.clock.schedule(1_002_000_000n, () => calls.push(machine.clock.now()));
    host += 0.5;
    machine.round();
    expect(calls.length).toBe(1);
    host += 0.5;
    machine.round();
    expect(calls.at(-1)).toBe(1_002_000_000n);
  });

  it('goes ahead of the host where all wait, and back to its pace', () => {
    const machine = execution('host', 4, [counter()]);
    const { clock } = machine;
    const calls: bigint[] = [];
    machine.runCore = () => 'halt';
    clock.schedule(5_000_000n, () => calls.push(clock.now()));
    machine.running = true;
    expect(machine.round()).toBe('idle');
    machine.skipToDue();
    expect([calls, clock.now()]).toEqual([[5_000_000n], 5_000_000n]);
    // Due by the guest's time, if not yet by the host's.
    clock.schedule(4_000_000n, () => calls.push(clock.now()));
    machine.round();
    expect([calls.length, clock.now()]).toEqual([2, 5_000_000n]);
    host += 6;
    machine.round();
    expect(clock.now()).toBe(6_000_000n);
  });
});
