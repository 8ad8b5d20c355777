/** The counters of the compiler say what a small guest must cause, by what its instructions are. */
import { describe, expect, it } from 'vitest';
import {
  al,
  type CompiledModule,
  compilerInThisThread,
  ecx,
  exitCauses,
  type JitCounters,
  PhysicalMemory,
  type PhysicalMemoryOptions,
  rbx,
  type RegionCompiler,
  sumOfCounters,
} from '../../src/index.ts';
import type { Line } from '../cpu/assemble.ts';
import { TestMachine } from '../cpu/machine.ts';

const START = 0x1000;
const NEVER = 1 << 24;
const ENOUGH = 1e9;
const LOOP: readonly Line[] = ['again:', ['dec', ecx], ['jnz', 'again'], ['hlt']];

/** Compiles as the default does, and keeps what came out. */
class KeepingCompiler implements RegionCompiler {
  readonly made: (CompiledModule | undefined)[] = [];

  compile(...[sources, environment, done]: Parameters<RegionCompiler['compile']>): void {
    compilerInThisThread.compile(sources, environment, (compiled) => {
      this.made.push(compiled);
      done(compiled);
    });
  }
}

class Guest extends TestMachine {
  readonly labels: ReadonlyMap<string, number>;

  constructor(lines: readonly Line[], options: Partial<PhysicalMemoryOptions> = {}) {
    super({}, { memory: new PhysicalMemory({ bytes: (4 << 20) + (1 << 16), codeBytes: 1 << 20, ...options }) });
    this.startLong(START);
    this.catchExceptions();
    this.labels = this.load(START, 64, lines);
  }

  get counters(): JitCounters {
    const { regions } = this.memory;
    if (regions === undefined) throw new Error('This guest is interpreted');
    return regions.counters;
  }

  /** Runs from the start to HLT, with this in rcx. */
  count(rcx: number): void {
    this.cpu.context.rip = BigInt(START);
    this.cpu.system.activity = 'running';
    this.cpu.registers.set('rcx', rcx);
    expect(this.cpu.run(ENOUGH)).toBe('halt');
  }
}

const exits = (some: Partial<JitCounters['exits']>): JitCounters['exits'] => ({
  ...(Object.fromEntries(exitCauses.map((cause) => [cause, 0])) as JitCounters['exits']),
  ...some,
});

describe('the counters of the compiler', () => {
  it('count a loop that becomes a region, with its module', () => {
    const compiler = new KeepingCompiler();
    const guest = new Guest(LOOP, { hotAfter: 64, jit: compiler });
    guest.count(100_000);
    const [module] = compiler.made;
    const { compileTime, ...counters } = guest.counters;
    expect(compileTime).toBe(module?.milliseconds);
    expect(compileTime).toBeGreaterThan(0);
    expect(counters).toEqual({
      requested: 1,
      installed: 1,
      extended: 0,
      dropped: 0,
      refused: 0,
      evicted: 0,
      modules: 1,
      instructions: 3,
      bytes: module?.bytes,
      handedOver: 0,
      // To HLT, of which nothing was known yet; HLT itself TypeScript carries out.
      exits: exits({ hot: 1, transfer: 1, assist: 1 }),
    });
  });

  it('count the ends of turns', () => {
    const guest = new Guest(LOOP, { hotAfter: NEVER });
    guest.cpu.registers.set('rcx', 100_000);
    let turns = 0;
    while (guest.cpu.run(1000) === 'budget') turns++;
    expect(turns).toBeGreaterThan(190);
    expect(guest.counters.exits.budget).toBe(turns);
  });

  it('count what TypeScript carries out, exceptions, and regions that are not worth it', () => {
    const guest = new Guest(['again:', ['out', 0xe9, al], ['dec', ecx], ['jnz', 'again'], ['cpuid'], ['ud2']], {
      hotAfter: 64,
    });
    guest.count(500);
    const { requested, refused, installed, modules, exits: left } = guest.counters;
    // 499 jumps back, each 64th of which asks for a region that would begin with what TypeScript carries out.
    expect({ requested, refused, installed, modules }).toEqual({ requested: 7, refused: 7, installed: 0, modules: 0 });
    // The handler of #UD has an OUT and a HLT.
    expect(left).toEqual(exits({ assist: 500 + 1 + 2, fault: 1, hot: 7 }));
  });

  it('count what regions hand over, and that they grow by it', () => {
    const guest = new Guest([['jmp', rbx], 'target:', ['dec', ecx], ['jnz', 'back'], ['hlt'], 'back:', ['jmp', rbx]], {
      hotAfter: NEVER,
    });
    const target = guest.labels.get('target') as number;
    guest.cpu.registers.set('rbx', target);
    guest.count(2);
    guest.cpu.context.rip = BigInt(target);
    guest.cpu.system.activity = 'running';
    expect(guest.cpu.compile()).toBe(true);
    expect(guest.counters).toMatchObject({ requested: 1, installed: 1, extended: 0, handedOver: 0 });
    guest.count(1000);
    // The region ends at the jump at `back`, which was not seen to go anywhere.
    expect(guest.counters).toMatchObject({ requested: 1, handedOver: 999, exits: { extend: 0 } });
    guest.count(40_000);
    // The 32,768th time is where it is looked at: from then on the jump stays inside.
    expect(guest.counters).toMatchObject({ requested: 2, installed: 2, extended: 1, handedOver: 32_768 });
    expect(guest.counters.exits).toMatchObject({ extend: 1 });
    // What was counted is not lost with what has counted it.
    guest.cpu.setBreakpoint(0x9000n);
    expect(guest.counters.handedOver).toBe(32_768);
  });

  it('count regions that are given up, for their code or for room', () => {
    const written = new Guest(LOOP, { hotAfter: 64 });
    written.count(1000);
    written.memory.write(START, Uint8Array.of(0x90));
    expect(written.counters).toMatchObject({ installed: 1, dropped: 1, evicted: 0 });
    const crowded = new Guest(LOOP, { hotAfter: 64, regionBytes: 1 });
    crowded.count(100);
    expect(crowded.counters).toMatchObject({ installed: 1, dropped: 0, evicted: 1 });
  });

  it('add up', () => {
    const guest = new Guest(LOOP, { hotAfter: 64 });
    guest.count(1000);
    const { counters } = guest;
    expect(sumOfCounters(counters, counters)).toMatchObject({
      requested: 2,
      bytes: 2 * counters.bytes,
      compileTime: 2 * counters.compileTime,
      exits: exits({ hot: 2, transfer: 2, assist: 2 }),
    });
  });
});
