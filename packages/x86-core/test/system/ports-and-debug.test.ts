/** Ports with their permission map, breakpoints and single step, waiting and events (SDM 1 18.5; SDM 3B 18.2, 18.3; SDM 3A 6.8, 9.4). */
import { describe, expect, test } from 'vitest';
import { al, ax, dx, eax, registers, type Register } from '../../src/index.ts';
import {
  afterInstruction,
  beforeInstruction,
  CpuFault,
  deliverFault,
  eventPending,
  needsStepping,
  Segment,
  serveEvents,
  watchData,
} from '../../src/system/index.ts';
import { delivered, level, protectedCore, longCore, TSS, vectorOf } from './environment.ts';
import { PlainCore } from './plain-core.ts';

const dr = (number: number): Register => registers.get(`dr${number}`) as Register;

describe('ports', () => {
  test('a program asks the map of its TSS: all bits of the access must be clear, the byte behind them inside the limit', () => {
    const core = protectedCore();
    level(core, 3);
    core.gpr[2] = 0x41n;
    core.do(32, 'in', al, dx);
    expect(core.ports).toEqual(['in 41 1']);
    core.poke(TSS + 0x68 + 8, 4n, 1);
    core.do(32, 'in', al, dx);
    core.do(32, 'in', ax, dx);
    expect(delivered(core)).toBe('#13(0h)');
    const beyond = protectedCore();
    level(beyond, 3);
    // The map begins at 68h and the TSS ends at 1FFh: the last port that has both bytes.
    beyond.gpr[2] = BigInt((0x1ff - 0x68) * 8 - 1);
    expect(beyond.do(32, 'in', al, dx)).toBe(true);
    beyond.gpr[2] += 1n;
    beyond.do(32, 'in', al, dx);
    expect(delivered(beyond)).toBe('#13(0h)');
  });

  test('IOPL opens them all, but not in virtual-8086 mode', () => {
    const core = protectedCore();
    level(core, 3);
    core.rflags |= 0x3000;
    core.poke(TSS + 0x68 + 8, 0xffn, 1);
    core.gpr[2] = 0x41n;
    expect(core.do(32, 'in', al, dx)).toBe(true);
    core.rflags |= 0x2_0000;
    core.do(16, 'in', al, dx);
    expect(vectorOf(core)).toBe(13);
  });

  test('REP INSW fills up to the end of the page and comes back for the rest', () => {
    const core = protectedCore();
    core.gpr[1] = 4n;
    core.gpr[7] = 0x6ffcn;
    core.gpr[2] = 0x1f0n;
    core.portValue = 0x1111;
    core.do(32, 'rep insw');
    expect([core.gpr[1], core.gpr[7], core.rip]).toEqual([2n, 0x7000n, 0x4000n]);
    core.do(32, 'rep insw');
    expect([core.gpr[1], core.gpr[7], core.rip]).toEqual([0n, 0x7004n, 0x4003n]);
    expect([0x6ffc, 0x6ffe, 0x7000, 0x7002].map((at) => core.peek(at, 2))).toEqual([0x1111, 0x1112, 0x1113, 0x1114]);
  });

  test('a page that is absent faults before the port is read', () => {
    const core = protectedCore();
    core.absent.add(6);
    core.gpr[1] = 1n;
    core.gpr[7] = 0x6000n;
    core.do(32, 'rep insd');
    expect(core.ports).toEqual([]);
    expect([delivered(core), core.cr2]).toEqual(['#14(2h)', 0x6000n]);
  });

  test('OUTSB downwards', () => {
    const core = protectedCore();
    core.rflags |= 0x400;
    core.poke(0x6000, 0xabn, 1);
    core.gpr[6] = 0x6000n;
    core.gpr[2] = 0x80n;
    core.do(32, 'outsb');
    expect([core.ports, core.gpr[6]]).toEqual([['out 80 1 ab'], 0x5fffn]);
  });
});

/** One instruction as the run loop steps it. */
function step(core: PlainCore, run: () => boolean): void {
  const flags = core.rflags;
  try {
    beforeInstruction(core);
    if (run()) afterInstruction(core, flags);
  } catch (error) {
    if (!(error instanceof CpuFault)) throw error;
    deliverFault(core, error);
  }
}

describe('debug exceptions', () => {
  test('TF traps behind the instruction with BS, and the handler runs without TF', () => {
    const core = protectedCore();
    core.rflags |= 0x100;
    expect(needsStepping(core)).toBe(true);
    step(core, () => core.do(32, 'clts'));
    expect([vectorOf(core), core.peek(Number(core.gpr[4])), Number(core.debug[6]) & 0x4000]).toEqual([
      1, 0x4002, 0x4000,
    ]);
    expect(core.rflags & 0x100).toBe(0);
  });

  test('an interrupt instruction is not trapped', () => {
    const core = protectedCore();
    core.rflags |= 0x100;
    step(core, () => core.do(32, 'int', 0x21));
    expect(vectorOf(core)).toBe(0x21);
  });

  test('an instruction breakpoint faults before it, and RF passes over it once', () => {
    const core = protectedCore();
    core.debug[0] = 0x4000n;
    core.debug[7] = 0x401n;
    step(core, () => core.do(32, 'clts'));
    expect([vectorOf(core), core.peek(Number(core.gpr[4])), Number(core.debug[6]) & 15]).toEqual([1, 0x4000, 1]);
    core.rip = 0x4000n;
    core.rflags |= 0x1_0000;
    step(core, () => core.do(32, 'clts'));
    expect([core.rip, core.rflags & 0x1_0000]).toEqual([0x4002n, 0]);
  });

  test('a data breakpoint traps after a write that touches it', () => {
    const core = protectedCore();
    core.debug[1] = 0x6004n;
    core.debug[7] = 0x404n | (0xdn << 20n);
    watchData(core, 0x6003n, 1, true);
    expect(core.system.pendingDebug).toBe(0);
    watchData(core, 0x6004n, 4, false);
    expect(core.system.pendingDebug).toBe(0);
    watchData(core, 0x6000n, 8, true);
    step(core, () => true);
    expect([vectorOf(core), Number(core.debug[6]) & 15]).toEqual([1, 2]);
  });

  test('an I/O breakpoint needs CR4.DE', () => {
    const core = protectedCore();
    core.debug[0] = 0x80n;
    core.debug[7] = 0x401n | (2n << 16n);
    core.do(32, 'out', 0x80, al);
    expect(core.system.pendingDebug).toBe(0);
    core.cr4 |= 8;
    core.do(32, 'out', 0x80, al);
    expect(core.system.pendingDebug).toBe(1);
  });

  test('GD guards the debug registers', () => {
    const core = protectedCore();
    core.debug[7] = 0x2400n;
    core.do(32, 'mov', eax, dr(0));
    expect([vectorOf(core), Number(core.debug[6]) & 0x2000, Number(core.debug[7]) & 0x2000]).toEqual([1, 0x2000, 0]);
  });

  test('reserved bits of DR6 and DR7 read as they must, DR4 is DR6 without DE', () => {
    const core = protectedCore();
    core.gpr[0] = 0xffff_ffffn;
    core.do(32, 'mov', dr(4), eax);
    expect(core.debug[6]).toBe(0xffff_effdn | 2n);
    core.gpr[0] = 0n;
    core.do(32, 'mov', dr(7), eax);
    expect(core.debug[7]).toBe(0x400n);
    core.cr4 |= 8;
    core.do(32, 'mov', dr(4), eax);
    expect(delivered(core)).toBe('#6');
  });

  test('after MOV SS a breakpoint waits for one more instruction', () => {
    const core = protectedCore();
    core.system.pendingDebug = 1;
    core.gpr[0] = 0x10n;
    step(core, () => core.do(32, 'mov', registers.get('ss') as Register, ax));
    expect(vectorOf(core)).toBe(-1);
    step(core, () => core.do(32, 'clts'));
    expect(vectorOf(core)).toBe(1);
  });
});

describe('events', () => {
  test('HLT waits for an interrupt that can be taken', () => {
    const core = longCore();
    core.do(64, 'hlt');
    expect([core.system.activity, eventPending(core)]).toEqual(['halted', false]);
    core.system.apic.setBase(0xfee0_0000n, 40);
    core.system.setInterruptLine(true);
    expect(eventPending(core)).toBe(false);
    core.rflags |= 0x200;
    expect(serveEvents(core)).toBe(true);
    expect([vectorOf(core), core.system.activity, core.peek(Number(core.gpr[4]), 8)]).toEqual([
      0x30,
      'running',
      0x4001,
    ]);
  });

  test('an NMI blocks the next until IRET', () => {
    const core = longCore();
    core.system.raiseNmi();
    serveEvents(core);
    expect(vectorOf(core)).toBe(2);
    core.system.raiseNmi();
    expect(serveEvents(core)).toBe(false);
    core.do(64, 'iretq');
    expect([core.rip, serveEvents(core)]).toEqual([0x4000n, true]);
  });

  test('interrupts wait for the instruction behind STI', () => {
    const core = longCore();
    core.system.apic.setBase(0xfee0_0000n, 40);
    core.system.setInterruptLine(true);
    core.rflags |= 0x200;
    core.inhibitNext();
    expect(serveEvents(core)).toBe(false);
    core.rip += 1n;
    expect(serveEvents(core)).toBe(true);
  });

  test('INIT and SIPI start another core in real mode at the page', () => {
    const core = new PlainCore({ apicId: 1 });
    expect(core.system.activity).toBe('waitForStartup');
    core.system.raiseStartup(0x9f);
    expect(serveEvents(core)).toBe(true);
    expect([core.segment(Segment.cs).selector, core.segment(Segment.cs).base, core.rip]).toEqual([
      0x9f00,
      0x9_f000n,
      0n,
    ]);
    core.system.raiseStartup(0x10);
    expect(serveEvents(core)).toBe(false);
    core.vectors.fill(7);
    core.system.raiseInit();
    core.system.raiseStartup(0x20);
    expect([serveEvents(core), serveEvents(core)]).toEqual([true, true]);
    expect([core.segment(Segment.cs).selector, core.vectors[0]]).toEqual([0x2000, 7]);
  });

  test('RESET puts the first core at FFFFFFF0h', () => {
    const core = new PlainCore();
    const { base, selector } = core.segment(Segment.cs);
    expect([base + core.rip, selector, core.cr0 >>> 0, core.gpr[2]]).toEqual([
      0xffff_fff0n,
      0xf000,
      0x6000_0010,
      0xf0611n,
    ]);
  });

  test('MWAIT ends when the monitored line has changed', () => {
    const core = longCore();
    core.gpr[0] = 0x6010n;
    core.do(64, 'monitor');
    core.do(64, 'mwait');
    expect([core.system.activity, eventPending(core)]).toEqual(['halted', false]);
    core.poke(0x6038, 1n, 1);
    expect([serveEvents(core), core.system.activity]).toEqual([true, 'running']);
    core.gpr[0] = 0x6010n;
    core.do(64, 'monitor');
    core.poke(0x6000, 2n, 1);
    core.gpr[0] = 0n;
    core.do(64, 'mwait');
    expect(core.system.activity).toBe('running');
  });

  test('shutdown ends with INIT', () => {
    const core = longCore();
    core.system.activity = 'shutdown';
    core.system.raiseNmi();
    expect(eventPending(core)).toBe(false);
    core.system.raiseInit();
    expect([serveEvents(core), core.system.activity]).toEqual([true, 'running']);
  });

  test('what was saved goes on elsewhere', () => {
    const core = new PlainCore({ apicId: 1 });
    core.system.raiseStartup(0x9f);
    core.system.msrs.set(0x277, 5n);
    const copy = new PlainCore({ apicId: 1 });
    copy.system.restore(structuredClone(core.system.save()));
    expect(copy.system.save()).toEqual(core.system.save());
    expect(serveEvents(copy)).toBe(true);
  });
});
