/** Far jumps, calls and returns, gates, interrupts and IRET between levels and modes (SDM 2 JMP, CALL, RET, INT n, IRET). */
import { describe, expect, test } from 'vitest';
import { far, mem } from '../../src/index.ts';
import { Segment, Vector } from '../../src/system/index.ts';
import {
  delivered,
  descriptor,
  GDT,
  gate,
  handlerOf,
  IDT,
  INNER_STACK,
  level,
  longCore,
  protectedCore,
  Selector,
  STACK,
  TSS,
  vectorOf,
} from './environment.ts';
import { PlainCore } from './plain-core.ts';

const RSP = 4;

function place(core: PlainCore): [number, bigint, number] {
  return [core.segment(Segment.cs).selector, core.rip, core.cpl];
}

describe('far jumps', () => {
  test('to code of the same level, with the RPL of the current one', () => {
    const core = protectedCore();
    core.do(32, 'jmp far', far(Selector.code16, 0x1234));
    expect(place(core)).toEqual([Selector.code16, 0x1234n, 0]);
  });

  test.each([
    ['null', 0, '#13(0h)'],
    ['data', Selector.data0, '#13(10h)'],
    ['code of another level', Selector.code3, '#13(18h)'],
    ['an LDT', Selector.ldt, '#13(38h)'],
    ['outside of the table', 0x200, '#13(200h)'],
  ])('not to %s', (_, selector, expected) => {
    const core = protectedCore();
    core.do(32, 'jmp far', far(selector, 0x1234));
    expect(delivered(core)).toBe(expected);
  });

  test('not beyond the limit', () => {
    const core = protectedCore();
    core.do(32, 'jmp far', far(Selector.code16, 0x1_0000));
    expect(delivered(core)).toBe('#13(0h)');
  });

  test('real mode: the base is the selector times 16', () => {
    const core = new PlainCore();
    core.do(16, 'jmp far', far(0xf000, 0x1234));
    expect(core.segment(Segment.cs).base).toBe(0xf0000n);
    expect(core.rip).toBe(0x1234n);
  });

  test('conforming code runs at the level of its caller', () => {
    const core = protectedCore();
    level(core, 3);
    core.do(32, 'jmp far', far(Selector.conforming0, 0x1234));
    expect(place(core)).toEqual([Selector.conforming0 | 3, 0x1234n, 3]);
  });
});

describe('call gates', () => {
  test('to an inner level: stack from the TSS, parameters copied, return to the outer level', () => {
    const core = protectedCore();
    core.poke(GDT + Selector.callGate, gate(Selector.code0, 0x5000, 0xec, 2));
    level(core, 3);
    core.gpr[RSP] = 0x7000n;
    core.poke(0x7000, 0x1111n, 4);
    core.poke(0x7004, 0x2222n, 4);
    core.do(32, 'call far', far(Selector.callGate | 3, 0xdead));
    expect(place(core)).toEqual([Selector.code0, 0x5000n, 0]);
    const words = [0, 1, 2, 3, 4, 5].map((slot) => core.peek(INNER_STACK - 24 + slot * 4));
    expect(words).toEqual([0x4007, Selector.code3 | 3, 0x1111, 0x2222, 0x7000, Selector.data3 | 3]);
    expect(core.gpr[RSP]).toBe(BigInt(INNER_STACK - 24));
    core.do(32, 'retf', 8);
    expect(place(core)).toEqual([Selector.code3 | 3, 0x4007n, 3]);
    expect(core.gpr[RSP]).toBe(0x7008n);
    // DS held data of the outer level and stays; nothing of level 0 is left.
    expect(core.segment(Segment.ds).selector).toBe(Selector.data3 | 3);
  });

  test('data segments of the inner level are dropped on the way out', () => {
    const core = protectedCore();
    const frame = [0x4444, Selector.code3 | 3, 0x7000, Selector.data3 | 3];
    core.gpr[RSP] = 0x8800n;
    for (const [slot, value] of frame.entries()) core.poke(0x8800 + slot * 4, BigInt(value), 4);
    core.do(32, 'retf');
    expect(core.segment(Segment.ds).selector).toBe(0);
    expect(core.segment(Segment.ds).attributes & 0x100).toBe(0x100);
  });

  test('a gate of level 0 is closed to level 3', () => {
    const core = protectedCore();
    core.poke(GDT + Selector.callGate, gate(Selector.code0, 0x5000, 0x8c));
    level(core, 3);
    core.do(32, 'call far', far(Selector.callGate | 3, 0));
    expect(delivered(core)).toBe('#13(58h)');
  });

  test('a null inner SS in the TSS is #TS', () => {
    const core = protectedCore();
    level(core, 3);
    core.poke(TSS + 8, 0n, 4);
    // #TS comes with the interrupt's own stack: give it a gate to conforming code.
    core.poke(IDT + 10 * 8, gate(Selector.conforming0, Number(handlerOf(10)), 0x8e));
    core.do(32, 'call far', far(Selector.callGate | 3, 0));
    expect(delivered(core)).toBe('#10(0h)');
  });

  test('of 64 bits: SS becomes null', () => {
    const core = longCore(3);
    core.poke(GDT + Selector.callGate, gate(Selector.long0, 0x5000, 0xec));
    core.poke(GDT + Selector.callGate + 8, 0n);
    core.poke(0x600, 0n, 4);
    core.poke(0x604, BigInt(Selector.callGate | 3), 2);
    core.do(64, 'call far', mem({ displacement: 0x600, bits: 48 }));
    expect(place(core)).toEqual([Selector.long0, 0x5000n, 0]);
    expect(core.segment(Segment.ss).selector).toBe(0);
    expect(core.peek(INNER_STACK - 8, 8)).toBe(Selector.data3 | 3);
  });
});

describe('interrupts and IRET', () => {
  test('INT n through an interrupt gate clears IF, and IRETD brings it back', () => {
    const core = protectedCore();
    core.rflags = 0x202;
    core.do(32, 'int', 0x21);
    expect(core.rip).toBe(handlerOf(0x21));
    expect(core.rflags).toBe(2);
    expect([0, 1, 2].map((slot) => core.peek(STACK - 12 + slot * 4))).toEqual([0x4002, Selector.code0, 0x202]);
    core.do(32, 'iretd');
    expect(place(core)).toEqual([Selector.code0, 0x4002n, 0]);
    expect(core.rflags).toBe(0x202);
    expect(core.gpr[RSP]).toBe(BigInt(STACK));
  });

  test('a program needs a gate of its level: else #GP with the vector and bit IDT', () => {
    const core = protectedCore();
    level(core, 3);
    core.do(32, 'int', 0x21);
    expect(delivered(core)).toBe(`#13(${(0x21 * 8 + 2).toString(16)}h)`);
    expect(core.peek(INNER_STACK - 20)).toBe(0x4000);
    const open = protectedCore();
    level(open, 3);
    open.do(32, 'int', 0x80);
    expect(vectorOf(open)).toBe(0x80);
  });

  test('the EXT bit tells an event from outside: a bad gate for an external interrupt', () => {
    const core = protectedCore();
    core.rflags = 0x202;
    core.poke(IDT + 0x30 * 8, 0n);
    core.system.apic.setLvt(3, 0x700);
    core.system.apic.spurious = 0x1ff;
    core.system.apic.setLvt(3, 0x700);
    core.system.setInterruptLine(true);
    core.deliverPending();
    expect(delivered(core)).toBe(`#13(${(0x30 * 8 + 3).toString(16)}h)`);
  });

  test('#GP while #GP is delivered is #DF; while #DF is, shutdown', () => {
    const core = protectedCore();
    core.poke(IDT + 13 * 8, 0n);
    core.do(32, 'int', 0x21);
    expect(vectorOf(core)).toBe(0x21);
    core.rip = 0x4000n;
    core.do(32, 'jmp far', far(0x200, 0));
    expect(delivered(core)).toBe('#8(0h)');
    core.poke(IDT + 8 * 8, 0n);
    core.do(32, 'jmp far', far(0x200, 0));
    expect(core.system.activity).toBe('shutdown');
    expect(core.shutdowns).toBe(1);
  });

  test('a page fault on the inner stack becomes #PF with CR2, and its failure #DF', () => {
    const core = protectedCore();
    level(core, 3);
    core.absent.add((INNER_STACK - 4) >> 12);
    core.poke(IDT + Vector.doubleFault * 8, gate(Selector.taskGate, 0, 0xe5));
    core.do(32, 'int', 0x80);
    expect(core.cr2).toBe(BigInt(INNER_STACK - 4));
    expect(core.system.activity).toBe('shutdown');
  });

  test('virtual-8086 mode: into it by IRETD, out of it by an interrupt with all segments on the stack', () => {
    const core = protectedCore();
    core.gpr[RSP] = 0x8800n;
    const frame = [0x0123, 0x0070, 0x2_3202, 0x0fe0, 0x0300, 0x0400, 0x0500, 0x0600, 0x0700];
    for (const [slot, value] of frame.entries()) core.poke(0x8800 + slot * 4, BigInt(value), 4);
    core.do(32, 'iretd');
    expect(place(core)).toEqual([0x70, 0x123n, 3]);
    expect(core.segment(Segment.ds)).toEqual({ selector: 0x500, base: 0x5000n, limit: 0xffff, attributes: 0xf3 });
    core.do(16, 'int', 0x21);
    expect(delivered(core)).toBe(`#13(${(0x21 * 8 + 2).toString(16)}h)`);
    // Error code, EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS.
    const pushed = Array.from({ length: 10 }, (_, slot) => core.peek(INNER_STACK - 40 + slot * 4));
    expect(pushed).toEqual([0x10a, 0x123, 0x70, 0x3_3202, 0xfe0, 0x300, 0x400, 0x500, 0x600, 0x700]);
    expect(core.segment(Segment.ds).selector).toBe(0);
  });

  test('real mode: flags, CS and IP of 16 bits', () => {
    const core = new PlainCore();
    core.idtr = { base: 0n, limit: 0x3ff };
    core.poke(0x21 * 4, 0x0123_4567n, 4);
    core.gpr[RSP] = 0x1000n;
    core.rip = 0x100n;
    core.rflags = 0x246;
    core.setSegment(Segment.cs, { selector: 0x50, base: 0x500n, limit: 0xffff, attributes: 0x9b });
    core.do(16, 'int', 0x21);
    expect([core.segment(Segment.cs).selector, core.rip, core.rflags]).toEqual([0x123, 0x4567n, 0x46]);
    expect([core.peek(0xffa, 2), core.peek(0xffc, 2), core.peek(0xffe, 2)]).toEqual([0x102, 0x50, 0x246]);
    core.do(16, 'iret');
    expect([core.segment(Segment.cs).selector, core.rip, core.rflags]).toEqual([0x50, 0x102n, 0x246]);
  });

  test('long mode aligns the stack, always pushes SS:RSP, and IRETQ takes both back', () => {
    const core = longCore(0);
    core.gpr[RSP] = 0x7ffdn;
    core.do(64, 'int', 0x21);
    expect(core.gpr[RSP]).toBe(0x7ff0n - 40n);
    const words = [0, 1, 2, 3, 4].map((slot) => core.peek(0x7ff0 - 40 + slot * 8, 8));
    expect(words).toEqual([0x4002, Selector.long0, 2, 0x7ffd, Selector.data0]);
    core.do(64, 'iretq');
    expect(core.gpr[RSP]).toBe(0x7ffdn);
    expect(place(core)).toEqual([Selector.long0, 0x4002n, 0]);
  });

  test('long mode takes the interrupt stack that the gate names', () => {
    const core = longCore(3);
    core.poke(IDT + 0x80 * 16, gate(Selector.long0, Number(handlerOf(0x80)), 0xee, 1));
    core.do(64, 'int', 0x80);
    expect(core.gpr[RSP]).toBe(0xa000n - 40n);
    expect(core.segment(Segment.ss).selector).toBe(0);
    core.do(64, 'iretq');
    expect(place(core)).toEqual([Selector.long3 | 3, 0x4002n, 3]);
  });

  test('long mode knows no gates of 16 bits', () => {
    const core = longCore(0);
    core.poke(IDT + 0x21 * 16, gate(Selector.long0, 0x1234, 0x86));
    core.do(64, 'int', 0x21);
    expect(delivered(core)).toBe(`#13(${(0x21 * 8 + 2).toString(16)}h)`);
  });

  test('IRETQ to an address that is not canonical is #GP(0), at its own level', () => {
    const core = longCore(0);
    const frame = [1n << 47n, BigInt(Selector.long3 | 3), 2n, 0x7000n, BigInt(Selector.data3 | 3)];
    core.gpr[RSP] = 0x8800n;
    for (const [slot, value] of frame.entries()) core.poke(0x8800 + slot * 8, value, 8);
    core.do(64, 'iretq');
    expect(delivered(core)).toBe('#13(0h)');
    expect(core.cpl).toBe(0);
  });

  test('faults push RF, software interrupts do not', () => {
    const core = protectedCore();
    core.do(32, 'jmp far', far(0x200, 0));
    expect(core.peek(Number(core.gpr[RSP]) + 12) & 0x1_0000).toBe(0x1_0000);
    const software = protectedCore();
    software.do(32, 'int3');
    expect(software.peek(Number(software.gpr[RSP]) + 8) & 0x1_0000).toBe(0);
  });
});

describe('tasks', () => {
  const OTHER = 0x3400;

  function otherTask(core: PlainCore): void {
    const fields: [number, number][] = [
      [32, 0x6000],
      [36, 0x2],
      [40, 0xaaaa],
      [56, 0x7700],
      ...[72, 80, 84, 88, 92].map((at): [number, number] => [at, Selector.data0]),
      [76, Selector.code0],
    ];
    for (const [at, value] of fields) core.poke(OTHER + at, BigInt(value), 4);
  }

  test('a call nests, IRETD comes back', () => {
    const core = protectedCore();
    otherTask(core);
    core.gpr[0] = 0x1234n;
    core.do(32, 'call far', far(Selector.otherTss, 0));
    expect(place(core)).toEqual([Selector.code0, 0x6000n, 0]);
    expect([core.gpr[0], core.gpr[RSP]]).toEqual([0xaaaan, 0x7700n]);
    expect(core.rflags & 0x4000).toBe(0x4000);
    expect(core.cr0 & 8).toBe(8);
    expect(core.peek(OTHER, 2)).toBe(Selector.tss);
    expect([core.peek(TSS + 32), core.peek(TSS + 40)]).toEqual([0x4007, 0x1234]);
    expect([Selector.tss, Selector.otherTss].map((each) => core.peek(GDT + each + 5, 1))).toEqual([0x8b, 0x8b]);
    core.do(32, 'iretd');
    expect(place(core)).toEqual([Selector.code0, 0x4007n, 0]);
    expect(core.gpr[0]).toBe(0x1234n);
    expect([Selector.tss, Selector.otherTss].map((each) => core.peek(GDT + each + 5, 1))).toEqual([0x8b, 0x89]);
  });

  test('a jump frees the old task', () => {
    const core = protectedCore();
    otherTask(core);
    core.do(32, 'jmp far', far(Selector.taskGate, 0));
    expect(core.rip).toBe(0x6000n);
    expect([Selector.tss, Selector.otherTss].map((each) => core.peek(GDT + each + 5, 1))).toEqual([0x89, 0x8b]);
    expect(core.rflags & 0x4000).toBe(0);
  });

  test('a busy TSS is #GP, one too short #TS', () => {
    const core = protectedCore();
    core.do(32, 'jmp far', far(Selector.tss, 0));
    expect(delivered(core)).toBe('#13(28h)');
    const short = protectedCore();
    short.poke(GDT + Selector.otherTss, descriptor(OTHER, 0x66, 0x89, 0));
    short.do(32, 'jmp far', far(Selector.otherTss, 0));
    expect(delivered(short)).toBe('#10(48h)');
  });

  test('a bad segment of the new task is #TS in the new task', () => {
    const core = protectedCore();
    otherTask(core);
    core.poke(OTHER + 84, BigInt(Selector.executeOnly), 4);
    core.do(32, 'jmp far', far(Selector.otherTss, 0));
    expect(delivered(core)).toBe('#10(a8h)');
    expect(core.segment(Segment.tr).selector).toBe(Selector.otherTss);
    expect(core.peek(Number(core.gpr[RSP]) + 4)).toBe(0x6000);
  });

  test('an exception through a task gate leaves its error code on the new stack', () => {
    const core = protectedCore();
    otherTask(core);
    core.poke(IDT + 13 * 8, gate(Selector.otherTss, 0, 0x85));
    core.do(32, 'jmp far', far(0x200, 0));
    expect(core.rip).toBe(0x6000n);
    expect(core.peek(0x7700 - 4)).toBe(0x200);
    // The old task goes on at the instruction, with RF.
    expect([core.peek(TSS + 32), core.peek(TSS + 36) & 0x1_0000]).toEqual([0x4000, 0x1_0000]);
  });
});
